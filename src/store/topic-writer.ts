import { crc32 } from 'node:zlib';
import { CHUNK_BYTES, FRAME_BYTES, UNWRITTEN_BYTES_MAX } from '../base/limits.ts';
import { type Disk, type DiskFile, writeAll } from './disk.ts';
import { diskError } from './failure.ts';
import type { TopicEnd, TopicState } from './job-state.ts';
import { layout } from './layout.ts';
import { crcOf, crcText } from './record.ts';

/**
 * Appends events to a topic. What is appended is buffered in frames and written in the background, in order; it counts
 * only when a commit names it.
 *
 * After a failed write nothing more is written: the file's end is unknown then, and recovery will find it.
 */

/** What a commit says of a topic: where it ends, and the frames since the last commit, without their time. */
export interface TopicProgress {
  readonly end: TopicEnd;
  readonly frames: readonly (readonly [segment: number, bytes: number, events: number, crc: string])[];
}

/** A buffer that had to grow beyond this for one frame is not kept. */
const BUFFER_KEPT_BYTES = 4 * CHUNK_BYTES;

interface TopicWriterOptions {
  readonly segmentBytesMax: number;
  readonly segmentFramesMax: number;
  readonly frameBytes: number;
  readonly sync: boolean;
  /** Makes the topic's directory if this is its first event. */
  readonly create: () => Promise<void>;
}

export class TopicWriter {
  readonly #disk: Disk;
  readonly #store: string;
  readonly #topic: string;
  readonly #options: TopicWriterOptions;
  #end: TopicEnd;
  #crc: number;
  #frames: (readonly [number, number, number, string])[] = [];
  /** How many the last segment has. */
  #segmentFrames: number;
  /** The frame that is being filled. */
  #buffer = new Uint8Array(FRAME_BYTES + CHUNK_BYTES);
  #filled = 0;
  #events = 0;
  readonly #freeBuffers: Uint8Array<ArrayBuffer>[] = [];
  /** Resolves when all frames so far are written; rejects for good after a failure. */
  #written: Promise<void> = Promise.resolve();
  #unwrittenBytes = 0;
  /** Open segments; the one that is written to; those with bytes that are not synced. */
  readonly #files = new Map<number, DiskFile>();
  #writing = -1;
  readonly #dirty = new Set<number>();
  #newEntries = false;
  #closed = false;

  constructor(
    disk: Disk,
    store: string,
    topic: string,
    { end, frames }: Pick<TopicState, 'end' | 'frames'>,
    options: TopicWriterOptions,
  ) {
    this.#disk = disk;
    this.#store = store;
    this.#topic = topic;
    this.#end = end;
    this.#crc = crcOf(end.crc);
    this.#segmentFrames = frames.filter(([segment]) => segment === end.segment).length;
    this.#options = options;
  }

  /** Adds `bytes[start..end)`, which are whole events. They are copied, so `bytes` can be used again. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#filled + length > this.#buffer.length) this.#grow(this.#filled + length);
    this.#buffer.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.#filled);
    this.#filled += length;
  }

  /** Says that what was appended since the last call were `events` events, and that a commit may follow. */
  endChunk(events: number): void {
    this.#events += events;
    if (this.#filled >= this.#options.frameBytes) this.#closeFrame();
  }

  /** Whether so much waits to be written that no more should be appended now. */
  get full(): boolean {
    return this.#unwrittenBytes > UNWRITTEN_BYTES_MAX;
  }

  /** Resolves when all that was appended in whole frames is written; rejects after a failed write. */
  get written(): Promise<void> {
    return this.#written;
  }

  /** Takes what a commit at this moment has to say. */
  takeProgress(): TopicProgress {
    if (this.#filled > 0) this.#closeFrame();
    const frames = this.#frames;
    this.#frames = [];
    return { end: this.#end, frames };
  }

  /** Makes durable what was appended before the call. */
  async sync(): Promise<void> {
    await this.#written;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    if (this.#options.sync) {
      for (const segment of dirty) await this.#files.get(segment)!.datasync();
      if (this.#newEntries) {
        this.#newEntries = false;
        await this.#disk.syncDirectory(layout.topic(this.#store, this.#topic));
      }
    }
    await this.#closeLeft();
  }

  /** Closes the files. What is not written yet was not committed, and must not be: another writer may come now. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#written.catch(() => undefined);
    const files = [...this.#files.values()];
    this.#files.clear();
    const closed = await Promise.allSettled(files.map(file => file.close()));
    for (const file of closed) if (file.status === 'rejected') throw file.reason;
  }

  /** Closes the segments that nothing is written to any more and nothing is left to sync of. */
  async #closeLeft(): Promise<void> {
    for (const [segment, file] of this.#files) {
      if (segment === this.#writing || this.#dirty.has(segment)) continue;
      this.#files.delete(segment);
      await file.close();
    }
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = larger;
  }

  /** Gives the frame its place in the log, and to be written. */
  #closeFrame(): void {
    const { segmentBytesMax, segmentFramesMax } = this.#options;
    if (this.#end.bytes >= segmentBytesMax || this.#segmentFrames >= segmentFramesMax) {
      this.#end = { segment: this.#end.offset, bytes: 0, offset: this.#end.offset, crc: '00000000' };
      this.#crc = 0;
      this.#segmentFrames = 0;
    }
    const buffer = this.#buffer;
    const frame = buffer.subarray(0, this.#filled);
    const { segment, bytes: position, offset } = this.#end;
    this.#crc = crc32(frame, this.#crc);
    const crc = crcText(this.#crc);
    this.#frames.push([segment, frame.length, this.#events, crc]);
    this.#segmentFrames++;
    this.#end = { segment, bytes: position + frame.length, offset: offset + this.#events, crc };
    this.#unwrittenBytes += frame.length;
    this.#written = this.#written.then(async () => {
      if (this.#closed) return;
      await this.#write(segment, position, frame);
      this.#unwrittenBytes -= frame.length;
      if (buffer.length <= BUFFER_KEPT_BYTES) this.#freeBuffers.push(buffer);
    });
    // Whoever waits for it is told; nobody may be waiting yet.
    this.#written.catch(() => undefined);
    this.#buffer = this.#freeBuffers.pop() ?? new Uint8Array(FRAME_BYTES + CHUNK_BYTES);
    this.#filled = 0;
    this.#events = 0;
  }

  async #write(segment: number, position: number, frame: Uint8Array): Promise<void> {
    try {
      const file = this.#files.get(segment) ?? (await this.#openSegment(segment));
      this.#dirty.add(segment);
      await writeAll(file, frame, position);
    } catch (error) {
      throw diskError('MILLRACE_STORE_WRITE', `the topic "${this.#topic}"`, error);
    }
  }

  async #openSegment(segment: number): Promise<DiskFile> {
    await this.#options.create();
    const file = await this.#disk.open(layout.segment(this.#store, this.#topic, segment), 'create');
    this.#files.set(segment, file);
    this.#writing = segment;
    this.#newEntries = true;
    return file;
  }
}
