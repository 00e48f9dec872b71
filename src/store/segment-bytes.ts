import type { DiskFile } from './disk.ts';
import { PackedSegment } from './packed-segment.ts';
import type { SegmentIndex } from './segment-index.ts';

/** The plain bytes of a segment, whatever form its file has. */
export interface SegmentBytes {
  /**
   * The `length` bytes from `at` on, or fewer where the file ends before: those of whole frames. They are valid until the
   * next read.
   */
  readonly read: (at: number, length: number) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}

/** What is in `file`, a segment with this index; `where` names it in errors. */
export function segmentBytes(file: DiskFile, index: SegmentIndex, where: string): SegmentBytes {
  const { frames, members } = index;
  return members === undefined ? new PlainSegment(file) : new PackedSegment(file, { frames, members }, where);
}

class PlainSegment implements SegmentBytes {
  readonly #file: DiskFile;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, await this.#file.read(bytes, at));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
