import { describe, expect, it } from 'vitest';
import { MiB } from '../../src/base/limits.ts';
import { layout } from '../../src/store/layout.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { appendTopic } from '../../src/upkeep/append-topic.ts';
import { EnvelopeWriter, type ExportHead } from '../../src/upkeep/envelope.ts';
import { exportTopic } from '../../src/upkeep/export-topic.ts';
import { type Imported, importTopic } from '../../src/upkeep/import-topic.ts';
import { filesOf } from '../support/crash-states.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { newDisk, openLog } from '../support/small-store.ts';
import { STORE } from '../support/store-scenario.ts';
import { damageIn, eventsIn, verified } from './damaged-stores.ts';

/** Where compaction has taken out very many events in a row, an import leaves them out as compaction does. */

const WIDE = 300 * MiB;
const SEGMENT_BYTES = 64 * MiB;
const TIME = 1_767_225_601_000;

/** An export with events at these offsets, which ends at `next`. */
function exportOf(
  offsets: readonly number[],
  next: number,
  head: Partial<ExportHead> = { compacted: { key: 'k', to: next, edition: 1 } },
): Buffer {
  const writer = new EnvelopeWriter();
  return Buffer.concat([
    writer.head({ export: 1, topic: 'moved', earliest: 0, next, ...head }),
    ...offsets.map(offset => writer.event({ offset, time: TIME, event: Buffer.from(`{"k":${offset}}`) })),
    writer.end(next),
  ]);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

function importInto(disk: FaultyDisk, bytes: Uint8Array): Promise<Imported> {
  return importTopic(disk, STORE, 'moved', once(bytes), SEGMENT_BYTES);
}

async function exportedFrom(disk: FaultyDisk, from?: number): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of exportTopic(disk, STORE, 'moved', { positions: true, from }))
    pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}

/** The lines but for checksums: how often there is one is not the topic's. */
function linesOf(text: string): string[] {
  return text.split('\n').filter(line => !/^\{"(checked|end)":/.test(line));
}

async function rowsIn(disk: FaultyDisk): Promise<(readonly [number, number, number])[]> {
  const { sealed } = (await TopicReader.open(disk, STORE, 'moved')).state;
  return sealed.map(([segment, , lines, , , , form]) => [segment, lines, form?.kept ?? lines]);
}

describe('importTopic, of an export with wide gaps', () => {
  it.each([
    [
      'between events',
      [0, 1, WIDE],
      WIDE + 1,
      [
        [0, 2, 2],
        [WIDE, 1, 1],
      ],
    ],
    ['before the first event', [WIDE, WIDE + 1], WIDE + 2, [[WIDE, 2, 2]]],
    [
      'several of them',
      [5, WIDE, WIDE + 3, 2 * WIDE],
      2 * WIDE + 1,
      [
        [0, 6, 1],
        [WIDE, 4, 2],
        [2 * WIDE, 1, 1],
      ],
    ],
    // A topic must not end in a gap.
    [
      'behind the last event',
      [0],
      WIDE,
      [
        [0, 1, 1],
        [WIDE - 1, 1, 0],
      ],
    ],
    ['and nothing else', [], WIDE, [[WIDE - 1, 1, 0]]],
  ] as const)('leaves them out: %s', async (_, offsets, next, rows) => {
    const disk = newDisk();
    const exported = exportOf(offsets, next);
    const imported = await importInto(disk, exported);
    expect(await rowsIn(disk)).toEqual(rows);
    const bytes = offsets.reduce((sum, offset) => sum + `{"k":${offset}}\n`.length, 0);
    expect(imported).toEqual({ events: offsets.length, bytes, earliest: 0, next });
    const events = offsets.map(offset => [offset, `{"k":${offset}}`]);
    expect([...(await eventsIn(disk, 'moved'))]).toEqual(events);
    expect(damageIn(await verified(disk))).toEqual([]);
    expect(linesOf(await exportedFrom(disk))).toEqual(linesOf(exported.toString()));
    const later = linesOf(await exportedFrom(disk, 100)).filter(line => line.startsWith('{"offset":'));
    expect(later.length).toBe(offsets.filter(offset => offset >= 100).length);
    const log = await openLog(disk, { job: 'moved', topics: ['moved'] });
    await log.close();
    expect(damageIn(await verified(disk))).toEqual([]);
  });

  it('writes an empty line for each offset of a gap that is not as wide, and of one that is lost', async () => {
    const disk = newDisk();
    const { bytes } = await importInto(disk, exportOf([0, MiB + 1], MiB + 2));
    expect(await rowsIn(disk)).toEqual([[0, MiB + 2, 2]]);
    expect(bytes).toBe('{"k":0}\n{"k":1048577}\n'.length);
    const lost = newDisk();
    await importInto(lost, exportOf([0, 2 * MiB], 2 * MiB + 1, { lost: [[1, 2 * MiB]] }));
    expect(await rowsIn(lost)).toEqual([[0, 2 * MiB + 1, 2]]);
    expect(damageIn(await verified(lost))).toEqual([]);
    const lines = [...filesOf(lost.model, layout.topic(STORE, 'moved')).values()].map(({ length }) => length);
    expect(Math.max(...lines)).toBeGreaterThan(2 * MiB);
  });

  it('appends none of them', async () => {
    const disk = newDisk();
    await importInto(disk, Buffer.from('1\n'));
    const more = exportOf([1, WIDE], WIDE + 1, {
      earliest: 1,
      compacted: { key: 'k', to: WIDE + 1, edition: 1 },
    });
    await expect(appendTopic(disk, STORE, 'moved', once(more), SEGMENT_BYTES)).rejects.toMatchObject({
      code: 'MILLRACE_IMPORT',
      message: `events before offset ${WIDE + 1} are missing, which cannot be appended`,
    });
    expect((await eventsIn(disk, 'moved')).size).toBe(1);
  });
});
