import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateEvents, HANDLER } from './events.ts';

/**
 * The real program at work in a directory of its own: a handler, two files of events, and stores that runs of it write.
 *
 * Whatever is done to those runs, what is in a store in the end is compared with what a run has written that nobody has
 * disturbed.
 */

/** As deep below the root as here lies what `scripts/proof.mjs` makes of this. */
const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));

/** The job of all runs, which is also the topic that events are passed on to. */
export const JOB = 'mill';

/** In memory where that is offered: a kill takes nothing from the page cache, so nothing is learned from a slow disk. */
const ABOVE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export interface RunChoices {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Largest file that the process may write, in blocks of 512 bytes. */
  readonly fileBlocksMax?: number;
}

/** Events of the inputs, and seed of what is random in them. */
export interface BenchOptions {
  readonly events: number;
  readonly seed: number;
  /** Where the directory is made. */
  readonly above?: string;
}

export class Bench {
  readonly directory: string;

  constructor({ events, seed, above = ABOVE }: BenchOptions) {
    if (!existsSync(PROGRAM)) throw new Error(`"${PROGRAM}" is not there: run "npm run build" first`);
    this.directory = realpathSync(mkdtempSync(join(above, 'millrace-crash-')));
    writeFileSync(this.path('mill.mjs'), HANDLER);
    const lines = generateEvents(events, seed);
    const half = Math.floor(lines.length / 2);
    writeFileSync(this.path('a.ndjson'), lines.slice(0, half).join(''));
    writeFileSync(this.path('b.ndjson'), lines.slice(half).join(''));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Starts a run of the job into `store`: small segments, many commits. */
  startRun(store: string, choices: RunChoices = {}): ChildProcess {
    const sizes = ['--segment-size', '8KiB', '--commit-interval', '5ms', '--workers', '1'];
    const inputs = ['a.ndjson', 'b.ndjson'];
    const args = ['run', 'mill.mjs', ...inputs, '--key', 'key', '--store', this.path(store), ...sizes];
    return this.start([...args, ...(choices.args ?? [])], choices);
  }

  run(store: string, choices: RunChoices = {}): Promise<Ended> {
    return ended(this.startRun(store, choices));
  }

  start(args: readonly string[], { env = {}, fileBlocksMax }: RunChoices = {}): ChildProcess {
    const command = [process.execPath, PROGRAM, ...args];
    // `exec`, so that the shell is gone when the program is there.
    const limited = ['sh', '-c', `ulimit -f ${fileBlocksMax}; exec "$@"`, 'sh', ...command];
    const [file, ...rest] = fileBlocksMax === undefined ? command : limited;
    return spawn(file!, rest, {
      cwd: this.directory,
      env: { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: this.path('cache'), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }

  remove(store: string): void {
    rmSync(this.path(store), { recursive: true, force: true });
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function ended(child: ChildProcess): Promise<Ended> {
  let stderr = '';
  child.stderr?.on('data', bytes => {
    stderr += String(bytes);
  });
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { status, signal, stderr };
}

/** Bytes in the job's journal, which grows with every commit. */
export function journalBytes(store: string): number {
  const journal = join(store, 'jobs', JOB, 'journal');
  try {
    return readdirSync(journal).reduce((sum, name) => sum + readFileSync(join(journal, name)).length, 0);
  } catch {
    return 0;
  }
}
