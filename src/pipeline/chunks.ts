import { CHUNK_BYTES } from '../base/limits.ts';
import { isSpace } from '../base/line-bytes.ts';
import type { Gate } from '../base/gate.ts';
import type { Source } from '../source/contract.ts';
import type { ChunkPool, Slot } from './chunk-pool.ts';
import { Excerpt, type RefusedLine } from './refused-line.ts';

/**
 * Cuts the bytes of one source into chunks that end at a line's end.
 *
 * Invariants: a chunk's bytes end in a newline (one is put behind a last line that lacks it); no line is longer in
 * memory than `lineBytesMax` and one read; the chunks of a source come in order and without a gap.
 */

/** Bytes read from one source, ending at a line's end, with the position just after it. */
export interface Chunk {
  readonly slot: Slot;
  /** The lines are `slot.bytes[from..to)`; there may be none. */
  readonly from: number;
  readonly to: number;
  /** The offset in the source of `slot.bytes[0]`. */
  readonly base: number;
  readonly endOffset: number;
  /** Whether the last line had no newline. */
  readonly unfinished: boolean;
  /** Set where the chunk is one line that no handler may see. */
  readonly refused: RefusedLine | undefined;
}

export interface ChunkReaderOptions {
  readonly lineBytesMax: number;
  /** Whether bytes that are left when reading is stopped must be taken, because they cannot be read again. */
  readonly takeRest: boolean;
  /** True once nothing more is to be read. */
  readonly stopped: () => boolean;
  /** Whether a lane could take a batch; while none can, what a live source brings is gathered into one chunk. */
  readonly hasRoom: () => boolean;
  /** Opened when `stopped` or `hasRoom` may have changed. */
  readonly gate: Gate;
}

const NEWLINE = 0x0a;

/** What a slot must hold: the start of a line from the last read, and one more read. */
export function slotBytesFor(lineBytesMax: number): number {
  return lineBytesMax + CHUNK_BYTES;
}

export class ChunkReader {
  readonly #source: Source;
  readonly #pool: ChunkPool;
  readonly #options: ChunkReaderOptions;
  #slot!: Slot;
  /** The offset in the source of the slot's first byte. */
  #base: number;
  /** Bytes of the slot that are filled, and how many of them are whole lines. */
  #filled = 0;
  #linesEnd = 0;
  /** Whether the first line is the rest of one that was unfinished when the source was left. */
  #continued: boolean;
  /** Where the lines that count begin, if that is not at the slot's start. */
  #skipTo = 0;
  #readableArmed = false;

  constructor(source: Source, pool: ChunkPool, options: ChunkReaderOptions) {
    this.#source = source;
    this.#pool = pool;
    this.#options = options;
    this.#base = source.start.offset;
    this.#continued = source.start.unfinished;
  }

  /** The source's chunks, until it ends or reading is stopped. Whoever takes a chunk gives its slot back. */
  async *chunks(): AsyncGenerator<Chunk, void, void> {
    this.#slot = await this.#pool.take();
    try {
      for (;;) {
        const state = await this.#fill();
        if (state === 'end') return;
        if (state === 'rest') this.#finishLine();
        if (state === 'too-long') {
          const tooLong = await this.#discardLine();
          if (tooLong === undefined) return;
          yield await this.#cutRefused(tooLong);
          continue;
        }
        const refused = this.#continued ? this.#takeContinuation() : undefined;
        if (refused === undefined) yield await this.#cut(state === 'rest');
        else yield await this.#cutRefused(refused);
      }
    } finally {
      this.#pool.give(this.#slot);
    }
  }

  /** Reads until there are whole lines to pass on, a line is too long, or the source ends; says which. */
  async #fill(): Promise<'lines' | 'too-long' | 'rest' | 'end'> {
    const { hasRoom, stopped, gate, lineBytesMax, takeRest } = this.#options;
    for (;;) {
      if (this.#linesEnd > 0) {
        if (hasRoom()) return 'lines';
        if (this.#filled >= CHUNK_BYTES || stopped()) {
          await gate.pass();
          continue;
        }
      } else if (this.#filled - this.#markBytes() > lineBytesMax) {
        return 'too-long';
      }
      const length = await this.#read();
      if (length !== 'end') continue;
      if (this.#linesEnd > 0) {
        while (!hasRoom()) await gate.pass();
        return 'lines';
      }
      if (this.#filled === 0 || (stopped() && !takeRest)) return 'end';
      return 'rest';
    }
  }

  /** Reads once into the slot, or waits once for something to change. */
  async #read(): Promise<number | 'wait' | 'end'> {
    const { stopped, gate } = this.#options;
    if (stopped()) return 'end';
    const waiting = this.#source.readable();
    if (waiting !== undefined) {
      if (!this.#readableArmed) {
        this.#readableArmed = true;
        void waiting.finally(() => {
          this.#readableArmed = false;
          gate.open();
        });
      }
      await gate.pass();
      return 'wait';
    }
    const from = this.#filled;
    // No more than a chunk's worth, so that no chunk has more lines than a table holds.
    const wanted = this.#linesEnd > 0 || from < CHUNK_BYTES ? CHUNK_BYTES - from : CHUNK_BYTES;
    const space = Math.min(wanted, this.#slot.bytes.length - 1 - from);
    const length = await this.#source.read(this.#slot.bytes.subarray(from, from + space));
    if (length === 0) return 'end';
    this.#filled += length;
    const newline = this.#slot.bytes.subarray(from, this.#filled).lastIndexOf(NEWLINE);
    if (newline >= 0) this.#linesEnd = from + newline + 1;
    return length;
  }

  /** Bytes of a byte order mark at the source's start, if the slot begins with it: they belong to no line. */
  #markBytes(): number {
    const { bytes } = this.#slot;
    const isMark = this.#filled >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return this.#base === 0 && isMark ? 3 : 0;
  }

  /** Ends a last line that lacks its newline. */
  #finishLine(): void {
    this.#slot.bytes[this.#filled] = NEWLINE;
    this.#linesEnd = this.#filled + 1;
  }

  /** The chunk of the whole lines; what follows them moves to the next slot. */
  async #cut(unfinished: boolean): Promise<Chunk> {
    const to = this.#linesEnd;
    const chunk = {
      slot: this.#slot,
      from: Math.max(this.#markBytes(), this.#skipTo),
      to,
      base: this.#base,
      endOffset: this.#base + to - (unfinished ? 1 : 0),
      unfinished,
      refused: undefined,
    };
    await this.#swapSlot(Math.min(to, this.#filled));
    return chunk;
  }

  async #cutRefused(refused: RefusedLine): Promise<Chunk> {
    const to = this.#linesEnd;
    const unfinished = to > this.#filled;
    const endOffset = refused.offset + refused.lengthBytes + (unfinished ? 0 : 1);
    const chunk = { slot: this.#slot, from: to, to, base: 0, endOffset, unfinished, refused };
    await this.#swapSlot(Math.min(to, this.#filled));
    return chunk;
  }

  /** Goes on in a fresh slot, with what stands behind `from` in this one. */
  async #swapSlot(from: number): Promise<void> {
    const next = await this.#pool.take();
    const rest = this.#slot.bytes.subarray(from, this.#filled);
    next.bytes.set(rest);
    this.#slot = next;
    this.#skipTo = 0;
    this.#base += from;
    this.#filled = rest.length;
    this.#linesEnd = rest.lastIndexOf(NEWLINE) + 1;
  }

  /** Reads past the line that is too long; undefined where reading was stopped and it can be read again. */
  async #discardLine(): Promise<RefusedLine | undefined> {
    const excerpt = new Excerpt();
    const offset = this.#base + this.#markBytes();
    const continued = this.#continued;
    this.#continued = false;
    let at = this.#markBytes();
    for (;;) {
      const part = this.#slot.bytes.subarray(at, this.#filled);
      const newline = part.indexOf(NEWLINE);
      excerpt.add(newline < 0 ? part : part.subarray(0, newline));
      if (newline >= 0) {
        this.#linesEnd = at + newline + 1;
        return excerpt.refuse(continued, offset);
      }
      this.#base += this.#filled;
      this.#filled = 0;
      this.#linesEnd = 0;
      at = 0;
      const length = await this.#readPatiently();
      if (length > 0) continue;
      if (this.#options.stopped() && !this.#options.takeRest) return undefined;
      this.#finishLine();
      return excerpt.refuse(continued, offset);
    }
  }

  async #readPatiently(): Promise<number> {
    for (;;) {
      const length = await this.#read();
      if (length === 'end') return 0;
      if (length !== 'wait') return length;
    }
  }

  /** Splits off the first line, the rest of one that was handled before; undefined where there is nothing in it. */
  #takeContinuation(): RefusedLine | undefined {
    this.#continued = false;
    const { bytes } = this.#slot;
    const newline = bytes.indexOf(NEWLINE);
    const line = bytes.subarray(0, newline);
    const offset = this.#base;
    if (line.every(isSpace)) {
      this.#skipTo = newline + 1;
      return undefined;
    }
    this.#linesEnd = newline + 1;
    const excerpt = new Excerpt();
    excerpt.add(line);
    return excerpt.refuse(true, offset);
  }
}
