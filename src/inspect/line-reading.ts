import { Gate } from '../base/gate.ts';
import { CHUNK_BYTES, LINE_BYTES_MAX } from '../base/limits.ts';
import type { Source } from '../source/contract.ts';

/** Reads one source after the other as whole lines, in memory of a fixed size. */

const NEWLINE = 0x0a;

export interface LineTaker {
  /** Takes whole lines, `bytes[from..to)`, which end in a newline; false where no more are wanted. */
  readonly lines: (bytes: Buffer, from: number, to: number) => boolean;
  /** Takes note of a line of so many bytes, more than LINE_BYTES_MAX, that was passed over; false as above. */
  readonly tooLong: (lengthBytes: number) => boolean;
}

export class LineReading {
  /** One byte is kept free, for the newline that a last line may lack. */
  readonly #bytes = Buffer.alloc(LINE_BYTES_MAX + CHUNK_BYTES + 1);
  readonly #gate = new Gate();
  readonly #interrupted: AbortSignal;

  constructor(interrupted: AbortSignal) {
    this.#interrupted = interrupted;
    interrupted.addEventListener('abort', this.#gate.open, { once: true });
  }

  /** Reads `source` until it ends, `taker` has enough, or reading is interrupted. */
  async read(source: Source, taker: LineTaker): Promise<void> {
    const bytes = this.#bytes;
    let filled = 0;
    /** Bytes of the line that is passed over because it is too long; 0 where none is. */
    let passed = 0;
    let isStart = true;
    for (;;) {
      const length = await this.#readOnce(source, filled);
      if (length === 'interrupted') return;
      const ended = length === 'end';
      if (ended) {
        if (filled === 0 && passed === 0) return;
        bytes[filled] = NEWLINE;
      }
      const before = filled;
      filled += ended ? 1 : length;
      let from = 0;
      if (passed > 0) {
        const newline = bytes.subarray(0, filled).indexOf(NEWLINE);
        passed += newline < 0 ? filled : newline;
        from = newline < 0 ? filled : newline + 1;
        if (newline >= 0) {
          if (!taker.tooLong(passed)) return;
          passed = 0;
        }
      }
      const to = before + bytes.subarray(before, filled).lastIndexOf(NEWLINE) + 1;
      if (to > before && to > from) {
        if (isStart && from === 0) from = markBytes(bytes, filled);
        isStart = false;
        if (!taker.lines(bytes, from, to)) return;
        from = to;
      }
      if (ended) return;
      bytes.copyWithin(0, from, filled);
      filled -= from;
      const mark = isStart ? markBytes(bytes, filled) : 0;
      if (filled - mark > LINE_BYTES_MAX) {
        passed = filled - mark;
        filled = 0;
        isStart = false;
      }
    }
  }

  async #readOnce(source: Source, filled: number): Promise<number | 'end' | 'interrupted'> {
    for (;;) {
      if (this.#interrupted.aborted) return 'interrupted';
      const waiting = source.readable();
      if (waiting === undefined) break;
      void waiting.then(this.#gate.open);
      await this.#gate.pass();
    }
    source.settled?.(Number.POSITIVE_INFINITY);
    const to = Math.min(filled + CHUNK_BYTES, this.#bytes.length - 1);
    return source.read(this.#bytes.subarray(filled, to));
  }
}

/** Bytes of a byte order mark that `bytes[0..filled)` begin with: they belong to no line. */
function markBytes(bytes: Uint8Array, filled: number): number {
  return filled >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
