import type { Disk } from '../store/disk.ts';
import type { SealedRow } from '../store/job-state.ts';
import { scanSegment, type SegmentScan } from './scan-segment.ts';
import { SegmentFile } from './write-segment.ts';

/**
 * Writes a damaged segment anew, beside the old one: what is sound as it is, and an empty line for each event that is lost,
 * so that all others keep their offsets. The old file stays what it is.
 */
export async function mendSegment(
  disk: Disk,
  store: string,
  { place, frames }: SegmentScan,
  edition: number,
): Promise<SealedRow> {
  const { topic, segment, row, end } = place;
  const events = row === undefined ? end.offset - segment : row[2];
  const file = await SegmentFile.begin(disk, store, topic, segment, edition);
  try {
    if (frames.length === 0) await addBlanks(file, events, row?.[5] ?? 0);
    else {
      await scanSegment(disk, store, place, async ([, , count, , time], bytes) =>
        bytes === undefined ? addBlanks(file, count, time) : file.add(bytes, time),
      );
    }
  } catch (error) {
    await file.abandon();
    throw error;
  }
  return file.end();
}

/** Most empty lines in one frame. */
const BLANKS_MAX = 1024 * 1024;
const NEWLINE = 0x0a;

async function addBlanks(file: SegmentFile, count: number, time: number): Promise<void> {
  for (let left = count; left > 0; left -= BLANKS_MAX)
    await file.add(new Uint8Array(Math.min(left, BLANKS_MAX)).fill(NEWLINE), time);
}
