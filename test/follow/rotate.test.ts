import {
  closeSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Follower, lines, manyLines, range, withFollower } from './follower.ts';

/** Logs that are rotated, truncated and removed while they are followed. */

/** Switches the link `name` to `target` at once, as `ln -sfn` does not. */
function link(follower: Follower, target: string, name: string): void {
  symlinkSync(target, follower.path(`${name}.new`));
  renameSync(follower.path(`${name}.new`), follower.path(name));
}

describe.concurrent('a log that is rotated by rename and create', () => {
  test.for<[string, string[], string]>([
    ['the old name does not match', ['a.log'], 'a.log.1'],
    ['the old name matches as well', ['a.log*'], 'a.log.1'],
    ['the old name is earlier in the alphabet', ['*.log'], '0.log'],
    ['the old one is in another directory', ['a.log'], '../moved-away'],
  ])('is read in order where %s', ([, patterns, to], context) =>
    withFollower(async follower => {
      follower.write('logs/a.log', lines(1, 2));
      const writer = openSync(follower.path('logs/a.log'), 'a');
      follower.start(patterns.map(pattern => `logs/${pattern}`));
      await follower.numbers(2);
      writeSync(writer, lines(3));
      follower.rename('logs/a.log', `logs/${to}`);
      writeSync(writer, lines(4));
      follower.write('logs/a.log', lines(5));
      expect(await follower.numbers(5)).toEqual([1, 2, 3, 4, 5]);
      // Whoever has not noticed yet still writes to the old one.
      writeSync(writer, lines(6));
      expect(await follower.numbers(6)).toEqual([1, 2, 3, 4, 5, 6]);
      follower.append('logs/a.log', lines(7));
      expect(await follower.numbers(7)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      closeSync(writer);
      expect(follower.said).toBe('');
    })(context),
  );

  test(
    'is read in order where much was written before and after',
    withFollower(async follower => {
      follower.write('a.log', lines(0));
      follower.start(['a.log']);
      await follower.numbers(1);
      const each = 500_000;
      follower.append('a.log', manyLines(range(1, each)));
      follower.rename('a.log', 'a.log.1');
      follower.write('a.log', manyLines(range(each, 2 * each)));
      const numbers = await follower.numbers(2 * each);
      expect(numbers.length).toBe(2 * each);
      expect(numbers.findIndex((n, at) => n !== at)).toBe(-1);
    }),
  );

  test.for<[string, string[], (age: number) => string]>([
    ['numbers', ['a.log'], (age: number) => `a.log.${age}`],
    ['dates', ['a.log'], (age: number) => `a-2024-05-0${9 - age}.log`],
    ['names that match as well', ['a.log*'], (age: number) => `a.log.${age}`],
  ])('is read in order after several rotations at once that give %s', ([, patterns, old], context) =>
    withFollower(async follower => {
      follower.write(old(7), lines(98));
      if (patterns[0] === 'a.log*') rmSync(follower.path(old(7)));
      follower.write('a.log', lines(0));
      follower.start(patterns);
      await follower.numbers(1);
      for (const turn of range(1, 5)) {
        follower.append('a.log', lines(turn * 10));
        for (const age of range(1, turn).reverse()) follower.rename(old(age), old(age + 1));
        follower.rename('a.log', old(1));
        follower.write('a.log', lines(turn * 10 + 1));
      }
      expect(await follower.numbers(9)).toEqual([0, 10, 11, 20, 21, 30, 31, 40, 41]);
    })(context),
  );

  test(
    'makes an event of a line without an end once the old file is removed and the new one is written',
    withFollower(async follower => {
      follower.write('a.log', `${lines(1)}{"n":2}`);
      follower.start(['a.log']);
      expect(await follower.numbers(1)).toEqual([1]);
      rmSync(follower.path('a.log'));
      follower.write('a.log', lines(3));
      expect((await follower.numbers(3)).sort((a, b) => a - b)).toEqual([1, 2, 3]);
    }),
  );

  test(
    'leaves a line without an end pending in the old file, whose rest comes after the rename',
    withFollower(async follower => {
      follower.write('a.log', `${lines(1)}{"n":`);
      follower.start(['a.log']);
      await follower.numbers(1);
      follower.rename('a.log', 'a.log.1');
      follower.write('a.log', lines(3));
      expect(await follower.numbers(2)).toEqual([1, 3]);
      follower.append('a.log.1', '2}\n');
      expect(await follower.numbers(3)).toEqual([1, 3, 2]);
    }),
  );
});

describe.concurrent('a log that is rotated otherwise', () => {
  test(
    'by a symbolic link that is switched, is read in order',
    withFollower(async follower => {
      follower.write('files/1', lines(1));
      link(follower, 'files/1', 'a.log');
      follower.start(['a.log']);
      await follower.numbers(1);
      follower.append('files/1', lines(2));
      follower.write('files/2', lines(4));
      link(follower, 'files/2', 'a.log');
      follower.append('files/1', lines(3));
      expect(await follower.numbers(4)).toEqual([1, 2, 3, 4]);
      follower.append('files/2', lines(5));
      expect(await follower.numbers(5)).toEqual([1, 2, 3, 4, 5]);
    }),
  );

  test(
    'by copy and truncate, is read from its start again, and what was not read yet is told',
    withFollower(async follower => {
      follower.write('a.log', `${lines(1, 2)}{"n":`);
      follower.start(['a.log']);
      await follower.numbers(2);
      truncateSync(follower.path('a.log'), 0);
      await follower.hears(/"a\.log" was truncated or written anew; it is read from its start/);
      follower.append('a.log', lines(3));
      expect(await follower.numbers(3)).toEqual([1, 2, 3]);
      expect(follower.said).toContain('and 5 bytes that were not read yet are gone');
      expect(await follower.stop()).toBe(130);
    }),
  );

  test(
    'by copy and truncate again and again, never repeats an event id',
    withFollower(async follower => {
      follower.write('a.log', '');
      follower.start(['a.log']);
      for (const turn of range(0, 6)) {
        // Longer each time, so that the file has grown past its old size.
        follower.write('a.log', lines(...range(turn * 100, turn * 100 + turn + 1)));
        await follower.numbers((turn * (turn + 1)) / 2 + turn + 1);
      }
      expect(await follower.numbers(21)).toEqual(
        range(0, 6).flatMap(turn => range(turn * 100, turn * 100 + turn + 1)),
      );
    }),
  );

  test(
    'by truncation, and has grown past its old size before anybody looked, is read from its start',
    withFollower(async follower => {
      follower.write('a.log', lines(1, 2));
      follower.start(['a.log']);
      await follower.numbers(2);
      const file = openSync(follower.path('a.log'), 'r+');
      ftruncateSync(file, 0);
      writeSync(file, lines(3, 4, 5, 6, 7), 0);
      closeSync(file);
      expect(await follower.numbers(7)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(follower.said).toMatch(/was truncated or written anew/);
    }),
  );

  test(
    'by truncation to the same size, is read from its start',
    withFollower(async follower => {
      follower.write('a.log', lines(1, 2));
      follower.start(['a.log']);
      await follower.numbers(2);
      follower.write('a.log', lines(3, 4));
      expect(await follower.numbers(4)).toEqual([1, 2, 3, 4]);
    }),
  );

  test(
    'by removal and creation, with the same inode or another, is read from its start, with ids of its own',
    withFollower(async follower => {
      follower.write('a.log', lines(1));
      follower.start(['a.log']);
      await follower.numbers(1);
      for (const n of range(2, 6)) {
        rmSync(follower.path('a.log'));
        // The same bytes as far as they go.
        follower.write('a.log', lines(1, n));
        expect((await follower.numbers(2 * n - 1)).slice(-2)).toEqual([1, n]);
      }
    }),
  );

  test(
    'by removal alone, goes on when the path is there again',
    withFollower(async follower => {
      follower.write('a.log', `${lines(1)}{"n":2}`);
      follower.start(['a.log']);
      await follower.numbers(1);
      rmSync(follower.path('a.log'));
      expect(await follower.numbers(2)).toEqual([1, 2]);
      follower.write('a.log', lines(3));
      expect(await follower.numbers(3)).toEqual([1, 2, 3]);
    }),
  );
});
