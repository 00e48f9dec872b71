import { EventEmitter, once } from 'node:events';
import type { Positions } from '../../src/source/contract.ts';
import { httpSource } from '../../src/source/http-server.ts';
import { countLines } from '../../src/source/line-buffer.ts';
import { type ListenOptions, parseAddress } from '../../src/source/listening.ts';
import { LISTEN } from './listen-options.ts';

/** The HTTP source with a run that reads it, and commits unless it is held. */

const OPTIONS: ListenOptions = {
  ...LISTEN,
  ack: true,
  idleTimeoutMs: 1000,
  connectionBytesMax: 1e6,
  bufferBytesMax: 100_000,
  bodyBytesMax: 50_000,
  lineBytesMax: 1000,
};

export type Content = string | Uint8Array | AsyncIterable<Uint8Array>;

interface Server {
  readonly url: string;
  readonly post: (body: Content, headers?: Record<string, string>, path?: string) => Promise<Response>;
  /** What is committed. */
  readonly lines: () => string;
  readonly positions: () => Positions;
  readonly quit: () => void;
  /** Commits from now on. */
  readonly release: () => void;
}

export function withServer(
  body: (server: Server) => Promise<void>,
  options: Partial<ListenOptions> = {},
  held = false,
) {
  return async (): Promise<void> => {
    const scheme = options.tls === undefined ? 'http' : 'https';
    let url = '';
    const spec = httpSource(parseAddress(`${scheme}://127.0.0.1:0`), { ...OPTIONS, ...options }, note => {
      url = `${note.replace('listening on ', '')}/`;
    });
    await spec.check();
    const source = await spec.open({});
    let [text, positions, isHeld]: [string, Positions, boolean] = ['', {}, held];
    const releasing = new EventEmitter();
    const released = once(releasing, 'release');
    const release = (): void => void releasing.emit('release');
    const run = (async () => {
      const into = Buffer.alloc(300);
      let read = '';
      for (;;) {
        await source.readable();
        const length = await source.read(into);
        if (length === 'end') break;
        read += into.toString('utf8', 0, length);
        if (isHeld) await released;
        isHeld = false;
        const whole = read.slice(0, read.lastIndexOf('\n') + 1);
        const reached = { offset: whole.length, line: countLines(Buffer.from(whole)), unfinished: false };
        positions = { ...positions, ...(await source.positions(reached)) };
        text = whole;
        source.committed!(reached);
      }
    })();
    try {
      await body({
        url,
        post: (content, headers = {}, path = '') =>
          fetch(url + path, { method: 'POST', body: content, headers, duplex: 'half' } as RequestInit),
        lines: () => text,
        positions: () => positions,
        quit: () => source.quit!(),
        release,
      });
    } finally {
      release();
      source.quit!();
      await run;
      await source.close();
    }
  };
}

export async function* endless(): AsyncGenerator<Buffer, never, void> {
  for (;;) yield Buffer.from('1\n'.repeat(1000));
}

export async function answerOf(response: Promise<Response>): Promise<[number, unknown]> {
  const got = await response;
  return [got.status, await got.json()];
}
