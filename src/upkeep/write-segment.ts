import { crc32 } from 'node:zlib';
import { countLines } from '../base/line-bytes.ts';
import { type Disk, type DiskFile, openEmpty, writeAll } from '../store/disk.ts';
import { keptEvents } from '../store/frame.ts';
import type { FrameRow, SealedRow, SegmentForm } from '../store/job-state.ts';
import { layout, segmentName } from '../store/layout.ts';
import { crcText } from '../store/record.ts';
import { writeIndex } from '../store/segment-index.ts';

/**
 * Writes a sealed segment, frame by frame, beside what is there: its file and its index are durable when it is done, and no
 * record names them yet.
 */
export class SegmentFile {
  readonly #disk: Disk;
  readonly #store: string;
  readonly #topic: string;
  readonly #segment: number;
  readonly #edition: number | undefined;
  readonly #partial: string;
  readonly #file: DiskFile;
  readonly #frames: FrameRow[] = [];
  #crc = 0;
  #bytes = 0;
  #lines = 0;
  #events = 0;

  private constructor(
    disk: Disk,
    store: string,
    topic: string,
    segment: number,
    edition: number | undefined,
    partial: string,
    file: DiskFile,
  ) {
    this.#disk = disk;
    this.#store = store;
    this.#topic = topic;
    this.#segment = segment;
    this.#edition = edition;
    this.#partial = partial;
    this.#file = file;
  }

  static async begin(
    disk: Disk,
    store: string,
    topic: string,
    segment: number,
    edition?: number,
  ): Promise<SegmentFile> {
    const form = edition === undefined ? {} : { edition };
    const partial = `${layout.topic(store, topic)}/${segmentName(segment, form)}.upkeep.partial`;
    const file = await openEmpty(disk, partial);
    return new SegmentFile(disk, store, topic, segment, edition, partial, file);
  }

  /** How many bytes it has. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many frames it has. */
  get frames(): number {
    return this.#frames.length;
  }

  /** Adds whole lines, which may be empty, as one frame. */
  async add(lines: Uint8Array, time: number): Promise<void> {
    await writeAll(this.#file, lines, this.#bytes);
    const count = countLines(lines);
    this.#crc = crc32(lines, this.#crc);
    this.#bytes += lines.length;
    this.#lines += count;
    this.#events += countLines(keptEvents({ bytes: lines, sparse: true }));
    this.#frames.push([this.#segment, lines.length, count, crcText(this.#crc), time]);
  }

  /** Puts the file in its place, and closes it in any case; gives the row that is to name it. */
  async end(): Promise<SealedRow> {
    try {
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
    const isWhole = this.#events === this.#lines;
    const form: SegmentForm = {
      ...(this.#edition !== undefined && { edition: this.#edition }),
      ...(!isWhole && { kept: this.#events }),
    };
    const times = this.#frames.map(frame => frame[4]);
    const row: SealedRow = [
      this.#segment,
      this.#bytes,
      this.#lines,
      crcText(this.#crc),
      times[0] ?? 0,
      times.reduce((latest, time) => Math.max(latest, time), 0),
      ...(Object.keys(form).length > 0 ? ([form] as const) : ([] as const)),
    ];
    const directory = layout.topic(this.#store, this.#topic);
    await this.#disk.rename(this.#partial, layout.segment(this.#store, this.#topic, this.#segment, form));
    await this.#disk.syncDirectory(directory);
    const index = { frames: this.#frames, members: undefined };
    await writeIndex(this.#disk, this.#store, this.#topic, row, index);
    return row;
  }

  /** Closes the file where it is not to be ended. */
  abandon(): Promise<void> {
    return this.#file.close();
  }
}
