import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { type Follower, lines, withFollower } from './follower.ts';

/** Runs that are killed at any moment while a log is written and rotated: in the end every line is there once. */

const CYCLES = 8;
const FILES_MAX = 400;

/** Writes lines with running numbers, in pieces, and rotates the file. */
class Writer {
  written = 0;
  readonly #follower: Follower;
  readonly #random: Random;
  #rest = '';

  constructor(follower: Follower, random: Random) {
    this.#follower = follower;
    this.#random = random;
  }

  step(): void {
    const kind = this.#random.next();
    if (kind < 0.15) this.#rotate();
    else if (kind < 0.4) this.#writePiece();
    else this.#write(Math.floor(this.#random.next() ** 4 * 2000) + 1);
  }

  finish(): void {
    this.#write(1);
  }

  #write(count: number): void {
    const numbers = Array.from({ length: count }, () => this.written++);
    this.#follower.append('a.log', this.#rest + lines(...numbers));
    this.#rest = '';
  }

  /** The start of a line; its end comes with the next write, in the same file. */
  #writePiece(): void {
    if (this.#rest !== '') return;
    const line = lines(this.written++);
    const at = Math.floor(this.#random.next() * line.length);
    this.#follower.append('a.log', line.slice(0, at));
    this.#rest = line.slice(at);
  }

  #rotate(): void {
    if (this.#rest !== '') this.#write(1);
    let last = 1;
    while (last < FILES_MAX && existsSync(this.#follower.path(`a.log.${last}`))) last++;
    for (; last > 1; last--) this.#follower.rename(`a.log.${last - 1}`, `a.log.${last}`);
    this.#follower.rename('a.log', 'a.log.1');
    this.#follower.append('a.log', '');
  }
}

test.for<[string, number, string[]]>([
  ['the old names do not match', 7, ['a.log']],
  ['the old names match as well', 11, ['a.log*']],
])('every line is there once after kills and rotations, where %s', ([, seed, patterns], context) =>
  withFollower(async follower => {
    const random = new Random(seed);
    const writer = new Writer(follower, random);
    writer.finish();
    follower.start(patterns);
    await follower.numbers(1);
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const steps = Math.floor(random.next() * 60);
      for (let step = 0; step < steps; step++) {
        writer.step();
        const pauseMs = random.next() ** 2 * 20;
        await new Promise(resolve => {
          setTimeout(resolve, pauseMs);
        });
      }
      await follower.stop(random.next() < 0.8 ? 'SIGKILL' : 'SIGINT');
      for (let step = Math.floor(random.next() * 8); step > 0; step--) writer.step();
      follower.start(patterns);
    }
    writer.finish();
    const numbers = await follower.numbers(writer.written);
    const counts = new Map<number, number>();
    for (const n of numbers) counts.set(n, (counts.get(n) ?? 0) + 1);
    const wrong = Array.from({ length: writer.written }, (_, n) => n).filter(n => counts.get(n) !== 1);
    expect(wrong).toEqual([]);
    expect(numbers.findIndex((n, at) => n !== at)).toBe(-1);
    expect(await follower.events('topic.dead')).toEqual([]);
    expect(follower.said).toBe('');
  })(context),
);
