import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { compact, packSealed } from '../../src/store/compact.ts';
import { keptEvents } from '../../src/store/frame.ts';
import { layout } from '../../src/store/layout.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { verifyTopic } from '../support/verify-topic.ts';
import { barestCrash, filesOf } from '../support/crash-states.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { commit, newDisk, openLog } from '../support/small-store.ts';
import { buryOwners, SMALL, STORE } from '../support/store-scenario.ts';
import { damageIn, verified } from '../upkeep/damaged-stores.ts';

/** Few events a frame, and few frames a segment. */
const TINY = { frameBytes: 1, segmentBytesMax: 60 };
const KEY = { key: 'id' };

let disk: FaultyDisk;

beforeEach(() => {
  disk = newDisk();
});

/** Commits the events one by one; each is JSON. */
async function write(events: readonly string[], topic = 'out'): Promise<void> {
  const log = await openLog(disk, { ...TINY, topics: [topic] });
  for (const event of events) {
    const bytes = Buffer.from(`${event}\n`);
    log.topic(topic).append(bytes, 0, bytes.length);
    log.topic(topic).endChunk(1);
    await commit(log);
  }
  await log.close();
}

/** What a reader shows: each event with its offset. */
async function read(from?: number, on = disk): Promise<(readonly [number, string])[]> {
  const reader = await TopicReader.open(on, STORE, 'out');
  const events: (readonly [number, string])[] = [];
  for await (const frame of reader.frames(from)) {
    const lines = Buffer.from(frame.bytes).toString('utf8').split('\n').slice(0, -1);
    lines.forEach((line, index) => {
      if (line !== '') events.push([frame.offset + index, line]);
    });
    expect(keptEvents(frame).length).toBe(
      lines.filter(line => line !== '').join('\n').length + (lines.some(line => line !== '') ? 1 : 0),
    );
  }
  return events;
}

function keyOf(event: string): string | undefined {
  const id = (JSON.parse(event) as { id?: unknown } | null)?.id;
  if (id === undefined || id === null) return undefined;
  return typeof id === 'string' ? id : JSON.stringify(id);
}

/** Whether nothing follows the key. */
function isTombstone(line: Uint8Array, keyEnd: number): boolean {
  return line[keyEnd + 1] === 0x7d;
}

/** What compaction must leave: the last of each key before the last segment, and whatever has no key. */
function expected(events: readonly string[], end: number): (readonly [number, string])[] {
  const last = new Map<string, number>();
  events.forEach((event, offset) => {
    const key = keyOf(event);
    if (key !== undefined) last.set(key, offset);
  });
  return events
    .map((event, offset) => [offset, event] as const)
    .filter(([offset, event]) => {
      const key = keyOf(event);
      return offset >= end || key === undefined || last.get(key) === offset;
    });
}

async function sealedTo(): Promise<number> {
  return (await TopicReader.open(disk, STORE, 'out')).state.end.segment;
}

const events = (count: number, keys: number): string[] =>
  Array.from({ length: count }, (_, n) => JSON.stringify({ id: `k${(n * n) % keys}`, n }));

describe('compact', () => {
  it('keeps the last event of each key with its offset, and what has no key', async () => {
    const all = [...events(20, 5), '{"n":1}', '{"id":null,"n":2}', 'null', '[1]', ...events(6, 3)];
    await write(all);
    const result = await compact(disk, STORE, 'out', KEY);
    const left = expected(all, await sealedTo());
    expect(await read()).toEqual(left);
    expect(result).toMatchObject({ eventsBefore: all.length, events: left.length });
    expect(await verifyTopic(disk, STORE, 'out')).toMatchObject({ events: left.length, notes: [] });
    for (let from = 0; from <= all.length; from += 3)
      expect((await read(from)).filter(([offset]) => offset >= from)).toEqual(
        left.filter(([offset]) => offset >= from),
      );
  });

  it('tells keys apart as runs do: 1 and "1" are one key, integers beyond 2^53 are not', async () => {
    const all = [
      '{"id":1}',
      '{"id":"1"}',
      '{"id":9007199254740993}',
      '{"id":9007199254740992}',
      '{"id":"\\u0061"}',
      '{"id":"a"}',
      ...Array.from({ length: 9 }, (_, n) => `{"n":${n}}`),
    ];
    await write(all);
    await compact(disk, STORE, 'out', KEY);
    expect((await read()).slice(0, 4).map(([offset]) => offset)).toEqual([1, 2, 3, 5]);
  });

  it('changes nothing where there is nothing to take out, not even a file', async () => {
    await write(Array.from({ length: 12 }, (_, n) => `{"id":${n}}`));
    const before = filesOf(disk.model, layout.topics(STORE));
    await compact(disk, STORE, 'out', KEY);
    expect(filesOf(disk.model, layout.topics(STORE))).toEqual(before);
  });

  it('comes to the same in many rounds, where few keys fit into memory', async () => {
    const random = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(
        random,
        fc.constantFrom(1, 150, 400, 1e6),
        fc.boolean(),
        async (items, keysBytesMax, twice) => {
          disk = newDisk();
          const all = items.map(([id, has], n) => (has ? `{"id":${id},"n":${n}}` : `{"n":${n}}`));
          await write(all);
          await compact(disk, STORE, 'out', { ...KEY, keysBytesMax, segmentBytesMax: 60 });
          if (twice) await compact(disk, STORE, 'out', { ...KEY, keysBytesMax, segmentBytesMax: 500 });
          expect(await read()).toEqual(expected(all, await sealedTo()));
          await verifyTopic(disk, STORE, 'out');
          await write(['{"id":"later"}']);
          expect((await read()).at(-1)).toEqual([all.length, '{"id":"later"}']);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('leaves a sound topic after each round by another key, though offsets are missing further on', async () => {
    // By the first key a stretch in the middle goes, from the beginning of a segment on.
    const all = Array.from({ length: 60 }, (_, n) => `{"a":${n >= 18 && n < 40 ? 18 : n},"b":${n % 3}}`);
    await write(all);
    await compact(disk, STORE, 'out', { key: 'a' });
    const { sealed, compacted } = (await TopicReader.open(disk, STORE, 'out')).state;
    expect(sealed.map(([segment]) => segment)).toEqual([0, 5, 10, 14, 39]);
    const rounds: (readonly [to: number, damage: readonly string[]])[] = [];
    const watched = new Proxy(disk, {
      get: (target, name: keyof FaultyDisk) => {
        if (name !== 'remove') return target[name];
        return async (path: string) => {
          await target.remove(path);
          // Each round is recorded in a new file of the journal.
          if (!path.startsWith(layout.journal(STORE, SMALL.job))) return;
          const [topic] = (await verified(target)).filter(({ kind }) => kind === 'topic');
          const { state } = await TopicReader.open(target, STORE, 'out');
          if (state.compacted!.key === 'b') rounds.push([state.compacted!.to, damageIn([topic!])]);
        };
      },
    });
    await compact(watched, STORE, 'out', { key: 'b', keysBytesMax: 1 });
    expect(rounds.length).toBeGreaterThan(2);
    for (const round of rounds) expect(round).toEqual([compacted!.to, []]);
  });

  it('joins what is left of small segments, and is compressed like any other', async () => {
    const all = Array.from({ length: 40 }, (_, n) => `{"id":${n % 3 === 0 ? n : 0},"n":${n}}`);
    await write(all);
    await compact(disk, STORE, 'out', { ...KEY, segmentBytesMax: 1000 });
    const before = await read();
    await packSealed(disk, STORE, 'out', new AbortController().signal);
    const { state } = await TopicReader.open(disk, STORE, 'out');
    expect(state.sealed).toHaveLength(1);
    expect(state.sealed[0]![6]).toMatchObject({
      edition: 1,
      kept: expect.any(Number) as number,
      gzip: expect.any(Number) as number,
    });
    expect(await read()).toEqual(before);
    expect(await verifyTopic(disk, STORE, 'out')).toMatchObject({ notes: [] });
  });

  it('takes tombstones out as well, where it is told what they are', async () => {
    const all = [
      '{"id":"a","v":1}',
      '{"id":"b","v":1}',
      '{"id":"a"}',
      '{"id":"c","v":null}',
      ...Array.from({ length: 9 }, (_, n) => `{"n":${n}}`),
    ];
    await write(all);
    await compact(disk, STORE, 'out', { ...KEY, isTombstone });
    expect((await read()).slice(0, 2).map(([, event]) => event)).toEqual([
      '{"id":"b","v":1}',
      '{"id":"c","v":null}',
    ]);
  });

  it('is refused while the job is at work', async () => {
    await write(events(10, 2));
    const log = await openLog(disk);
    await expect(compact(disk, STORE, 'out', KEY)).rejects.toMatchObject({ code: 'MILLRACE_STORE_LOCKED' });
    await log.close();
  });

  it('leaves the topic as it was or as it should be, at whatever moment the power fails', async () => {
    const all = events(40, 7);
    await write(all);
    const to = await sealedTo();
    const start = barestCrash(disk.model);
    disk = new FaultyDisk(barestCrash(start));
    await compact(disk, STORE, 'out', { ...KEY, segmentBytesMax: 200 });
    const { trace } = disk;
    const whole = all.map((event, offset) => [offset, event] as const);
    const left = expected(all, to);
    let done = 0;
    for (let length = 0; length <= trace.length; length++) {
      const cut = FaultyDisk.replay(trace, length, barestCrash(start));
      for (const model of [cut.model, barestCrash(cut.model)]) {
        buryOwners(model);
        const after = new FaultyDisk(model);
        await (await openLog(after, TINY)).close();
        const found = await read(undefined, after);
        if (found.length === left.length) done++;
        expect(found).toEqual(found.length === left.length ? left : whole);
        expect(await verifyTopic(after, STORE, 'out')).toMatchObject({ notes: [] });
      }
    }
    expect(done).toBeGreaterThan(4);
  });

  it('goes on for a reader that was in the middle of what was compacted', async () => {
    const all = events(40, 7);
    await write(all);
    const to = await sealedTo();
    const left = expected(all, to).map(([offset]) => offset);
    const reader = await TopicReader.open(disk, STORE, 'out');
    const seen: number[] = [];
    for await (const frame of reader.frames()) {
      const lines = Buffer.from(frame.bytes).toString('utf8').split('\n').slice(0, -1);
      lines.forEach((line, index) => line !== '' && seen.push(frame.offset + index));
      if (frame.offset === 5) await compact(disk, STORE, 'out', { ...KEY, segmentBytesMax: 200 });
    }
    // What was open is read to its end; from there on it is what is left.
    const switched = seen.findIndex((offset, index) => index > 0 && offset > 5 && left.includes(offset));
    expect(seen.slice(0, 6)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(switched).toBeGreaterThan(0);
    for (const offset of left) if (offset > 5) expect(seen).toContain(offset);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(new Set(seen).size).toBe(seen.length);
  });
});
