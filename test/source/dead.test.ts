import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeadReason } from '../../src/base/dead-letter.ts';
import type { Positions, Source } from '../../src/source/contract.ts';
import { deadSource } from '../../src/source/dead.ts';
import { compact } from '../../src/store/compact.ts';
import { realDisk } from '../../src/store/disk.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { deadLetter, deadMembers } from '../../src/worker/dead-letter.ts';

let directory: string;
let notes: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-dead-'));
  notes = [];
});

afterEach(() => rm(directory, { recursive: true }));

/** The letter of an event; `lengthBytes` is that of its line, where this is only its beginning. */
function letterOf(event: Uint8Array, line: number, reason: DeadReason, lengthBytes?: number): string {
  return deadLetter(
    `in${line % 3}`,
    line,
    line * 100,
    deadMembers(reason, { message: '' }, event, lengthBytes),
  );
}

async function commit(letters: readonly string[], fresh = false): Promise<void> {
  const options = { job: 'a', topics: ['a', 'a.dead'], fresh, segmentBytesMax: 2000, sync: false };
  const log = await JobLog.open(realDisk, directory, options);
  await log.createTopic('a');
  for (const letter of letters) {
    log.topic('a.dead').append(Buffer.from(letter), 0, Buffer.byteLength(letter));
    log.topic('a.dead').endChunk(1);
  }
  await log.commit(Promise.resolve({}), EMPTY_ACCOUNT);
  await log.close();
}

function openTopic(name: string): Promise<TopicReader> {
  return TopicReader.open(realDisk, directory, name);
}

function open(positions: Positions = {}): Promise<Source> {
  return deadSource('dead:a', openTopic, note => notes.push(note)).open(positions);
}

async function readAll(source: Source): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const into = Buffer.alloc(50);
  for (let length = await source.read(into); length !== 'end'; length = await source.read(into)) {
    pieces.push(Buffer.from(into.subarray(0, length)));
  }
  return Buffer.concat(pieces);
}

const letters = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) =>
    letterOf(Buffer.from(`${from + at}`), from + at, 'handler-threw'),
  );

describe('dead letters as a source', () => {
  test('give back the bytes of their events, whatever they are, and where each stood', async () => {
    const line = fc.uint8Array({ maxLength: 300 }).map(bytes => bytes.filter(byte => byte !== 0x0a));
    const text = fc.string({ unit: 'binary' }).map(some => Buffer.from(some.replaceAll('\n', '')));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(line, text), { minLength: 1, maxLength: 60 }), async events => {
        await commit(
          events.map((event, at) => letterOf(event, at + 1, 'handler-threw')),
          true,
        );
        const source = await open();
        const expected = Buffer.concat(events.flatMap(event => [event, Buffer.from('\n')]));
        expect((await readAll(source)).equals(expected)).toBe(true);
        for (const [at] of events.entries()) {
          const place = { source: `in${(at + 1) % 3}`, line: at + 1, offset: (at + 1) * 100 };
          expect(source.originOf!(at)).toEqual(place);
        }
        await source.close();
      }),
      { numRuns: 30 },
    );
  });

  test('whose event is not whole give a blank line, and are told at the end', async () => {
    await commit([
      letterOf(Buffer.from('1'), 1, 'bad-result'),
      letterOf(Buffer.from('[2,'), 2, 'line-too-long', 900),
      letterOf(Buffer.from(',3]'), 3, 'line-continued', 3),
      // The line was longer than what was allowed then, and was kept all the same.
      letterOf(Buffer.from('[4]'), 4, 'line-too-long', 3),
      // A character was cut off in its middle.
      letterOf(Buffer.from('"é').subarray(0, 2), 5, 'line-too-long', 2),
    ]);
    const source = await open();
    expect((await readAll(source)).toString()).toBe('1\n\n\n[4]\n\n');
    expect(notes).toEqual([
      '2 dead letters of "a" passed over: the line was too long, and only its beginning was kept',
      '1 dead letter of "a" passed over: the rest of a line is no event',
    ]);
    expect(await source.read(new Uint8Array(1))).toBe('end');
    expect(notes).toHaveLength(2);
    await source.close();
  });

  test('that a repair has lost give a blank line without an origin', async () => {
    await commit([
      letterOf(Buffer.from('1'), 1, 'handler-threw'),
      '\n',
      '\n',
      letterOf(Buffer.from('4'), 4, 'handler-threw'),
    ]);
    const source = await open();
    expect((await readAll(source)).toString()).toBe('1\n\n\n4\n');
    expect([0, 1, 2, 3].map(line => source.originOf!(line)?.line)).toEqual([1, undefined, undefined, 4]);
    source.settled!(2);
    expect([2, 3].map(line => source.originOf!(line)?.line)).toEqual([undefined, 4]);
    await source.close();
  });

  test('that compaction has taken out give blank lines, also where no segment has their offsets', async () => {
    for (let line = 1; line <= 60; line += 20) await commit(letters(line, line + 20));
    await compact(realDisk, directory, 'a.dead', { key: 'reason' });
    expect((await openTopic('a.dead')).state.sealed).toEqual([]);
    const source = await open();
    const expected = Array.from({ length: 60 }, (_, at) => (at < 40 ? '\n' : `${at + 1}\n`)).join('');
    expect((await readAll(source)).toString()).toBe(expected);
    expect(source.originOf!(39)).toBeUndefined();
    expect(source.originOf!(40)?.line).toBe(41);
    await source.close();
  });

  test('forget where events stood that are settled, and no others', async () => {
    await commit(letters(1, 6));
    const source = await open();
    await readAll(source);
    source.settled!(3);
    expect([0, 2, 3, 4, 5].map(line => source.originOf!(line)?.line)).toEqual([
      undefined,
      undefined,
      4,
      5,
      undefined,
    ]);
    source.settled!(3);
    expect(source.originOf!(3)?.line).toBe(4);
    source.settled!(Number.POSITIVE_INFINITY);
    expect(source.originOf!(4)).toBeUndefined();
    await source.close();
  });

  test('end where they ended when they were opened first, also after a restart', async () => {
    await commit(letters(1, 6));
    const first = await open();
    const begun = await first.positions({ offset: 4, line: 2, unfinished: false });
    await commit(letters(6, 9));
    expect((await readAll(first)).toString()).toBe('1\n2\n3\n4\n5\n');
    await first.close();

    const again = await open(begun);
    expect(again.start).toEqual({ offset: 4, line: 2, unfinished: false });
    expect((await readAll(again)).toString()).toBe('3\n4\n5\n');
    expect(again.originOf!(2)).toEqual({ source: 'in0', line: 3, offset: 300 });
    expect(notes).toEqual([
      'this goes on with a retry that was begun before; 3 dead letters of "a" came later, and the next retry has them',
    ]);
    const ended = await again.positions({ offset: 10, line: 5, unfinished: false });
    await again.close();

    const next = await open(ended);
    expect((await readAll(next)).toString()).toBe('6\n7\n8\n');
    const all = await next.positions({ offset: 16, line: 8, unfinished: false });
    await next.close();
    notes = [];
    expect((await readAll(await open(all))).toString()).toBe('');
    expect(notes).toEqual(['all dead letters of "a" were retried before (8)']);
  });

  test('that there are none of are told', async () => {
    await commit([]);
    expect((await readAll(await open())).toString()).toBe('');
    expect(notes).toEqual(['"a" has no dead letters']);
  });

  test('of a topic that was started over are not those that were read', async () => {
    await commit(letters(1, 6));
    const source = await open();
    const positions = await source.positions({ offset: 4, line: 2, unfinished: false });
    await source.close();
    await commit(letters(1, 9), true);
    await expect(open(positions)).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_CHANGED' });
  });

  test('of a topic that is started over while they are read keep the place in those that were read', async () => {
    // Some segments, of which only the first is open when it happens.
    for (let line = 1; line <= 60; line += 20) await commit(letters(line, line + 20));
    const source = await open();
    await source.read(Buffer.alloc(2));
    const reached = { offset: 2, line: 1, unfinished: false };
    const before = await source.positions(reached);
    await commit(letters(1, 80), true);
    await expect(readAll(source)).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_CHANGED' });
    expect(await source.positions(reached)).toEqual(before);
    await source.close();
  });

  test('are named by a topic, and by nothing else', () => {
    for (const name of ['dead:', 'dead:../a', 'dead:a@b', 'dead:A']) {
      expect(() =>
        deadSource(
          name,
          () => Promise.reject(new Error('opened')),
          () => undefined,
        ),
      ).toThrow(/does not name a topic/);
    }
  });

  test('must be dead letters', async () => {
    for (const line of [
      '{}',
      '1',
      'x',
      '{"source":"a","line":1,"offset":0,"reason":"r","error":{"message":""}}',
    ]) {
      await commit([`${line}\n`], true);
      await expect(readAll(await open())).rejects.toMatchObject({ code: 'MILLRACE_STORE_CORRUPT' });
    }
  });
});
