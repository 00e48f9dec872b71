import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { send, type SendOptions } from '../../src/client/send.ts';
import { countLines } from '../../src/source/line-buffer.ts';
import { socketSource } from '../../src/source/line-server.ts';
import { type ListenOptions, parseAddress } from '../../src/source/listening.ts';
import { Random } from '../../src/base/random.ts';

/** The client, against a source in the same process, or against a server that is none. */

const LISTEN: ListenOptions = {
  ack: true,
  token: undefined,
  tls: undefined,
  insecure: false,
  connectionsMax: 100,
  connectionsPerAddressMax: 100,
  authTimeoutMs: 5000,
  lineTimeoutMs: 30_000,
  idleTimeoutMs: 0,
  connectionBytesMax: 500,
  bufferBytesMax: 2000,
  bodyBytesMax: 1,
  lineBytesMax: 1000,
};

async function listen(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port };
}

function options(port: number, retryMs = 20_000): SendOptions {
  return {
    address: parseAddress(`tcp://127.0.0.1:${port}`),
    producer: 'p',
    token: undefined,
    tls: {},
    retryMs,
  };
}

async function* pieces(lines: readonly string[], random: Random): AsyncGenerator<Buffer, void, void> {
  for (let at = 0; at < lines.length; ) {
    const count = 1 + random.below(7);
    yield Buffer.from(lines.slice(at, at + count).join(''));
    at += count;
  }
}

/** Takes connections to another port, and breaks them at random places, in either direction. */
function breaking(port: number, random: Random): (socket: Socket) => void {
  return near => {
    const far = connect(port, '127.0.0.1');
    let left = random.next() < 0.3 ? Number.POSITIVE_INFINITY : random.below(1500);
    const join = (from: Socket, to: Socket): void => {
      from.on('data', (bytes: Buffer) => {
        to.write(bytes.subarray(0, left));
        left -= bytes.length;
        if (left > 0) return;
        // What was passed on arrives, or is lost as well.
        if (random.next() < 0.5) to.destroy();
        near.destroy();
        far.end();
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => to.end());
    };
    join(near, far);
    join(far, near);
  };
}

describe('lines that are sent', () => {
  test('arrive once and in order, however connections break and commits come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: 0, max: 120 }),
        fc.boolean(),
        async (seed, count, isOnce) => {
          const random = new Random(seed);
          let port = 0;
          const spec = socketSource(parseAddress('tcp://127.0.0.1:0'), LISTEN, note => {
            port = Number(/:(\d+)$/.exec(note)![1]);
          });
          const source = await spec.open({});
          let text = '';
          const run = (async () => {
            const into = Buffer.alloc(40 + random.below(300));
            for (;;) {
              await source.readable();
              const length = await source.read(into);
              if (length === 'end') break;
              text += into.toString('latin1', 0, length);
              if (random.next() < 0.3) await new Promise(setImmediate);
              const whole = text.slice(0, text.lastIndexOf('\n') + 1);
              const reached = {
                offset: whole.length,
                line: countLines(Buffer.from(whole)),
                unfinished: false,
              };
              await source.positions(reached);
              source.committed!(reached);
            }
          })();
          const proxy = await listen(breaking(port, random));
          const lines = Array.from({ length: count }, (_, n) => `${n} ${'x'.repeat((n * 7) % 50)}\n`);
          const sent = await send(pieces(lines, random), { ...options(proxy.port), isOnce });
          expect(sent).toEqual({ lines: count, earlier: 0 });
          expect(text).toBe(lines.join(''));
          // The same again is there already, unless it has said that it does not come again.
          if (!isOnce) {
            expect(await send(pieces(lines, random), options(port))).toEqual({
              lines: count,
              earlier: count,
            });
          }
          proxy.server.close();
          source.quit!();
          await run;
          await source.close();
          expect(text).toBe(lines.join(''));
        },
      ),
      { numRuns: 40, examples: [[1_641_614_685, 0, false]] },
    );
  });

  test.for<[string, string, RegExp]>([
    ['refuses it', '{"error":"no","retry":false}\n', /no$/],
    ['is something else', 'HTTP/1.1 400 Bad Request\r\n\r\n', /an answer that is none/],
    ['does not count', '{"committed":-1}\n', /an answer that is none/],
    ['never ends its answer', 'x'.repeat(70_000), /an answer that is none/],
  ])('are given up where the other side %s', async ([, answer, message]) => {
    const { server, port } = await listen(socket => {
      socket.on('error', () => undefined).write(answer);
    });
    await expect(send(pieces(['1\n'], new Random(1)), options(port))).rejects.toThrow(message);
    server.close();
  });

  test('are given up where the other side has lost what it had', async () => {
    let committed = 5;
    const { server, port } = await listen(socket => {
      socket.on('error', () => undefined).end(`{"committed":${committed},"next":${committed + 1}}\n`);
      committed = 2;
    });
    const lines = Array.from({ length: 9 }, (_, n) => `${n}\n`);
    await expect(send(pieces(lines, new Random(1)), options(port))).rejects.toThrow(
      /it has 2 lines of "p", and had 5 before/,
    );
    server.close();
  });

  test('are given up where nobody is there for long enough, though the input goes on for ever', async () => {
    const { server, port } = await listen(() => undefined);
    server.close();
    await once(server, 'close');
    const endless = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    await expect(send(endless, options(port, 1))).rejects.toMatchObject({ code: 'MILLRACE_SEND' });
  });

  test('are sent again where the other side is busy', async () => {
    let connections = 0;
    const { server, port } = await listen(socket => {
      connections++;
      socket.on('error', () => undefined);
      if (connections < 3) socket.end('{"error":"there are too many connections","retry":true}\n');
      else socket.end('{"producer":"p","committed":7,"next":8}\n');
    });
    expect(await send(pieces(['1\n'], new Random(1)), options(port))).toEqual({ lines: 1, earlier: 1 });
    expect(connections).toBe(3);
    server.close();
  });
});
