import { crc32 } from 'node:zlib';
import { MiB } from '../base/limits.ts';
import { countLines } from '../base/line-bytes.ts';
import type { DiskFile } from './disk.ts';
import { corrupt } from './failure.ts';
import { BadMember, unpackMembers } from './gzip-members.ts';
import type { FrameRow, SealedRow } from './job-state.ts';
import { digits } from './layout.ts';
import { crcText } from './record.ts';
import type { MemberRow, SegmentIndex } from './segment-index.ts';

/**
 * Makes the index of a sealed segment again: reads it whole, and checks it against its row.
 *
 * Where one frame ended and the next began is lost, and with it their times, which become those of the segment.
 */

const FRAME_BYTES = 1 * MiB;

/** Rejects with MILLRACE_STORE_CORRUPT. */
export async function rebuildIndex(file: DiskFile, topic: string, sealed: SealedRow): Promise<SegmentIndex> {
  const frames = new FramesAgain(sealed);
  const members: MemberRow[] | undefined = sealed[6]?.gzip === undefined ? undefined : [];
  if (members === undefined) await readPlain(file, sealed, frames);
  else await readPacked(file, topic, sealed, frames, members);
  if (!frames.areAll()) {
    throw corrupt(
      `segment ${digits(sealed[0])} of topic "${topic}" does not have the checksum that it was committed with`,
    );
  }
  return { frames: frames.rows, members };
}

/** The frames of a segment, as they are found. */
class FramesAgain {
  readonly rows: FrameRow[] = [];
  readonly #sealed: SealedRow;
  #crc = 0;
  #bytes = 0;
  #events = 0;
  /** Of the frame that is not ended yet. */
  #frameBytes = 0;
  #frameEvents = 0;

  constructor(sealed: SealedRow) {
    this.#sealed = sealed;
  }

  add(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc);
    this.#frameBytes += bytes.length;
    this.#frameEvents += countLines(bytes);
  }

  end(): void {
    const [segment, , , , , lastTime] = this.#sealed;
    this.rows.push([segment, this.#frameBytes, this.#frameEvents, crcText(this.#crc), lastTime]);
    this.#bytes += this.#frameBytes;
    this.#events += this.#frameEvents;
    this.#frameBytes = 0;
    this.#frameEvents = 0;
  }

  areAll(): boolean {
    const [, bytes, events, crc] = this.#sealed;
    return crcText(this.#crc) === crc && this.#bytes === bytes && this.#events === events;
  }
}

async function readPlain(file: DiskFile, [, bytes]: SealedRow, frames: FramesAgain): Promise<void> {
  let buffer = new Uint8Array(FRAME_BYTES);
  for (let at = 0; at < bytes; ) {
    const length = await file.read(buffer.subarray(0, Math.min(buffer.length, bytes - at)), at);
    const end = at + length === bytes ? length : buffer.subarray(0, length).lastIndexOf(0x0a) + 1;
    if (length === 0) break;
    if (end === 0) {
      // The file ends inside a line: it is too short.
      if (length < Math.min(buffer.length, bytes - at)) break;
      buffer = new Uint8Array(buffer.length * 2);
      continue;
    }
    frames.add(buffer.subarray(0, end));
    frames.end();
    at += end;
  }
}

async function readPacked(
  file: DiskFile,
  topic: string,
  [segment, , , , , , form]: SealedRow,
  frames: FramesAgain,
  members: MemberRow[],
): Promise<void> {
  try {
    for await (const { plain, memberBytes } of unpackMembers(file, form!.gzip!)) {
      for (const bytes of plain) frames.add(bytes);
      if (memberBytes === undefined) continue;
      frames.end();
      members.push([memberBytes, 1]);
    }
  } catch (error) {
    if (!(error instanceof BadMember)) throw error;
    throw corrupt(`compressed segment ${digits(segment)} of topic "${topic}" is damaged: ${error.message}`);
  }
}
