import { crc32 } from 'node:zlib';
import { MillraceError, systemCode } from '../base/errors.ts';
import { countLines } from '../base/line-bytes.ts';
import type { Disk, DiskFile } from '../store/disk.ts';
import { keptEvents } from '../store/frame.ts';
import type { FrameRow, SealedRow, TopicEnd } from '../store/job-state.ts';
import { digits, layout } from '../store/layout.ts';
import { rebuildIndex } from '../store/rebuild-index.ts';
import { crcOf, crcText } from '../store/record.ts';
import { segmentBytes, type SegmentBytes } from '../store/segment-bytes.ts';
import { readIndex, type SegmentIndex } from '../store/segment-index.ts';
import { addRange, type OffsetRange } from './finding.ts';

/** Reads one segment whole, and tells which of its frames are what was committed. */

/** A segment as the journal has it: sealed, or the last one with its end. */
export interface Place {
  readonly topic: string;
  readonly segment: number;
  readonly row: SealedRow | undefined;
  /** Of a last segment that is only there as the beginning of a compressed one: the row of that. */
  readonly packedEnd?: SealedRow | undefined;
  readonly end: TopicEnd;
  /** Frames that the journal has of it. */
  readonly frames: readonly FrameRow[];
}

export interface SegmentScan {
  readonly place: Place;
  /** What is wrong, in words; none where all that was committed is there. */
  readonly troubles: readonly string[];
  /** Offsets that cannot be read any more. */
  readonly lost: readonly OffsetRange[];
  /** Its frames, with whether each is sound; none where it cannot be told where they are. */
  readonly frames: readonly { readonly row: FrameRow; readonly sound: boolean }[];
  /** Of what is sound. */
  readonly events: number;
  readonly bytes: number;
  /** Behind what was committed. */
  readonly surplusBytes: number;
  readonly isIndexed: boolean;
}

/** What is done with each frame, in order; one that is not sound has no bytes. */
export type OnFrame = (row: FrameRow, bytes: Uint8Array | undefined) => Promise<void>;

export async function scanSegment(
  disk: Disk,
  store: string,
  place: Place,
  onFrame: OnFrame = async () => undefined,
): Promise<SegmentScan> {
  const { topic, segment, row, packedEnd, end } = place;
  const whole: OffsetRange = [segment, row === undefined ? end.offset : segment + row[2]];
  const nothing = { place, frames: [], events: 0, bytes: 0, surplusBytes: 0, isIndexed: true };
  const name = `segment ${digits(segment)}`;
  const file = await openIfThere(disk, layout.segment(store, topic, segment, (row ?? packedEnd)?.[6]));
  if (file === undefined) {
    return { ...nothing, troubles: whole[0] < whole[1] ? [`${name} is missing`] : [], lost: rangeOf(whole) };
  }
  try {
    const index = await indexOf(disk, store, place, file);
    if (index === undefined) {
      return { ...nothing, troubles: [`${name} is damaged, and has no index`], lost: rangeOf(whole) };
    }
    const counted = row ?? packedEnd;
    const committed = counted === undefined ? end.bytes : (counted[6]?.gzip ?? counted[1]);
    const surplusBytes = Math.max(0, (await file.size()) - committed);
    const plain = segmentBytes(file, index.content, `${name} of topic "${topic}"`);
    const rows = packedEnd === undefined ? index.content.frames : place.frames;
    const segmentFile = packedEnd === undefined ? plain : acrossBorders(plain);
    const found = await readFrames(segmentFile, rows, row?.[6]?.kept !== undefined, onFrame);
    const troubles = [
      ...found.troubles.map(trouble => `${name} ${trouble}`),
      ...(row !== undefined && surplusBytes > 0 ? [`${name} has ${surplusBytes} bytes too many`] : []),
      ...miscounted(name, place, rows, found),
    ];
    return { place, ...found, troubles, surplusBytes, isIndexed: index.isThere };
  } finally {
    await file.close();
  }
}

function rangeOf(range: OffsetRange): OffsetRange[] {
  return range[0] < range[1] ? [range] : [];
}

async function openIfThere(disk: Disk, path: string): Promise<DiskFile | undefined> {
  try {
    return await disk.open(path, 'read');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where the frames are; undefined where nothing tells, and the segment as a whole is not what was committed. */
async function indexOf(
  disk: Disk,
  store: string,
  { topic, row: own, packedEnd, frames }: Place,
  file: DiskFile,
): Promise<{ content: SegmentIndex; isThere: boolean } | undefined> {
  const row = own ?? packedEnd;
  if (row === undefined) return { content: { frames, members: undefined }, isThere: true };
  const content = await readIndex(disk, store, topic, row);
  if (content !== undefined) return { content, isThere: true };
  if (frames.length > 0 && row[6] === undefined)
    return { content: { frames, members: undefined }, isThere: false };
  try {
    return { content: await rebuildIndex(file, topic, row), isThere: false };
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** Reads also what lies on both sides of a border: frames of a state may be others than those that were compressed. */
function acrossBorders(file: Pick<SegmentBytes, 'read'>): Pick<SegmentBytes, 'read'> {
  return {
    read: async (at, length) => {
      const pieces: Uint8Array[] = [];
      for (let left = length; left > 0; ) {
        const piece = await file.read(at + length - left, left);
        if (piece.length === 0) break;
        pieces.push(piece);
        left -= piece.length;
      }
      return Buffer.concat(pieces);
    },
  };
}

async function readFrames(
  file: Pick<SegmentBytes, 'read'>,
  rows: readonly FrameRow[],
  sparse: boolean,
  onFrame: OnFrame,
): Promise<Pick<SegmentScan, 'frames' | 'lost' | 'events' | 'bytes'> & { troubles: string[] }> {
  const frames: { row: FrameRow; sound: boolean }[] = [];
  const lost: OffsetRange[] = [];
  const troubles: string[] = [];
  let [at, offset, crc, events, total] = [0, rows[0]?.[0] ?? 0, 0, 0, 0];
  for (const row of rows) {
    const [, length, count, crcAfter] = row;
    const bytes = await readSound(file, at, length);
    const trouble = troubleWith(bytes, row, crc);
    frames.push({ row, sound: trouble === undefined });
    if (trouble === undefined) {
      events += sparse ? countLines(keptEvents({ bytes: bytes!, sparse })) : count;
      total += length;
    } else {
      if (lost.at(-1)?.[1] !== offset) troubles.push(`${trouble} from byte ${at} on`);
      addRange(lost, [offset, offset + count]);
    }
    await onFrame(row, trouble === undefined ? bytes : undefined);
    at += length;
    offset += count;
    crc = crcOf(crcAfter);
  }
  return { frames, lost, troubles, events, bytes: total };
}

/** The bytes, or undefined where a compressed segment cannot be unpacked there. */
async function readSound(
  file: Pick<SegmentBytes, 'read'>,
  at: number,
  length: number,
): Promise<Uint8Array | undefined> {
  try {
    return await file.read(at, length);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

function troubleWith(
  bytes: Uint8Array | undefined,
  [, length, events, crcAfter]: FrameRow,
  crc: number,
): string | undefined {
  if (bytes !== undefined && bytes.length < length) return 'is too short: what was committed is missing';
  if (bytes === undefined || crcText(crc32(bytes, crc)) !== crcAfter) return 'is damaged';
  if (countLines(bytes) !== events || bytes.at(-1) !== 0x0a)
    return 'does not have the events that were committed';
  return undefined;
}

/** Where the frames are sound and come to something else than what the journal says of the segment. */
function miscounted(
  name: string,
  { row, segment, end }: Place,
  rows: readonly FrameRow[],
  { lost, events }: Pick<SegmentScan, 'lost' | 'events'>,
): string[] {
  if (lost.length > 0) return [];
  const bytes = rows.reduce((sum, frame) => sum + frame[1], 0);
  const lines = rows.reduce((sum, frame) => sum + frame[2], 0);
  const [wantBytes, wantLines] = row === undefined ? [end.bytes, end.offset - segment] : [row[1], row[2]];
  const crc = rows.at(-1)?.[3] ?? '00000000';
  const isSame = bytes === wantBytes && lines === wantLines && crc === (row?.[3] ?? end.crc);
  const kept = row?.[6]?.kept;
  if (isSame && (kept === undefined || kept === events)) return [];
  return [`${name} has ${lines} events in ${bytes} bytes, the journal says ${wantLines} in ${wantBytes}`];
}

function isDamage(error: unknown): boolean {
  return error instanceof MillraceError && error.exit === 5;
}
