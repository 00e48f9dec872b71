import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { digits, layout } from '../../src/store/layout.ts';
import { crcText, openLines, sealLine } from '../../src/store/record.ts';
import { verifyTopic } from '../../src/store/verify.ts';
import { filesOf } from '../support/crash-states.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { newDisk, rewrite, writeEvents } from '../support/small-store.ts';
import { SMALL, STORE } from '../support/store-scenario.ts';

const TOPIC = layout.topic(STORE, 'out');

/** Each event a frame, and two of them a segment. */
const TINY = { frameBytes: 1, segmentBytesMax: 7 };

let disk: FaultyDisk;

beforeEach(async () => {
  disk = newDisk();
  await writeEvents(disk, ['a', 'b', 'c', 'd', 'e'], TINY);
});

/** Changes the journal, with checksums that fit: as a program with a bug might have written it. */
function forge(change: (journal: string) => string): void {
  const [path] = filesOf(disk.model, layout.journal(STORE, SMALL.job)).keys();
  rewrite(disk, path!, content => {
    let crc = 0;
    const lines = openLines(content).contents.map(record => {
      const line = sealLine(JSON.parse(change(JSON.stringify(record))) as object, crc);
      ({ crc } = line);
      return line.bytes;
    });
    return Buffer.concat(lines);
  });
}

describe('verifyTopic', () => {
  it('counts what is sound', async () => {
    await expect(verifyTopic(disk, STORE, 'out')).resolves.toEqual({
      events: 5,
      bytes: 20,
      segments: 3,
      notes: [],
    });
  });

  it('says nothing against bytes beyond the committed end: they are not there for anybody', async () => {
    rewrite(disk, layout.segment(STORE, 'out', 4), content => Buffer.concat([content, Buffer.from('"tail')]));
    disk.model.place(layout.segment(STORE, 'out', 5), Buffer.from('"next"\n'));
    await expect(verifyTopic(disk, STORE, 'out')).resolves.toMatchObject({ events: 5, notes: [] });
  });

  it('notes a missing index and a file that belongs to no segment, without failing', async () => {
    await disk.remove(`${TOPIC}/${digits(0)}.index`);
    disk.model.place(`${TOPIC}/${digits(1)}.ndjson`, Buffer.from(''));
    const { notes } = await verifyTopic(disk, STORE, 'out');
    expect(notes).toEqual([
      `"${digits(1)}.ndjson" belongs to no segment`,
      `the index of segment ${digits(0)} is missing or damaged; the next run makes it again`,
    ]);
  });

  it('rejects a changed byte in any segment, and names the segment and the offset', async () => {
    for (const [segment, offset] of [
      [0, 1],
      [2, 3],
      [4, 4],
    ] as const) {
      const at = (offset - segment) * 4 + 1;
      rewrite(disk, layout.segment(STORE, 'out', segment), content => content.fill('X', at, at + 1));
      await expect(verifyTopic(disk, STORE, 'out')).rejects.toMatchObject({
        code: 'MILLRACE_STORE_CORRUPT',
        message: `topic "out" is damaged at or after offset ${offset}, in segment ${digits(segment)} from byte ${at - 1} on`,
      });
      rewrite(disk, layout.segment(STORE, 'out', segment), content =>
        content.fill('abcde'[offset]!, at, at + 1),
      );
    }
    await expect(verifyTopic(disk, STORE, 'out')).resolves.toMatchObject({ events: 5 });
  });

  it('rejects a journal that counts other events than there are, though its checksums are right', async () => {
    const last = `4,1,"${crcText(crc32('"e"\n'))}"`;
    forge(journal => journal.replace(last, last.replace('4,1', '4,2')).replace('"offset":5', '"offset":6'));
    await expect(verifyTopic(disk, STORE, 'out')).rejects.toMatchObject({
      code: 'MILLRACE_STORE_CORRUPT',
      message: 'topic "out" does not have the events that were committed at offset 4',
    });
  });

  it('rejects a journal whose end lies elsewhere than its frames', async () => {
    forge(journal => journal.replace('"offset":5', '"offset":6'));
    await expect(verifyTopic(disk, STORE, 'out')).rejects.toMatchObject({
      message: `topic "out" ends at offset 5, its journal says 6 (segment ${digits(4)})`,
    });
  });
});
