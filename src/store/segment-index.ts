import { crc32 } from 'node:zlib';
import { MiB } from '../base/limits.ts';
import { countLines } from '../base/line-bytes.ts';
import { type Disk, type DiskFile, readWhole, writeWhole } from './disk.ts';
import { corrupt } from './failure.ts';
import type { FrameRow, SealedRow } from './job-state.ts';
import { digits, INDEX_ENDING, layout } from './layout.ts';
import { crcText, openLine, sealLine } from './record.ts';

/**
 * The index of a sealed segment: its frames, as one sealed line.
 *
 * It holds nothing that is not in the segment and the journal, so one that is missing or damaged is made again.
 */

interface IndexContent {
  readonly segment: number;
  readonly bytes: number;
  readonly events: number;
  readonly frames: readonly (readonly [bytes: number, events: number, crc: string, time: number])[];
}

const REBUILT_FRAME_BYTES = 1 * MiB;

export async function writeIndex(
  disk: Disk,
  store: string,
  topic: string,
  sealed: SealedRow,
  frames: readonly FrameRow[],
): Promise<void> {
  const [segment, bytes, events] = sealed;
  const own = frames.filter(frame => frame[0] === segment);
  const content: IndexContent = { segment, bytes, events, frames: own.map(([, ...frame]) => frame) };
  const name = `${digits(segment)}${INDEX_ENDING}`;
  await writeWhole(disk, layout.topic(store, topic), name, sealLine(content, 0).bytes);
}

/** The frames of a sealed segment as its index has them, or undefined where there is no valid one. */
export async function readIndex(
  disk: Disk,
  store: string,
  topic: string,
  sealed: SealedRow,
): Promise<FrameRow[] | undefined> {
  const [segment, bytes, events, crc] = sealed;
  const path = `${layout.topic(store, topic)}/${digits(segment)}${INDEX_ENDING}`;
  const line = await readWhole(disk, path);
  if (line === undefined || line.at(-1) !== 0x0a) return undefined;
  const content = openLine(line.subarray(0, -1), 0)?.content as IndexContent | undefined;
  const last = content?.frames.at(-1);
  if (content?.segment !== segment || content.bytes !== bytes || content.events !== events) return undefined;
  if (last?.[2] !== crc) return undefined;
  return content.frames.map(frame => [segment, ...frame] as const);
}

/** Reads a sealed segment whole, checks it, and makes frames of it; their times are those of the whole segment. */
export async function rebuildFrames(file: DiskFile, topic: string, sealed: SealedRow): Promise<FrameRow[]> {
  const [segment, bytes, events, crc, , lastTime] = sealed;
  const frames: FrameRow[] = [];
  let buffer = new Uint8Array(REBUILT_FRAME_BYTES);
  let chain = 0;
  for (let at = 0; at < bytes; ) {
    const length = await file.read(buffer.subarray(0, Math.min(buffer.length, bytes - at)), at);
    const end = at + length === bytes ? length : buffer.subarray(0, length).lastIndexOf(0x0a) + 1;
    if (length === 0) break;
    if (end === 0) {
      buffer = new Uint8Array(buffer.length * 2);
      continue;
    }
    const frame = buffer.subarray(0, end);
    chain = crc32(frame, chain);
    frames.push([segment, end, countLines(frame), crcText(chain), lastTime]);
    at += end;
  }
  const found = frames.reduce((sum, frame) => sum + frame[2], 0);
  if (crcText(chain) !== crc || found !== events) {
    throw corrupt(
      `segment ${digits(segment)} of topic "${topic}" does not have the checksum that it was committed with`,
    );
  }
  return frames;
}
