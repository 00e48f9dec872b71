import { linkSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lines, range, withFollower } from './follower.ts';

/** Files that grow and files that appear. */

describe.concurrent('millrace run --follow', () => {
  test(
    'reads what is there and what is added',
    withFollower(async follower => {
      follower.write('a.log', lines(1, 2));
      follower.start(['a.log']);
      expect(await follower.numbers(2)).toEqual([1, 2]);
      follower.append('a.log', lines(3));
      expect(await follower.numbers(3)).toEqual([1, 2, 3]);
      follower.append('a.log', lines(4, 5));
      expect(await follower.numbers(5)).toEqual([1, 2, 3, 4, 5]);
      expect(await follower.stop()).toBe(130);
      expect(follower.said).toBe('');
    }),
  );

  test(
    'waits for a file that is not there yet, and for its directory',
    withFollower(async follower => {
      follower.write('now.log', lines(1));
      follower.start(['now.log', 'later/deep/a.log']);
      expect(await follower.numbers(1)).toEqual([1]);
      await follower.hears(/"later\/deep\/a\.log" cannot be read now: no such file or directory/);
      follower.write('later/deep/a.log', lines(2));
      expect(await follower.numbers(2)).toEqual([1, 2]);
      rmSync(follower.path('later'), { recursive: true });
      follower.write('later/deep/a.log', lines(3));
      expect(await follower.numbers(3)).toEqual([1, 2, 3]);
    }),
  );

  test(
    'waits where a directory stands in the place of the file',
    withFollower(async follower => {
      mkdirSync(follower.path('a.log'));
      follower.start(['a.log']);
      await follower.hears(/"a\.log" is no regular file; it waits for one/);
      rmSync(follower.path('a.log'), { recursive: true });
      follower.write('a.log', lines(1));
      expect(await follower.numbers(1)).toEqual([1]);
    }),
  );

  test(
    'reads new files that match a glob, from their start, also in new directories',
    withFollower(async follower => {
      follower.write('logs/one/a.log', lines(1));
      follower.start(['logs/*/*.log']);
      await follower.numbers(1);
      follower.write('logs/one/b.log', lines(2));
      await follower.numbers(2);
      follower.write('logs/one/not', lines(99));
      follower.write('logs/two/a.log', lines(3));
      await follower.numbers(3);
      follower.write('logs/one/.hidden.log', lines(99));
      follower.append('logs/one/a.log', lines(4));
      expect(await follower.numbers(4)).toEqual([1, 2, 3, 4]);
    }),
  );

  test(
    'reads a file once that has several names: spellings, symbolic and hard links, and patterns',
    withFollower(async follower => {
      follower.write('a.log', lines(1));
      symlinkSync('a.log', follower.path('b.log'));
      linkSync(follower.path('a.log'), follower.path('c.log'));
      follower.start(['./a.log', '*.log', follower.path('a.log'), 'b.log']);
      await follower.numbers(1);
      follower.append('c.log', lines(2));
      await follower.numbers(2);
      follower.write('d.log', lines(3));
      expect(await follower.numbers(3)).toEqual([1, 2, 3]);
    }),
  );

  test(
    'reads a link to nothing once there is something, and leaves compressed files alone, with a note',
    withFollower(async follower => {
      symlinkSync('later', follower.path('a.log'));
      follower.write('b.log.gz', Buffer.from([0x1f, 0x8b, 8, 0]));
      follower.write('c.log', lines(1));
      follower.start(['*.log*']);
      await follower.numbers(1);
      await follower.hears(/"b\.log\.gz" is compressed, and is not followed/);
      follower.write('later', lines(2));
      expect(await follower.numbers(2)).toEqual([1, 2]);
      expect(await follower.stop()).toBe(130);
    }),
  );

  test(
    'hands on a line only when its end has come, also where it comes in pieces amid a character',
    withFollower(async follower => {
      const bytes = Buffer.from('{"n":1,"text":"grüße 𝄞"}\n');
      follower.write('a.log', '');
      follower.write('b.log', '');
      follower.start(['a.log', 'b.log']);
      for (const [at, byte] of bytes.entries()) {
        if (at === bytes.length - 1) break;
        follower.append('a.log', Buffer.of(byte));
        // Another file shows that the pieces were looked at.
        if (at % 6 === 0) follower.append('b.log', lines(100 + at));
        if (at % 6 === 0) expect(await follower.numbers(at / 6 + 1)).not.toContain(1);
      }
      const before = await follower.numbers(0);
      follower.append('a.log', bytes.subarray(-1));
      expect(await follower.numbers(before.length + 1)).toEqual([...before, 1]);
    }),
  );

  test(
    'makes one dead letter of a line that is too long, whose pieces come one by one, and reads what follows',
    withFollower(async follower => {
      follower.write('a.log', `${lines(1)}{"n":"`);
      follower.write('b.log', lines(2));
      follower.start(['a.log', 'b.log'], { args: ['--max-line', '64'] });
      await follower.numbers(2);
      for (const piece of range(0, 5)) {
        follower.append('a.log', 'x'.repeat(40));
        follower.append('b.log', lines(10 + piece));
        await follower.numbers(3 + piece);
      }
      follower.append('a.log', `"}\n${lines(3)}`);
      expect((await follower.numbers(8)).sort((a, b) => a - b)).toEqual([1, 2, 3, 10, 11, 12, 13, 14]);
      expect(await follower.dead(1)).toHaveLength(1);
      expect(await follower.stop()).toBe(130);
    }),
  );

  test(
    'reads small files while a huge one is read',
    withFollower(async follower => {
      const hugeLines = 40_000;
      const pad = 'x'.repeat(1000);
      follower.write('a-huge.log', `{"n":1000,"pad":"${pad}"}\n`.repeat(hugeLines));
      for (const n of range(0, 50)) follower.write(`small-${n}.log`, lines(n));
      follower.start(['*.log']);
      const numbers = await follower.numbers(hugeLines + 50);
      expect(numbers).toHaveLength(hugeLines + 50);
      // A turn of the huge one is some MiB, of which a line here has one thousandth.
      const lastSmall = numbers.findLastIndex(n => n < 1000);
      expect(lastSmall).toBeLessThan(hugeLines / 2);
    }),
  );
});
