import { beforeEach, describe, expect, it } from 'vitest';
import { layout } from '../../src/store/layout.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { eventsOf, newDisk, openLog, readEvents, rewrite, writeEvents } from '../support/small-store.ts';
import { STORE } from '../support/store-scenario.ts';
import { LAST_FOUR, never, PACKED, TEN, TINY, WHOLE, writeTen } from './ten-events.ts';

let disk: FaultyDisk;

beforeEach(() => {
  disk = newDisk();
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

  it('gives nothing of a topic that was started over in the place of what it came to, however long that is', async () => {
    await writeEvents(disk, TEN, TINY);
    for (let passed = 1; passed <= 10; passed++) {
      disk = newDisk();
      await writeEvents(disk, TEN, TINY);
      const reader = await TopicReader.open(disk, STORE, 'out');
      const seen: number[] = [];
      const reading = async (): Promise<void> => {
        for await (const { offset, bytes } of reader.frames()) {
          expect(Buffer.from(bytes).toString()).toBe(`"event ${offset}"\n`);
          seen.push(offset);
          if (seen.length !== passed) continue;
          await writeEvents(
            disk,
            [...TEN, ...TEN].map(() => 'anew'),
            { ...TINY, fresh: true },
          );
          await reader.refresh();
        }
      };
      await expect(reading()).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_CHANGED' });
      // What was open is read to its end.
      expect(seen.length).toBe(2 * Math.ceil(passed / 2));
    }
  });

  it('tells damage in a compressed segment from a change, wherever a byte was changed', async () => {
    await writeTen(disk, PACKED);
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
    await writeTen(disk, PACKED);
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
