import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { MiB } from '../../src/base/limits.ts';
import { type FrameRow, sealedRow } from '../../src/store/job-state.ts';
import { layout } from '../../src/store/layout.ts';
import { crcText } from '../../src/store/record.ts';
import { countLines } from '../../src/base/line-bytes.ts';
import { rebuildIndex } from '../../src/store/rebuild-index.ts';
import { readIndex, writeIndex } from '../../src/store/segment-index.ts';
import { filesOf } from '../support/crash-states.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { newDisk, openLog, readEvents, rewrite, writeEvents } from '../support/small-store.ts';
import { STORE } from '../support/store-scenario.ts';

let disk: FaultyDisk;

beforeEach(() => {
  disk = newDisk();
});

/** Frames of these texts, committed one second after the other, in the segment 100. */
function framesOf(texts: readonly string[]): readonly FrameRow[] {
  let crc = 0;
  return texts.map((text, index) => {
    crc = crc32(text, crc);
    return [100, Buffer.byteLength(text), countLines(Buffer.from(text)), crcText(crc), index * 1000];
  });
}

async function rebuild(
  content: string,
  sealed = sealedRow(100, framesOf([content])),
): Promise<readonly FrameRow[]> {
  disk.model.place('/data/segment', Buffer.from(content));
  const file = await disk.open('/data/segment', 'read');
  const { frames } = await rebuildIndex(file, 'out', sealed).finally(() => file.close());
  return frames;
}

describe('readIndex', () => {
  it('gives the frames that writeIndex was given, of this segment only', async () => {
    disk.model.place('/data/topics', undefined);
    disk.model.place('/data/topics/out', undefined);
    const frames = framesOf(['"a"\n', '"b"\n"c"\n']);
    const sealed = sealedRow(100, frames);
    const all = { frames: [[7, 1, 1, '00000000', 0] as const, ...frames], members: undefined };
    await writeIndex(disk, '/data', 'out', sealed, all);
    expect(await readIndex(disk, '/data', 'out', sealed)).toEqual({ frames, members: undefined });
  });

  it('gives undefined for an index that does not belong to what was committed', async () => {
    disk.model.place('/data/topics', undefined);
    disk.model.place('/data/topics/out', undefined);
    const frames = framesOf(['"a"\n', '"b"\n']);
    const sealed = sealedRow(100, frames);
    await writeIndex(disk, '/data', 'out', sealed, { frames, members: undefined });
    const [segment, bytes, events, crc, from, to] = sealed;
    for (const other of [
      [segment, bytes + 1, events, crc, from, to],
      [segment, bytes, events + 1, crc, from, to],
      [segment, bytes, events, '00000000', from, to],
    ] as const) {
      expect(await readIndex(disk, '/data', 'out', other)).toBeUndefined();
    }
  });
});

describe('rebuildIndex', () => {
  it('makes frames without a gap that end with lines and have the checksums that readers expect', async () => {
    const line = fc.nat({ max: 700_000 }).map(length => `"${'x'.repeat(length)}"\n`);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 6 }), async lines => {
        const content = lines.join('');
        const frames = await rebuild(content);
        let at = 0;
        for (const [segment, bytes, events, crc] of frames) {
          expect(segment).toBe(100);
          expect(content[at + bytes - 1]).toBe('\n');
          expect(events).toBe(countLines(Buffer.from(content.slice(at, at + bytes))));
          at += bytes;
          expect(crc).toBe(crcText(crc32(content.slice(0, at))));
        }
        expect(at).toBe(content.length);
      }),
      { numRuns: 20 },
    );
  });

  it('takes a line that is longer than a frame should be', async () => {
    const content = `"first"\n"${'x'.repeat(3 * MiB)}"\n"last"\n`;
    expect((await rebuild(content)).reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(content.length);
  });

  it('rejects a segment with another checksum, fewer bytes, or another number of events', async () => {
    const [segment, bytes, events, crc, from, to] = sealedRow(100, framesOf(['"a"\n"b"\n']));
    const damaged = { code: 'MILLRACE_STORE_CORRUPT' };
    await expect(rebuild('"a"\n"c"\n', [segment, bytes, events, crc, from, to])).rejects.toMatchObject(
      damaged,
    );
    await expect(rebuild('"a"\n', [segment, bytes, events, crc, from, to])).rejects.toMatchObject(damaged);
    await expect(rebuild('"a"\n"b"\n', [segment, bytes, 3, crc, from, to])).rejects.toMatchObject(damaged);
  });
});

describe('a missing or damaged index', () => {
  const events = ['a', 'b', 'c', 'd', 'e'];
  const options = { frameBytes: 1, segmentBytesMax: 7 };
  const topic = layout.topic(STORE, 'out');
  const indexes = (): ReadonlyMap<string, Uint8Array> =>
    new Map([...filesOf(disk.model, topic)].filter(([path]) => path.endsWith('.index')));

  beforeEach(() => writeEvents(disk, events, { ...options, journalBytesMax: 1 }));

  it('does not keep a reader from reading', async () => {
    for (const path of indexes().keys()) await disk.remove(path);
    expect((await readEvents(disk)).map(([, event]) => event)).toEqual(events);
    expect(await readEvents(disk, 'out', 3)).toEqual([
      [2, 'c'],
      [3, 'd'],
      [4, 'e'],
    ]);
  });

  it('is made again when the job is opened, from the segment', async () => {
    const paths = [...indexes().keys()];
    expect(paths).toHaveLength(2);
    await disk.remove(paths[0]!);
    rewrite(disk, paths[1]!, content => content.fill(0x20, 5, 6));
    await (await openLog(disk, options)).close();
    expect([...indexes().keys()]).toEqual(paths);
    expect(await readEvents(disk)).toHaveLength(events.length);
  });

  it('is made again from the journal where that has the frames still, the same as before', async () => {
    disk = newDisk();
    await writeEvents(disk, events, { ...options, journalBytesMax: 100_000 });
    const before = indexes();
    for (const path of before.keys()) await disk.remove(path);
    await (await openLog(disk, options)).close();
    expect(indexes()).toEqual(before);
  });
});
