import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lines, manyLines, range, withFollower } from './follower.ts';

/** Files that are renamed among names that match and names that do not, and writers that do not notice. */

describe.concurrent('files that are renamed', () => {
  test(
    'several at once, while their writers go on for a while, are read in order each',
    withFollower(async follower => {
      const writers = range(0, 3).map(log => {
        follower.write(`${log}.log`, lines(log * 100));
        return openSync(follower.path(`${log}.log`), 'a');
      });
      follower.start(['*.log']);
      await follower.numbers(3);
      for (const [log, writer] of writers.entries()) {
        follower.rename(`${log}.log`, `${log}.log.1`);
        follower.write(`${log}.log`, lines(log * 100 + 2));
        writeSync(writer, lines(log * 100 + 1));
        closeSync(writer);
      }
      const numbers = await follower.numbers(9);
      expect(numbers.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 100, 101, 102, 200, 201, 202]);
      expect(follower.said).toBe('');
    }),
  );

  test(
    'over the one that was renamed before, are read in order and once',
    withFollower(async follower => {
      follower.write('a.log', lines(1));
      follower.start(['*.log']);
      for (const n of range(2, 7)) {
        expect(await follower.numbers(n - 1)).toEqual(range(1, n));
        follower.rename('a.log', 'b.log');
        follower.write('a.log', lines(n));
      }
      expect(await follower.numbers(6)).toEqual(range(1, 7));
    }),
  );

  test(
    'over the one that was renamed before, before anybody looks, are read in order as far as they are there',
    withFollower(async follower => {
      follower.write('a.log', lines(1));
      follower.start(['a.log*']);
      await follower.numbers(1);
      for (const n of range(2, 7)) {
        follower.rename('a.log', 'a.log.1');
        follower.write('a.log', lines(n));
      }
      // Some were removed meanwhile; whether anybody has seen them is left to chance.
      while ((await follower.numbers(3)).at(-1) !== 6);
      const numbers = await follower.numbers(3);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      expect(numbers.slice(-2)).toEqual([5, 6]);
    }),
  );

  test(
    'to a name that matches are read from their start, and from there to one that does not are read on',
    withFollower(async follower => {
      follower.write('a.tmp', lines(2));
      follower.write('b.log', lines(1));
      follower.start(['*.log']);
      expect(await follower.numbers(1)).toEqual([1]);
      follower.rename('a.tmp', 'a.log');
      expect(await follower.numbers(2)).toEqual([1, 2]);
      follower.rename('a.log', 'a.done');
      follower.append('a.done', lines(3));
      expect(await follower.numbers(3)).toEqual([1, 2, 3]);
      follower.rename('a.done', 'a.log');
      follower.append('a.log', lines(4));
      expect(await follower.numbers(4)).toEqual([1, 2, 3, 4]);
    }),
  );

  test(
    'among each other are not read again',
    withFollower(async follower => {
      follower.write('a.log', lines(1));
      follower.write('b.log', lines(2));
      follower.start(['*.log']);
      await follower.numbers(2);
      for (const n of range(2, 6)) {
        follower.rename('a.log', 'swap');
        follower.rename('b.log', 'a.log');
        follower.rename('swap', 'b.log');
        follower.append('a.log', lines(2 * n - 1));
        follower.append('b.log', lines(2 * n));
        const numbers = await follower.numbers(2 * n);
        expect(numbers.toSorted((a, b) => a - b)).toEqual(range(1, 2 * n + 1));
      }
    }),
  );

  test(
    'to a name that matches, while much of them was not read yet, are read on',
    withFollower(async follower => {
      const count = 300_000;
      follower.write('a.log', manyLines(range(0, count)));
      follower.start(['*.log']);
      await follower.numbers(1);
      follower.rename('a.log', 'b.log');
      follower.append('b.log', lines(count));
      const numbers = await follower.numbers(count + 1);
      expect(numbers.length).toBe(count + 1);
      expect(numbers.findIndex((n, at) => n !== at)).toBe(-1);
    }),
  );
});

describe.concurrent('a file that is truncated under its writer', () => {
  test(
    'is read from its start, where the writer appends',
    withFollower(async follower => {
      follower.write('a.log', lines(1, 2));
      const writer = openSync(follower.path('a.log'), 'a');
      follower.start(['a.log']);
      await follower.numbers(2);
      ftruncateSync(writer, 0);
      writeSync(writer, lines(3));
      expect(await follower.numbers(3)).toEqual([1, 2, 3]);
      closeSync(writer);
    }),
  );

  test(
    'begins with a hole, where the writer goes on behind what it wrote: that is a dead letter, and what follows is read',
    withFollower(async follower => {
      follower.write('a.log', '');
      const writer = openSync(follower.path('a.log'), 'r+');
      writeSync(writer, lines(1, 2));
      follower.start(['a.log']);
      await follower.numbers(2);
      ftruncateSync(writer, 0);
      writeSync(writer, lines(3, 4));
      expect(await follower.numbers(3)).toEqual([1, 2, 4]);
      expect(await follower.dead(1)).toMatchObject([
        { reason: 'invalid-json', event: `${'\0'.repeat(16)}{"n":3}` },
      ]);
      closeSync(writer);
    }),
  );
});
