import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built program that follows files in a directory of its own, and what it has committed. */

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));

/** Keeps the number of each event, and what it is called. */
const HANDLER = 'export default (event, { id }) => ({ n: event.n, id });\n';

/** Between two looks at a condition; no test depends on it. */
const POLL_MS = 50;

export interface Event {
  readonly n: number;
  readonly id: string;
}

export interface StartOptions {
  readonly args?: readonly string[];
  /** Most files that the process may open. */
  readonly filesMax?: number;
  readonly follow?: boolean;
}

/** The events with these numbers, one a line. */
export function lines(...numbers: readonly number[]): string {
  return manyLines(numbers);
}

export function manyLines(numbers: readonly number[]): string {
  return numbers.map(n => `{"n":${n}}\n`).join('');
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

export class Follower {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-follow-')));
  /** All that the runs have said. */
  said = '';
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor() {
    if (!existsSync(PROGRAM)) throw new Error(`"${PROGRAM}" is not there: run "npm run build" first`);
    writeFileSync(join(this.directory, 'mill.mjs'), HANDLER);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, text: string | Uint8Array): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  append(name: string, text: string | Uint8Array): void {
    appendFileSync(this.path(name), text);
  }

  rename(from: string, to: string): void {
    renameSync(this.path(from), this.path(to));
  }

  /** Starts to follow; the same patterns again go on. */
  start(patterns: readonly string[], { args = [], filesMax, follow = true }: StartOptions = {}): void {
    const sizes = ['--workers', '1', '--commit-interval', '20ms', '--no-sync'];
    const how = [...sizes, ...(follow ? ['--follow'] : []), ...args];
    const all = ['run', 'mill.mjs', ...patterns, '--to', 'topic', ...how];
    this.#child =
      filesMax === undefined
        ? this.#spawn(process.execPath, [PROGRAM, ...all])
        : this.#spawn('bash', [
            '-c',
            `ulimit -n ${filesMax}; exec "$@"`,
            'bash',
            process.execPath,
            PROGRAM,
            ...all,
          ]);
    this.#child.stderr!.on('data', bytes => {
      this.said += String(bytes);
    });
    this.#ended = once(this.#child, 'close');
  }

  /** Ends the run; gives its exit status, or the signal that has killed it. */
  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<number | string | null> {
    const child = this.#child!;
    child.kill(signal);
    await this.#ended;
    return child.exitCode ?? child.signalCode;
  }

  /** Waits until the run has come to its own end; gives its exit status. */
  async end(): Promise<number | null> {
    await this.#ended;
    return this.#child!.exitCode;
  }

  /** What the topic holds. */
  async events(topic = 'topic'): Promise<Event[]> {
    const child = this.#spawn(process.execPath, [PROGRAM, 'cat', topic]);
    let text = '';
    child.stdout!.on('data', bytes => {
      text += String(bytes);
    });
    await once(child, 'close');
    return text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Event);
  }

  /** The numbers of the events, once there are `count`; rejects where two events have the same id, or the run has ended. */
  async numbers(count: number): Promise<number[]> {
    const events = await this.#until(
      () => this.events(),
      found => found.length >= count,
    );
    const ids = new Set(events.map(({ id }) => id));
    if (ids.size < events.length) throw new Error(`ids are repeated: ${JSON.stringify(events)}`);
    return events.map(({ n }) => n);
  }

  async dead(count: number): Promise<unknown[]> {
    return this.#until(
      () => this.events('topic.dead'),
      found => found.length >= count,
    );
  }

  /** Waits until the run has said something. */
  async hears(what: RegExp): Promise<void> {
    await this.#until(
      () => Promise.resolve(this.said),
      said => what.test(said),
    );
  }

  async close(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #until<T>(look: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> {
    for (;;) {
      const isOver = this.#child?.exitCode !== null || this.#child.signalCode !== null;
      const found = await look();
      if (isThere(found)) return found;
      if (isOver) {
        const how = this.#child?.exitCode ?? this.#child?.signalCode;
        throw new Error(`the run has ended (${how}) with ${JSON.stringify(found)}: ${this.said}`);
      }
      await new Promise(resolve => {
        setTimeout(resolve, POLL_MS);
      });
    }
  }

  #spawn(command: string, args: readonly string[]): ChildProcess {
    return spawn(command, args, {
      cwd: this.directory,
      env: { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: join(this.directory, 'cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** Runs `body` with a follower, and ends what it has started, whatever comes of it. */
export function withFollower(body: (follower: Follower) => Promise<void>) {
  return async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
    const follower = new Follower();
    const close = (): void => void follower.close();
    signal.addEventListener('abort', close);
    try {
      await body(follower);
    } finally {
      signal.removeEventListener('abort', close);
      await follower.close();
    }
  };
}
