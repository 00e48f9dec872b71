import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const TRIES = 5;

/**
 * Keeps the process to one core for a while.
 *
 * Two cores are hardly ever alike: one shares its caches or its arithmetic with something else, or runs at another pace. A thread tends to
 * stay on the core where it began, so of two handlers one would have the better core for a whole launch, which no number of rounds
 * levels out. On one core both have the same, and who takes turns loses nothing by it.
 *
 * It is done by `taskset` (util-linux, BusyBox), since Node has no call for it. Where there is none, nothing is done.
 */
export class OneCore {
  readonly #all: readonly number[];

  private constructor(all: readonly number[]) {
    this.#all = all;
  }

  /** Knows the cores that the process may use; undefined where there is but one, or no way to choose. */
  static async find(): Promise<OneCore | undefined> {
    const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
    const cores = coresOf(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
    if (cores.length < 2) return undefined;
    const found = new OneCore(cores);
    return (await found.#keepTo(cores)) ? found : undefined;
  }

  /** Keeps all threads, and those that they start, to one of the cores: another one for each number. */
  async keep(number: number): Promise<void> {
    await this.#keepTo([this.#all[number % this.#all.length]!]);
  }

  /** Lets them use all cores again. A thread that ends meanwhile makes `taskset` give up: it is tried again then. */
  async release(): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (await this.#keepTo(this.#all)) return;
    }
  }

  async #keepTo(cores: readonly number[]): Promise<boolean> {
    try {
      await promisify(execFile)('taskset', ['-a', '-c', '-p', cores.join(','), String(process.pid)]);
      return true;
    } catch {
      return false;
    }
  }
}

/** `0-3,8` is 0, 1, 2, 3 and 8. */
export function coresOf(list: string): number[] {
  return list
    .split(',')
    .filter(part => part !== '')
    .flatMap(part => {
      const [from, to] = part.split('-').map(Number) as [number, number?];
      return Array.from({ length: (to ?? from) - from + 1 }, (_, at) => from + at);
    });
}
