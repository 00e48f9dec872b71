import { DEAD_EXCERPT_BYTES } from '../base/limits.ts';
import { isSpace } from '../base/line-bytes.ts';

/** A line that no handler may see, of which only the beginning is kept. */
export interface RefusedLine {
  /** `blank` is a line that is too long and holds nothing but white space: no event, and no error. */
  readonly reason: 'line-too-long' | 'line-continued' | 'blank';
  readonly excerpt: Uint8Array;
  readonly lengthBytes: number;
  readonly offset: number;
}

/** Gathers what is kept of a line that comes piece by piece. */
export class Excerpt {
  readonly #bytes = new Uint8Array(DEAD_EXCERPT_BYTES);
  #kept = 0;
  #lengthBytes = 0;
  #blank = true;

  add(piece: Uint8Array): void {
    const kept = piece.subarray(0, DEAD_EXCERPT_BYTES - this.#kept);
    this.#bytes.set(kept, this.#kept);
    this.#kept += kept.length;
    this.#lengthBytes += piece.length;
    this.#blank &&= piece.every(isSpace);
  }

  /** The line, which begins at `offset`; `continued` where it is the rest of one that was handled before. */
  refuse(continued: boolean, offset: number): RefusedLine {
    const tooLong = this.#blank ? 'blank' : 'line-too-long';
    const excerpt = this.#bytes.slice(0, this.#kept);
    return {
      reason: continued ? 'line-continued' : tooLong,
      excerpt,
      lengthBytes: this.#lengthBytes,
      offset,
    };
  }
}
