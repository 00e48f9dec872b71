import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesOnDisk } from '../../src/store/retention.ts';
import type { JobLogOptions } from '../../src/store/open-job.ts';
import { layout } from '../../src/store/layout.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { verifyTopic } from '../support/verify-topic.ts';
import { filesOf } from '../support/crash-states.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import {
  append,
  commit,
  eventsOf,
  newDisk,
  openLog,
  readEvents,
  rewrite,
  writeEvents,
} from '../support/small-store.ts';
import { STORE } from '../support/store-scenario.ts';

/** Each event a frame, and two of them a segment. */
const TINY = { frameBytes: 1, segmentBytesMax: 20 };
const PACKED: Partial<JobLogOptions> = { ...TINY, keeping: { retain: undefined, compress: true } };
const LAST_FOUR: Partial<JobLogOptions> = { ...TINY, keeping: { retain: { events: 4 }, compress: false } };

const TEN = Array.from({ length: 10 }, (_, index) => `event ${index}`);
const WHOLE = TEN.map((event, index) => [index, event] as const);
const never = new AbortController().signal;

let disk: FaultyDisk;

beforeEach(() => {
  disk = newDisk();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Names of the topic's files, without their leading zeros. */
function names(): string[] {
  const directory = layout.topic(STORE, 'out');
  return [...filesOf(disk.model, directory).keys()].map(path =>
    path.slice(directory.length + 1).replace(/^0+(?=\d)/, ''),
  );
}

/** Writes ten events in a job of its own, and lets the housekeeper finish. */
async function writeTen(options: Partial<JobLogOptions>): Promise<void> {
  const log = await openLog(disk, options);
  for (const event of TEN) {
    append(log, 'out', event);
    await commit(log);
  }
  await log.settle(never);
  await log.close();
}

describe('Housekeeper, compressing', () => {
  it('leaves one gzip file of each sealed segment, whose members are the same bytes, and the last one plain', async () => {
    await writeTen(PACKED);
    expect(names()).toEqual([
      '0.index',
      '0.ndjson.gz',
      '2.index',
      '2.ndjson.gz',
      '4.index',
      '4.ndjson.gz',
      '6.index',
      '6.ndjson.gz',
      '8.ndjson',
      'topic.json',
    ]);
    const { content } = disk.model.file(disk.model.lookup(layout.segment(STORE, 'out', 2, { gzip: 0 }))!);
    expect(gunzipSync(content).toString()).toBe('"event 2"\n"event 3"\n');
    expect(await readEvents(disk)).toEqual(WHOLE);
    for (let offset = 0; offset <= 10; offset++)
      expect(await readEvents(disk, 'out', offset)).toEqual(WHOLE.slice(offset));
    expect(await verifyTopic(disk, STORE, 'out')).toMatchObject({ events: 10, notes: [] });
  });

  it('takes up what earlier runs have left plain', async () => {
    await writeEvents(disk, TEN, TINY);
    const log = await openLog(disk, PACKED);
    await log.settle(never);
    await log.close();
    expect(names().filter(name => name.endsWith('.gz'))).toHaveLength(4);
    expect(await readEvents(disk)).toEqual(WHOLE);
  });

  it('makes a store of version 1 one of version 2 before the first record, and leaves it alone until then', async () => {
    await writeEvents(disk, TEN, TINY);
    const path = `${STORE}/store.json`;
    rewrite(disk, path, () => Buffer.from('{"version":1}\n'));
    const version = (): string =>
      Buffer.from(disk.model.file(disk.model.lookup(path)!).content).toString('utf8');
    await writeEvents(disk, ['more'], TINY);
    expect(version()).toBe('{"version":1}\n');
    const { length } = disk.trace;
    const log = await openLog(disk, PACKED);
    await log.settle(never);
    await log.close();
    expect(version()).toBe('{"version":2}\n');
    const later = disk.trace.slice(length);
    const raised = later.findIndex(op => op.kind === 'rename' && op.to === path);
    const removed = later.findIndex(op => op.kind === 'remove' && op.path.endsWith('.ndjson'));
    expect(raised).toBeGreaterThan(0);
    expect(raised).toBeLessThan(removed);
  });

  it('leaves a segment plain that is damaged, and says so', async () => {
    await writeEvents(disk, TEN, TINY);
    rewrite(disk, layout.segment(STORE, 'out', 2), content => content.fill(0x20, 3, 4));
    const log = await openLog(disk, PACKED);
    await expect(log.settle(never)).rejects.toMatchObject({
      code: 'MILLRACE_STORE_CORRUPT',
      message: /segment 0+2 of topic "out" is damaged at or after byte 0: it cannot be compressed/,
    });
    await log.close();
    expect(names()).toContain('2.ndjson');
    expect(names().some(name => name.includes('partial'))).toBe(false);
  });

  it('ends at once when it is interrupted, and leaves nothing half done', async () => {
    await writeEvents(disk, TEN, TINY);
    const log = await openLog(disk, PACKED);
    await log.settle(AbortSignal.abort());
    await log.close();
    expect(names().some(name => name.includes('partial'))).toBe(false);
    expect(await readEvents(disk)).toEqual(WHOLE);
  });

  it('tells the next commit of a failure, which is the last one then', async () => {
    const log = await openLog(disk, PACKED);
    append(log, 'out', ...TEN);
    await commit(log);
    append(log, 'out', 'more');
    disk.failure = { kind: 'rename', call: (disk.calls.get('rename') ?? 0) + 2, code: 'EIO', forGood: true };
    await commit(log);
    await expect(log.settle(never)).rejects.toMatchObject({ code: 'MILLRACE_STORE_WRITE' });
    await log.close();
  });
});

describe('Housekeeper, retaining', () => {
  it('removes whole segments from the oldest on, and keeps at least what is asked for', async () => {
    await writeTen(LAST_FOUR);
    expect(names()).toEqual(['6.index', '6.ndjson', '8.ndjson', 'topic.json']);
    expect(await readEvents(disk, 'out', 6)).toEqual(WHOLE.slice(6));
    const reader = await TopicReader.open(disk, STORE, 'out');
    expect(reader.state).toMatchObject({ earliest: 6, end: { offset: 10 } });
    expect(await verifyTopic(disk, STORE, 'out')).toMatchObject({ events: 4, notes: [] });
  });

  it('has the journal say so first', async () => {
    await writeTen(LAST_FOUR);
    const removed = disk.trace.findIndex(op => op.kind === 'remove' && op.path.endsWith('.ndjson'));
    const before = disk.trace.slice(0, removed);
    const recorded = before.findLastIndex(
      op => op.kind === 'write' && Buffer.from(op.bytes).toString().includes('"earliest":2'),
    );
    expect(recorded).toBeGreaterThan(0);
    expect(before.slice(recorded).some(op => op.kind === 'datasync')).toBe(true);
  });

  it('begins at the earliest for whoever reads from the start, and rejects what is before it by its offset', async () => {
    await writeTen(LAST_FOUR);
    const reader = await TopicReader.open(disk, STORE, 'out');
    expect(await eventsOf(reader, reader.startOf(0))).toEqual(WHOLE.slice(6));
    for (const offset of [0, 1, 5]) {
      await expect(readEvents(disk, 'out', offset)).rejects.toMatchObject({
        code: 'MILLRACE_OFFSET_NOT_KEPT',
        message: `offset ${offset} of the topic "out" is no longer kept; the earliest is 6`,
      });
    }
  });

  it('leaves dead letters and state alone', async () => {
    const log = await openLog(disk, { ...LAST_FOUR, topics: ['out.dead', 'mill.state'] });
    for (const event of TEN) {
      append(log, 'out.dead', event);
      append(log, 'mill.state', event);
      await commit(log);
    }
    await log.settle(never);
    await log.close();
    expect(await readEvents(disk, 'out.dead')).toHaveLength(10);
    expect(await readEvents(disk, 'mill.state')).toHaveLength(10);
  });

  it('goes by the time of the last commit of a segment', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const log = await openLog(disk, { ...TINY, keeping: { retain: { ageMs: 3500 }, compress: true } });
    for (const [index, event] of TEN.entries()) {
      vi.setSystemTime(index * 1000);
      append(log, 'out', event);
      await commit(log);
      await log.settle(never);
    }
    await log.close();
    // At 9000 those of 5500 and later are young, and with them the segment of 4000 and 5000 is not.
    const { state } = await TopicReader.open(disk, STORE, 'out');
    expect(state.earliest).toBe(6);
    expect(state.sealed.map(row => bytesOnDisk(row) === row[1])).toEqual([false]);
  });

  it('starts at 0 again when the job is started over', async () => {
    await writeTen(LAST_FOUR);
    await writeEvents(disk, ['anew'], { ...LAST_FOUR, fresh: true });
    expect(await readEvents(disk)).toEqual([[0, 'anew']]);
  });
});

describe('TopicReader, while segments change under its feet', () => {
  it('goes on in the compressed segment where the plain one was, and in the one that comes next', async () => {
    await writeEvents(disk, TEN, TINY);
    for (let passed = 0; passed < 10; passed++) {
      disk = newDisk();
      await writeEvents(disk, TEN, TINY);
      const reader = await TopicReader.open(disk, STORE, 'out');
      const seen: number[] = [];
      for await (const frame of reader.frames()) {
        seen.push(frame.offset);
        if (frame.offset !== passed) continue;
        const log = await openLog(disk, PACKED);
        await log.settle(never);
        await log.close();
      }
      expect(seen).toEqual(WHOLE.map(([offset]) => offset));
    }
  });

  it('is told where what it comes to next is no longer kept, and shows nothing twice', async () => {
    await writeEvents(disk, TEN, TINY);
    const reader = await TopicReader.open(disk, STORE, 'out');
    const seen: number[] = [];
    const reading = async (): Promise<void> => {
      for await (const frame of reader.frames()) {
        seen.push(frame.offset);
        if (frame.offset > 0) continue;
        const log = await openLog(disk, LAST_FOUR);
        await log.settle(never);
        await log.close();
      }
    };
    await expect(reading()).rejects.toMatchObject({
      code: 'MILLRACE_OFFSET_NOT_KEPT',
      message: 'offset 2 of the topic "out" is no longer kept; the earliest is 6',
    });
    expect(seen).toEqual([0, 1]);
  });

  it('begins where it can when it was opened before, and has shown nothing yet', async () => {
    await writeEvents(disk, TEN, TINY);
    const reader = await TopicReader.open(disk, STORE, 'out');
    const log = await openLog(disk, LAST_FOUR);
    await log.settle(never);
    await log.close();
    const seen: number[] = [];
    for await (const frame of reader.frames()) seen.push(frame.offset);
    expect(seen).toEqual([6, 7, 8, 9]);
  });

  it('says that the topic was started over, where it was', async () => {
    await writeEvents(disk, TEN, TINY);
    const reader = await TopicReader.open(disk, STORE, 'out');
    await writeEvents(disk, ['anew'], { ...TINY, fresh: true });
    await expect(eventsOf(reader)).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_CHANGED' });
  });

  it('tells damage in a compressed segment from a change, wherever a byte was changed', async () => {
    await writeTen(PACKED);
    const path = layout.segment(STORE, 'out', 2, { gzip: 0 });
    const original = disk.model.file(disk.model.lookup(path)!).content;
    let rejected = 0;
    for (let at = 0; at < original.length; at++) {
      rewrite(disk, path, () =>
        Buffer.from(original.map((byte, index) => (index === at ? byte ^ 0x10 : byte))),
      );
      const read = await readEvents(disk).catch((error: unknown) => error);
      if (Array.isArray(read)) expect(read).toEqual(WHOLE);
      else {
        expect(read).toMatchObject({ code: 'MILLRACE_STORE_CORRUPT' });
        rejected++;
      }
    }
    expect(rejected).toBeGreaterThan(original.length / 2);
    rewrite(disk, path, () => original.subarray(0, -1));
    await expect(readEvents(disk)).rejects.toMatchObject({ code: 'MILLRACE_STORE_SHORT' });
    await disk.remove(path);
    await expect(readEvents(disk)).rejects.toMatchObject({ code: 'MILLRACE_STORE_SHORT' });
  });

  it('needs no index to read a compressed segment, and the next run makes it again', async () => {
    await writeTen(PACKED);
    const index = layout.index(STORE, 'out', 2);
    const before = Buffer.from(disk.model.file(disk.model.lookup(index)!).content);
    await disk.remove(index);
    expect(await readEvents(disk)).toEqual(WHOLE);
    await (await openLog(disk, TINY)).close();
    expect(await readEvents(disk)).toEqual(WHOLE);
    const again = Buffer.from(disk.model.file(disk.model.lookup(index)!).content);
    expect(JSON.parse(again.toString())).toMatchObject({
      members: (JSON.parse(before.toString()) as { members: (readonly [number, number])[] }).members.map(
        ([bytes]) => [bytes, 1],
      ),
    });
  });
});
