import { afterEach, describe, expect, it, vi } from 'vitest';
import { digits, layout } from '../../src/store/layout.ts';
import { listTopics, TopicReader } from '../../src/store/topic-reader.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
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

const TEN = Array.from({ length: 10 }, (_, index) => `event ${index}`);

/** Each event a frame, and two frames a segment. */
const TINY = { frameBytes: 1, segmentBytesMax: 20 };

afterEach(() => {
  vi.useRealTimers();
});

describe('TopicReader.open', () => {
  it('rejects a topic that is not there, and names those that are', async () => {
    const disk = newDisk();
    await expect(TopicReader.open(disk, STORE, 'out')).rejects.toMatchObject({
      code: 'MILLRACE_TOPIC_NOT_FOUND',
      hint: expect.stringMatching(/the store has no topics/) as string,
    });
    await writeEvents(disk, ['a']);
    await expect(TopicReader.open(disk, STORE, 'none')).rejects.toMatchObject({ hint: 'there are: out' });
  });

  it('reads the journal again where its writer rolls it away at that moment', async () => {
    for (let call = 1; call <= 8; call++) {
      const disk = newDisk();
      const log = await openLog(disk, { journalBytesMax: 1 });
      append(log, 'out', 'a');
      await commit(log);
      let calls = 0;
      const racing = new Proxy(disk, {
        get: (target, name: keyof FaultyDisk) => {
          if (name !== 'open' && name !== 'list') return target[name];
          return async (...args: [string, 'read']) => {
            if (++calls === call) await commit(log);
            return name === 'open' ? target.open(...args) : target.list(args[0]);
          };
        },
      });
      expect(await readEvents(racing)).toEqual([[0, 'a']]);
      await log.close();
    }
  });
});

describe('TopicReader.frames', () => {
  it('begins with the frame that holds the offset, and gives all after it', async () => {
    const disk = newDisk();
    await writeEvents(disk, TEN, TINY);
    for (let offset = 0; offset <= TEN.length; offset++) {
      const expected = TEN.map((event, index) => [index, event]).slice(offset);
      expect(await readEvents(disk, 'out', offset)).toEqual(expected);
    }
    expect(await readEvents(disk, 'out', 11)).toEqual([]);
  });

  it('begins with the first frame that was committed at or after a time, also where the clock was set back', async () => {
    const disk = newDisk();
    vi.useFakeTimers({ toFake: ['Date'] });
    const log = await openLog(disk, TINY);
    for (const [index, time] of [1000, 2000, 3000, 1500, 1500, 4000, 4000, 5000].entries()) {
      vi.setSystemTime(time);
      append(log, 'out', `event ${index}`);
      await commit(log);
    }
    await log.close();
    const firstFrom = async (time: number): Promise<number> =>
      (await readEvents(disk, 'out', 0, time)).length;
    expect(await Promise.all([0, 1000, 1001, 2001, 3001, 4001, 5001].map(firstFrom))).toEqual([
      8, 8, 7, 6, 3, 1, 0,
    ]);
  });

  it('shows nothing that is not committed, and after the next look what was', async () => {
    const disk = newDisk();
    const log = await openLog(disk, TINY);
    append(log, 'out', 'first');
    await commit(log);
    const reader = await TopicReader.open(disk, STORE, 'out');
    append(log, 'out', 'second');
    await log.topic('out').written;
    expect(await reader.refresh()).toBe(false);
    expect(await eventsOf(reader)).toEqual([[0, 'first']]);
    await commit(log);
    expect(await eventsOf(reader)).toEqual([[0, 'first']]);
    expect(await reader.refresh()).toBe(true);
    expect(await eventsOf(reader, 1)).toEqual([[1, 'second']]);
    await log.close();
  });

  it('tells a shortened or missing segment from a changed one', async () => {
    const disk = newDisk();
    await writeEvents(disk, TEN, TINY);
    const path = layout.segment(STORE, 'out', 2);
    const original = disk.model.file(disk.model.lookup(path)!).content;
    rewrite(disk, path, content => content.fill(0x20, 3, 4));
    await expect(readEvents(disk)).rejects.toMatchObject({
      code: 'MILLRACE_STORE_CORRUPT',
      message: `topic "out" is damaged at or after offset 2, in segment ${digits(2)} from byte 0 on`,
    });
    rewrite(disk, path, () => original.subarray(0, -1));
    await expect(readEvents(disk)).rejects.toMatchObject({
      code: 'MILLRACE_STORE_SHORT',
      message: `segment ${digits(2)} of topic "out" ends at byte 19, inside what was committed (offset 3)`,
    });
    await disk.remove(path);
    await expect(readEvents(disk)).rejects.toMatchObject({
      code: 'MILLRACE_STORE_SHORT',
      message: `segment ${digits(2)} of topic "out" is missing`,
    });
  });
});

describe('listTopics', () => {
  it('gives the names of all topics with an owner, sorted, and none where there is no store', async () => {
    const disk = newDisk();
    expect(await listTopics(disk, STORE)).toEqual([]);
    await writeEvents(disk, ['b']);
    const log = await openLog(disk, { job: 'third', topics: ['a'] });
    append(log, 'a', 'x');
    await commit(log);
    await log.close();
    await disk.makeDirectory(layout.topic(STORE, 'half-made'));
    expect(await listTopics(disk, STORE)).toEqual(['a', 'out']);
  });
});
