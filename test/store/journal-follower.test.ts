import { afterEach, describe, expect, it, vi } from 'vitest';
import type { JobLog } from '../../src/store/job-log.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../../src/base/random.ts';
import {
  append,
  commit,
  eventsOf,
  newDisk,
  openLog,
  readEvents,
  writeEvents,
} from '../support/small-store.ts';
import { emptyDisk, STORE } from '../support/store-scenario.ts';

const TEN = Array.from({ length: 10 }, (_, index) => `event ${index}`);

/** Each event a frame, and two frames a segment. */
const TINY = { frameBytes: 1, segmentBytesMax: 20 };

afterEach(() => {
  vi.useRealTimers();
});

async function writeRest(log: JobLog): Promise<void> {
  for (const event of TEN.slice(1)) {
    append(log, 'out', event);
    await commit(log);
  }
  await log.close();
}

describe('TopicReader, while another process writes', () => {
  it('sees a prefix of the events at every moment, and all of them in the end', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const disk = new FaultyDisk(emptyDisk(), new Random(seed));
      const log = await openLog(disk, { ...TINY, journalBytesMax: 600 });
      append(log, 'out', 'event 0');
      await commit(log);
      const reader = await TopicReader.open(disk, STORE, 'out');
      const progress = { done: false };
      const writing = writeRest(log).finally(() => {
        progress.done = true;
      });
      for (let seen = 0; !progress.done; ) {
        await reader.refresh();
        const events = (await eventsOf(reader)).map(([, event]) => event);
        expect(events).toEqual(TEN.slice(0, events.length));
        expect(events.length).toBeGreaterThanOrEqual(seen);
        seen = events.length;
        expect((await readEvents(disk)).length).toBeGreaterThanOrEqual(seen);
      }
      await writing;
      await reader.refresh();
      expect(await eventsOf(reader)).toHaveLength(TEN.length);
    }
  });

  it('makes a line of the journal durable before it believes it: a crash must not take back what was shown', async () => {
    const disk = newDisk();
    const log = await openLog(disk, { sync: false });
    append(log, 'out', 'first');
    await commit(log);
    const reader = await TopicReader.open(disk, STORE, 'out');
    for (const event of ['second', 'third']) {
      const written = disk.trace.findLast(op => op.kind === 'write');
      expect(disk.trace.at(-1)).toMatchObject({ kind: 'datasync', file: written?.file });
      append(log, 'out', event);
      await commit(log);
      expect(disk.trace.at(-1)?.kind).toBe('write');
      await reader.refresh();
    }
    await log.close();
  });

  it('is told of a commit by the disk, without waiting for the next look', async () => {
    const disk = newDisk();
    const log = await openLog(disk);
    append(log, 'out', 'first');
    await commit(log);
    const reader = await TopicReader.open(disk, STORE, 'out');
    vi.useFakeTimers();
    const changed = reader.changed();
    append(log, 'out', 'second');
    await commit(log);
    await changed;
    expect(await eventsOf(reader)).toHaveLength(2);
    vi.useRealTimers();
    await log.close();
  });

  it('tells by its epoch that the topic was started over', async () => {
    const disk = newDisk();
    await writeEvents(disk, TEN);
    const reader = await TopicReader.open(disk, STORE, 'out');
    expect(reader.epoch).toBe(0);
    await writeEvents(disk, ['anew'], { fresh: true });
    expect(await reader.refresh()).toBe(true);
    expect(reader.epoch).toBe(1);
    expect(await eventsOf(reader)).toEqual([[0, 'anew']]);
  });
});
