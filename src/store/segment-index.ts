import { type Disk, readWhole, writeWhole } from './disk.ts';
import type { FrameRow, SealedRow } from './job-state.ts';
import { indexName, layout } from './layout.ts';
import { openLine, sealLine } from './record.ts';

/**
 * The index of a sealed segment: its frames, and where it is compressed its members, as one sealed line.
 *
 * It holds nothing that is not in the segment and the journal, so one that is missing or damaged is made again
 * (rebuild-index.ts).
 */

/** A gzip member of a compressed segment: its size, and how many frames are in it. */
export type MemberRow = readonly [bytes: number, frames: number];

/** What lies where in a segment. */
export interface SegmentIndex {
  readonly frames: readonly FrameRow[];
  /** Undefined where the segment is not compressed. */
  readonly members: readonly MemberRow[] | undefined;
}

/** What the line of an index says. */
export interface IndexContent {
  readonly segment: number;
  readonly bytes: number;
  readonly events: number;
  readonly frames: readonly (readonly [bytes: number, events: number, crc: string, time: number])[];
  readonly members?: readonly MemberRow[];
}

/** Writes the index of a segment; of `frames` those of other segments are left out. */
export async function writeIndex(
  disk: Disk,
  store: string,
  topic: string,
  sealed: SealedRow,
  { frames, members }: SegmentIndex,
): Promise<void> {
  const [segment, bytes, events, , , , form] = sealed;
  const own = frames.filter(frame => frame[0] === segment).map(([, ...frame]) => frame);
  const content: IndexContent = { segment, bytes, events, frames: own, ...(members && { members }) };
  await writeWhole(disk, layout.topic(store, topic), indexName(segment, form), sealLine(content, 0).bytes);
}

/** What an index says, of which `line` is all, if its checksum is right. */
export function openIndex(line: Uint8Array): IndexContent | undefined {
  return openLine(line.subarray(0, -1), 0)?.content as IndexContent | undefined;
}

/** The index of a sealed segment, or undefined where there is no valid one. */
export async function readIndex(
  disk: Disk,
  store: string,
  topic: string,
  sealed: SealedRow,
): Promise<SegmentIndex | undefined> {
  const [segment, bytes, events, crc, , , form] = sealed;
  const line = await readWhole(disk, layout.index(store, topic, segment, form));
  if (line === undefined || line.at(-1) !== 0x0a) return undefined;
  const content = openIndex(line);
  if (content?.segment !== segment || content.bytes !== bytes || content.events !== events) return undefined;
  if (content.frames.at(-1)?.[2] !== crc) return undefined;
  const frames = content.frames.map(frame => [segment, ...frame] as const);
  if (form?.gzip === undefined) return { frames, members: undefined };
  const { members } = content;
  const packed = members?.reduce((sum, [size]) => sum + size, 0);
  return packed === form.gzip ? { frames, members } : undefined;
}
