import { crc32 } from 'node:zlib';
import { GAP_LINES_MAX, MiB, SEGMENT_FRAMES_MAX } from '../base/limits.ts';
import { type Disk, type DiskFile, openEmpty, writeAll } from './disk.ts';
import { corrupt } from './failure.ts';
import type { FrameRow, SealedRow } from './job-state.ts';
import { digits, layout } from './layout.ts';
import { crcOf, crcText } from './record.ts';
import { writeIndex } from './segment-index.ts';

/**
 * Writes what compaction leaves of the sealed segments of a topic: new segments, in files of the next edition beside the old
 * ones. An event that is gone is an empty line; where very many are gone, a segment ends and another begins.
 *
 * Nothing names these files until the caller has recorded their rows.
 */

/** A line to keep, with its newline. */
export interface KeptLine {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

interface OpenSegment {
  readonly segment: number;
  readonly file: DiskFile;
  readonly frames: FrameRow[];
  bytes: number;
  kept: number;
  crc: number;
  /** The offset after its last line. */
  next: number;
}

export class EditionWriter {
  /** The segments that are written. */
  readonly rows: SealedRow[] = [];
  readonly #disk: Disk;
  readonly #store: string;
  readonly #topic: string;
  readonly #edition: number;
  readonly #segmentBytesMax: number;
  #segment: OpenSegment | undefined;
  #buffer = new Uint8Array(1 * MiB);
  #filled = 0;
  #lines = 0;

  constructor(disk: Disk, store: string, topic: string, edition: number, segmentBytesMax: number) {
    this.#disk = disk;
    this.#store = store;
    this.#topic = topic;
    this.#edition = edition;
    this.#segmentBytesMax = segmentBytesMax;
  }

  get isOpen(): boolean {
    return this.#segment !== undefined;
  }

  /** Adds the lines that are left of a frame, in order. */
  async add(bytes: Uint8Array, kept: readonly KeptLine[], time: number): Promise<void> {
    for (const { start, end, offset } of kept) {
      const gap = offset - (this.#segment?.next ?? offset);
      if (this.#segment !== undefined && (gap > GAP_LINES_MAX || this.#isFull(this.#segment))) {
        await this.#endFrame(time);
        await this.end();
      }
      this.#segment ??= await this.#begin(offset);
      const missing = offset - this.#segment.next;
      this.#reserve(missing + end - start);
      this.#buffer.fill(0x0a, this.#filled, this.#filled + missing);
      this.#buffer.set(bytes.subarray(start, end), this.#filled + missing);
      this.#filled += missing + end - start;
      this.#lines += missing + 1;
      this.#segment.next = offset + 1;
      this.#segment.kept++;
    }
    await this.#endFrame(time);
  }

  /** Ends the segment: it is durable and checked then, and has a row. */
  async end(): Promise<void> {
    if (this.#segment === undefined) return;
    const { segment, file, frames, bytes, kept, crc, next } = this.#segment;
    this.#segment = undefined;
    try {
      await file.datasync();
      await check(file, frames, `segment ${digits(segment)} of topic "${this.#topic}"`);
    } finally {
      await file.close();
    }
    const events = next - segment;
    const form = { edition: this.#edition, ...(kept < events && { kept }) };
    const lastTime = frames.reduce((latest, frame) => Math.max(latest, frame[4]), 0);
    const row = [segment, bytes, events, crcText(crc), frames[0]![4], lastTime, form] as const;
    // It syncs the directory as well.
    await writeIndex(this.#disk, this.#store, this.#topic, row, { frames, members: undefined });
    this.rows.push(row);
  }

  /** Closes what is open after a failure. */
  async close(): Promise<void> {
    await this.#segment?.file.close();
  }

  /** Asked between frames only: the one that is being filled belongs to the segment. */
  #isFull({ bytes, frames }: OpenSegment): boolean {
    return this.#filled === 0 && (bytes >= this.#segmentBytesMax || frames.length >= SEGMENT_FRAMES_MAX);
  }

  async #begin(segment: number): Promise<OpenSegment> {
    const path = layout.segment(this.#store, this.#topic, segment, { edition: this.#edition });
    const file = await openEmpty(this.#disk, path);
    return { segment, file, frames: [], bytes: 0, kept: 0, crc: 0, next: segment };
  }

  async #endFrame(time: number): Promise<void> {
    if (this.#filled === 0) return;
    const open = this.#segment!;
    const frame = this.#buffer.subarray(0, this.#filled);
    await writeAll(open.file, frame, open.bytes);
    open.crc = crc32(frame, open.crc);
    open.bytes += frame.length;
    open.frames.push([open.segment, frame.length, this.#lines, crcText(open.crc), time]);
    this.#filled = 0;
    this.#lines = 0;
  }

  #reserve(length: number): void {
    const needed = this.#filled + length;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = larger;
  }
}

/** Reads back what was written. */
async function check(file: DiskFile, frames: readonly FrameRow[], where: string): Promise<void> {
  let at = 0;
  let crc = 0;
  for (const [, length, , crcAfter] of frames) {
    const bytes = new Uint8Array(length);
    await file.read(bytes, at);
    if (crcText(crc32(bytes, crc)) !== crcAfter)
      throw corrupt(`${where} was compacted, and does not read as it was written: the disk has changed it`);
    crc = crcOf(crcAfter);
    at += length;
  }
}
