import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { layout } from '../../src/store/layout.ts';
import { bytesOnDisk } from '../../src/store/retention.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
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
import { verifyTopic } from '../support/verify-topic.ts';
import { LAST_FOUR, names, never, PACKED, TEN, TINY, WHOLE, writeTen } from './ten-events.ts';

let disk: FaultyDisk;

beforeEach(() => {
  disk = newDisk();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('Housekeeper, compressing', () => {
  it('leaves one gzip file of each sealed segment, whose members are the same bytes, and the last one plain', async () => {
    await writeTen(disk, PACKED);
    expect(names(disk)).toEqual([
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
    expect(names(disk).filter(name => name.endsWith('.gz'))).toHaveLength(4);
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
    expect(names(disk)).toContain('2.ndjson');
    expect(names(disk).some(name => name.includes('partial'))).toBe(false);
  });

  it('ends at once when it is interrupted, and leaves nothing half done', async () => {
    await writeEvents(disk, TEN, TINY);
    const log = await openLog(disk, PACKED);
    await log.settle(AbortSignal.abort());
    await log.close();
    expect(names(disk).some(name => name.includes('partial'))).toBe(false);
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
    await writeTen(disk, LAST_FOUR);
    expect(names(disk)).toEqual(['6.index', '6.ndjson', '8.ndjson', 'topic.json']);
    expect(await readEvents(disk, 'out', 6)).toEqual(WHOLE.slice(6));
    const reader = await TopicReader.open(disk, STORE, 'out');
    expect(reader.state).toMatchObject({ earliest: 6, end: { offset: 10 } });
    expect(await verifyTopic(disk, STORE, 'out')).toMatchObject({ events: 4, notes: [] });
  });

  it('has the journal say so first', async () => {
    await writeTen(disk, LAST_FOUR);
    const removed = disk.trace.findIndex(op => op.kind === 'remove' && op.path.endsWith('.ndjson'));
    const before = disk.trace.slice(0, removed);
    const recorded = before.findLastIndex(
      op => op.kind === 'write' && Buffer.from(op.bytes).toString().includes('"earliest":2'),
    );
    expect(recorded).toBeGreaterThan(0);
    expect(before.slice(recorded).some(op => op.kind === 'datasync')).toBe(true);
  });

  it('begins at the earliest for whoever reads from the start, and rejects what is before it by its offset', async () => {
    await writeTen(disk, LAST_FOUR);
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
    await writeTen(disk, LAST_FOUR);
    await writeEvents(disk, ['anew'], { ...LAST_FOUR, fresh: true });
    expect(await readEvents(disk)).toEqual([[0, 'anew']]);
  });
});
