import { linkSync, mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Follower, lines, range, withFollower } from './follower.ts';

/** What happens to files between two runs. */

const SIGNALS = ['SIGINT', 'SIGKILL'] as const;

/** Follows `patterns`, until there are `count` events, and ends so. */
async function follow(
  follower: Follower,
  patterns: readonly string[],
  count: number,
  signal: 'SIGINT' | 'SIGKILL',
): Promise<number[]> {
  follower.start(patterns);
  const numbers = await follower.numbers(count);
  await follower.stop(signal);
  return numbers;
}

describe.concurrent.each(SIGNALS)('after %s a run goes on', signal => {
  test(
    'behind what it has read, and nothing is repeated',
    withFollower(async follower => {
      follower.write('a.log', lines(1, 2));
      await follow(follower, ['a.log'], 2, signal);
      follower.append('a.log', lines(3));
      follower.write('b.log', lines(99));
      expect(await follow(follower, ['a.log'], 3, signal)).toEqual([1, 2, 3]);
      expect(follower.said).toBe('');
    }),
  );

  test(
    'with a line that had no end yet',
    withFollower(async follower => {
      follower.write('a.log', `${lines(1)}{"n":`);
      await follow(follower, ['a.log'], 1, signal);
      follower.append('a.log', '2');
      follower.write('b.log', lines(3));
      expect(await follow(follower, ['a.log', 'b.log'], 2, signal)).toEqual([1, 3]);
      follower.append('a.log', `}\n${lines(4)}`);
      expect(await follow(follower, ['a.log', 'b.log'], 4, signal)).toEqual([1, 3, 2, 4]);
      expect(await follower.events('topic.dead')).toEqual([]);
    }),
  );

  test(
    'with the rest of a file that was renamed, and then what has come in its place',
    withFollower(async follower => {
      follower.write('a.log', lines(1, 2));
      await follow(follower, ['a.log'], 2, signal);
      follower.append('a.log', lines(3));
      follower.rename('a.log', 'a.log.1');
      follower.write('a.log', lines(4));
      expect(await follow(follower, ['a.log'], 4, signal)).toEqual([1, 2, 3, 4]);
      // Once more, with two files that are known.
      follower.append('a.log.1', lines(5));
      follower.rename('a.log.1', 'a.log.2');
      follower.rename('a.log', 'a.log.1');
      follower.write('a.log', lines(6));
      expect(await follow(follower, ['a.log'], 6, signal)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(follower.said).toBe('');
    }),
  );

  test(
    'with the same where the new name matches, and with files that were rotated twice',
    withFollower(async follower => {
      follower.write('a.log', lines(1));
      await follow(follower, ['a.log*'], 1, signal);
      follower.append('a.log', lines(2));
      follower.rename('a.log', 'a.log.1');
      follower.write('a.log', lines(3));
      follower.rename('a.log.1', 'a.log.2');
      follower.rename('a.log', 'a.log.1');
      follower.write('a.log', lines(4));
      expect(await follow(follower, ['a.log*'], 4, signal)).toEqual([1, 2, 3, 4]);
    }),
  );

  test(
    'with files that were rotated twice, under names that do not match',
    withFollower(async follower => {
      follower.write('a.log', lines(1));
      await follow(follower, ['a.log'], 1, signal);
      follower.append('a.log', lines(2));
      follower.rename('a.log', 'a.log.2');
      follower.write('a.log', lines(3));
      follower.rename('a.log', 'a.log.1');
      follower.write('a.log', lines(4));
      expect(await follow(follower, ['a.log'], 4, signal)).toEqual([1, 2, 3, 4]);
      expect(await follow(follower, ['a.log'], 4, signal)).toEqual([1, 2, 3, 4]);
    }),
  );

  test(
    'at the start of a file that was truncated, with a note',
    withFollower(async follower => {
      follower.write('a.log', lines(1, 2, 3));
      await follow(follower, ['a.log'], 3, signal);
      truncateSync(follower.path('a.log'), 0);
      follower.append('a.log', lines(4));
      expect(await follow(follower, ['a.log'], 4, signal)).toEqual([1, 2, 3, 4]);
      expect(follower.said).toMatch(/"a\.log" was truncated or written anew since it was read up to byte 24/);
    }),
  );

  test(
    'at the start of a file that was written anew and is longer now',
    withFollower(async follower => {
      follower.write('a.log', lines(1, 2));
      await follow(follower, ['a.log'], 2, signal);
      follower.write('a.log', lines(3, 4, 5));
      expect(await follow(follower, ['a.log'], 5, signal)).toEqual([1, 2, 3, 4, 5]);
    }),
  );

  test(
    'without a file that was removed, which it tells once, and with the new one at its path',
    withFollower(async follower => {
      follower.write('a.log', lines(1));
      await follow(follower, ['a.log'], 1, signal);
      // Elsewhere it is kept, so that the new file has another inode.
      mkdirSync(follower.path('elsewhere'));
      linkSync(follower.path('a.log'), follower.path('elsewhere/kept'));
      rmSync(follower.path('a.log'));
      follower.write('a.log', lines(2));
      expect(await follow(follower, ['a.log'], 2, signal)).toEqual([1, 2]);
      expect(follower.said).toBe(
        'millrace: "a.log", read up to byte 8, is gone; what was added to it since is not known\n',
      );
      follower.said = '';
      follower.append('a.log', lines(3));
      expect(await follow(follower, ['a.log'], 3, signal)).toEqual([1, 2, 3]);
      expect(follower.said).toBe('');
    }),
  );

  test(
    'with files that are new, and a link that was switched',
    withFollower(async follower => {
      follower.write('files/1', lines(1));
      symlinkSync('files/1', follower.path('a.log'));
      await follow(follower, ['*.log'], 1, signal);
      follower.append('files/1', lines(2));
      rmSync(follower.path('a.log'));
      follower.write('files/2', lines(3));
      symlinkSync('files/2', follower.path('a.log'));
      follower.write('b.log', lines(4));
      expect((await follow(follower, ['*.log'], 4, signal)).sort((a, b) => a - b)).toEqual([1, 2, 3, 4]);
      expect(follower.said).toBe('');
    }),
  );
});

describe.concurrent('a run that follows', () => {
  test(
    'goes on where one has stopped that did not follow',
    withFollower(async follower => {
      follower.write('a.log', lines(1, 2));
      follower.start(['a.log'], { follow: false });
      expect(await follower.end()).toBe(0);
      follower.append('a.log', lines(3));
      expect(await follow(follower, ['a.log'], 3, 'SIGINT')).toEqual([1, 2, 3]);
      expect(await follow(follower, ['a.log'], 3, 'SIGINT')).toEqual([1, 2, 3]);
      expect(follower.said).toBe('');
    }),
  );

  test(
    'leaves alone what the patterns of this run do not name, and goes on there when they do again',
    withFollower(async follower => {
      follower.write('a.log', lines(1));
      follower.write('b.log', lines(2));
      await follow(follower, ['a.log', 'b.log'], 2, 'SIGINT');
      follower.append('a.log', lines(3));
      follower.append('b.log', lines(4));
      expect((await follow(follower, ['b.log'], 3, 'SIGINT')).at(-1)).toBe(4);
      expect((await follow(follower, ['a.log', 'b.log'], 4, 'SIGINT')).at(-1)).toBe(3);
      expect(follower.said).toBe('');
    }),
  );

  test(
    'reads two thousand files, and all that is added to each of them later',
    withFollower(async follower => {
      const count = 2000;
      for (const n of range(0, count)) follower.write(`logs/${n}.log`, lines(n));
      follower.start(['logs/*.log']);
      await follower.numbers(count);
      for (const n of range(0, count)) follower.append(`logs/${n}.log`, lines(count + n));
      await follower.numbers(2 * count);
      await follower.stop('SIGKILL');
      for (const n of range(0, count)) follower.append(`logs/${n}.log`, lines(2 * count + n));
      follower.start(['logs/*.log']);
      const numbers = await follower.numbers(3 * count);
      expect(numbers.sort((a, b) => a - b)).toEqual(range(0, 3 * count));
      expect(follower.said).toBe('');
    }),
  );

  test(
    'reads other files once some are gone, where more match than can be open',
    withFollower(async follower => {
      for (const n of range(100, 300)) follower.write(`${n}.log`, lines(n));
      follower.start(['*.log'], { filesMax: 200 });
      await follower.hears(/more files match than can be open at once \(\d+\)/);
      const some = await follower.numbers(50);
      expect(some.length).toBeLessThan(200);
      const read = new Set<number>();
      while (read.size < 200) {
        for (const n of await follower.numbers(read.size + 1)) {
          if (read.has(n)) continue;
          read.add(n);
          rmSync(follower.path(`${n}.log`));
        }
      }
      expect((await follower.numbers(200)).sort((a, b) => a - b)).toEqual(range(100, 300));
    }),
  );
});
