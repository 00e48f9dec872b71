import type { DiskFile } from './disk.ts';
import { PackedSegment } from './packed-segment.ts';
import type { SegmentIndex } from './segment-index.ts';

/** The plain bytes of a segment, whatever form its file has. */
export interface SegmentBytes {
  /**
   * The `length` bytes from `at` on, or fewer where the file ends before: those of whole frames, up to a border. They are valid
   * until as many more reads were begun as `keptReads` says.
   */
  readonly read: (at: number, length: number) => Promise<Uint8Array>;
  /** The first border behind `at`: what is read must not lie on both sides of it. */
  readonly borderAfter: (at: number) => number;
  readonly close: () => Promise<void>;
}

/** What is in `file`, a segment with this index; `where` names it in errors. */
export function segmentBytes(
  file: DiskFile,
  { frames, members }: SegmentIndex,
  where: string,
  keptReads = 1,
): SegmentBytes {
  return members === undefined
    ? new PlainSegment(file, keptReads)
    : new PackedSegment(file, { frames, members }, where);
}

class PlainSegment implements SegmentBytes {
  readonly #file: DiskFile;
  /** Used by turns, so that no memory is taken for each read. */
  readonly #buffers: Uint8Array[];
  #turn = 0;

  constructor(file: DiskFile, keptReads: number) {
    this.#file = file;
    this.#buffers = Array.from({ length: keptReads }, () => new Uint8Array(0));
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    const turn = this.#turn;
    this.#turn = (turn + 1) % this.#buffers.length;
    if (this.#buffers[turn]!.length < length) this.#buffers[turn] = new Uint8Array(length);
    const bytes = this.#buffers[turn]!.subarray(0, length);
    return bytes.subarray(0, await this.#file.read(bytes, at));
  }

  borderAfter(): number {
    return Number.POSITIVE_INFINITY;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
