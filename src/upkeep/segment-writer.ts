import { FRAME_BYTES, SEGMENT_FRAMES_MAX } from '../base/limits.ts';
import type { Disk } from '../store/disk.ts';
import { EMPTY_TOPIC, type SealedRow, type TopicState } from '../store/job-state.ts';
import type { ImportBatch } from './read-import.ts';
import { SegmentFile } from './write-segment.ts';

/**
 * Writes the segments of a topic, all of them sealed, with frames that end where the time of the events changes. Where offsets
 * are left out, another segment begins.
 */
export class SegmentWriter {
  /** What was added: events, their bytes without the empty lines between, and the offset behind them. */
  events = 0;
  bytes = 0;
  next = 0;
  readonly #disk: Disk;
  readonly #store: string;
  readonly #topic: string;
  readonly #segmentBytesMax: number;
  readonly #sealed: SealedRow[] = [];
  #file: SegmentFile | undefined;
  /** The frame that is being filled, and where it begins. */
  #lines: Uint8Array[] = [];
  #bytes = 0;
  #time = 0;
  #start = 0;

  constructor(disk: Disk, store: string, topic: string, segmentBytesMax: number) {
    this.#disk = disk;
    this.#store = store;
    this.#topic = topic;
    this.#segmentBytesMax = segmentBytesMax;
  }

  async add({ lines, first, events, time, next }: ImportBatch): Promise<void> {
    const isBehindGap = first !== this.next;
    if (isBehindGap || time !== this.#time) await this.#endFrame();
    if (isBehindGap) await this.#seal();
    if (this.#lines.length === 0) this.#start = first;
    this.#time = time;
    this.#lines.push(lines);
    this.#bytes += lines.length;
    this.events += events;
    this.bytes += lines.length - (next - first - events);
    this.next = next;
    if (this.#bytes >= FRAME_BYTES) await this.#endFrame();
  }

  /** What the journal is to say of the topic, which ends at `next`. */
  async end(next: number): Promise<TopicState> {
    await this.#endFrame();
    await this.#seal();
    const end = { ...EMPTY_TOPIC, segment: next, offset: next };
    return { end, sealed: this.#sealed, frames: [], earliest: 0 };
  }

  async abandon(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.abandon();
  }

  async #endFrame(): Promise<void> {
    if (this.#lines.length === 0) return;
    this.#file ??= await SegmentFile.begin(this.#disk, this.#store, this.#topic, this.#start);
    await this.#file.add(Buffer.concat(this.#lines), this.#time);
    this.#lines = [];
    this.#bytes = 0;
    const { bytes, frames } = this.#file;
    if (bytes >= this.#segmentBytesMax || frames >= SEGMENT_FRAMES_MAX) await this.#seal();
  }

  async #seal(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) this.#sealed.push(await file.end());
  }
}
