import { isSpace } from '../base/line-bytes.ts';
import type { Gate } from '../base/gate.ts';
import type { Source } from '../source/contract.ts';
import type { Chunk } from './chunk.ts';
import type { ChunkPool, Slot } from './chunk-pool.ts';
import { Linger, type LingerOptions } from './linger.ts';
import { Excerpt, type RefusedLine } from './refused-line.ts';

/**
 * Cuts the bytes of one source into chunks that end at a line's end, by turns: a source that has nothing to give just now,
 * or has given enough, lets others go on. Between two turns it holds no slot.
 *
 * Invariants: a chunk's bytes end in a newline (one is put behind a last line that lacks it); no line is longer in
 * memory than `lineBytesMax` and one read; the chunks of a source come in order and without a gap.
 */

export interface ChunkReaderOptions {
  readonly lineBytesMax: number;
  /** True once nothing more is to be read; what is not a whole line by then will be read again another time. */
  readonly stopped: () => boolean;
  /** Whether a lane could take a batch; while none can, what a live source brings is gathered into one chunk. */
  readonly hasRoom: () => boolean;
  /** Bytes that a chunk is to have at the most, but for the line that goes beyond them; at most CHUNK_BYTES. */
  readonly chunkBytes: () => number;
  /** Whether whole lines are to wait for others, where there could be any. */
  readonly linger?: LingerOptions | undefined;
  /** Opened when `stopped` or `hasRoom` may have changed. */
  readonly gate: Gate;
}

const NEWLINE = 0x0a;

export class ChunkReader {
  /** Whether all of the source was read. */
  ended = false;
  readonly #source: Source;
  readonly #pool: ChunkPool;
  readonly #options: ChunkReaderOptions;
  #slot!: Slot;
  /** The offset in the source of the slot's first byte. */
  #base: number;
  /** Bytes of the slot that are filled, and how many of them are whole lines. */
  #filled = 0;
  #linesEnd = 0;
  /** What the slot held when the last turn ended, where it cannot be read again. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Whether the first line is the rest of one that was unfinished when the source was left. */
  #continued: boolean;
  /** The line that is being read past because it is too long. */
  #tooLong: { excerpt: Excerpt; offset: number; continued: boolean } | undefined;
  /** Where the lines that count begin, if that is not at the slot's start. */
  #skipTo = 0;
  #readableArmed = false;
  readonly #linger: Linger | undefined;

  constructor(source: Source, pool: ChunkPool, options: ChunkReaderOptions) {
    this.#source = source;
    this.#pool = pool;
    this.#options = options;
    this.#base = source.start.offset;
    this.#continued = source.start.unfinished;
    this.#linger = options.linger && new Linger(options.linger, options.gate);
  }

  /**
   * The next chunks of the source: until it has ended (`ended`), reading is stopped, it has nothing to give, or
   * `bytesMax` were given. Whoever takes a chunk gives its slot back. It has had something to give since `readableMs`.
   */
  async *turn(bytesMax: number, readableMs?: number): AsyncGenerator<Chunk, void, void> {
    this.#linger?.begin(readableMs);
    this.#slot = await this.#pool.take();
    this.#takeUp();
    const until = this.#base + bytesMax;
    try {
      // Whole lines do not wait for another turn: the source may have nothing to give for long.
      while (this.#base < until || this.#linesEnd > 0) {
        const state = this.#tooLong === undefined ? await this.#fill() : await this.#readPast(until);
        if (state === 'pause') return;
        if (state === 'end') {
          this.ended = !this.#options.stopped();
          return;
        }
        if (state === 'rest') this.#finishLine();
        if (state === 'too-long') {
          this.#beginTooLong();
          continue;
        }
        const refused = typeof state === 'object' ? state : this.#takeContinuation();
        if (refused === undefined) yield await this.#cut(state === 'rest');
        else yield await this.#cutRefused(refused);
      }
    } finally {
      this.#linger?.begin();
      this.#layDown();
      this.#pool.give(this.#slot);
    }
  }

  /** Goes on with what was left of the turn before. */
  #takeUp(): void {
    this.#slot.bytes.set(this.#rest);
    this.#filled = this.#rest.length;
    this.#linesEnd = this.#rest.lastIndexOf(NEWLINE) + 1;
    this.#rest = new Uint8Array(0);
  }

  /** Leaves what is no whole line for the next turn: with the source, where it can be read again, or in memory. */
  #layDown(): void {
    if (this.#filled === 0) return;
    if (this.#source.unread === undefined) this.#rest = this.#slot.bytes.slice(0, this.#filled);
    else this.#source.unread(this.#filled);
  }

  /** Reads until there are whole lines to pass on, a line is too long, or there is nothing to read; says which. */
  async #fill(): Promise<'lines' | 'too-long' | 'rest' | 'end' | 'pause'> {
    const { hasRoom, stopped, gate, lineBytesMax, chunkBytes } = this.#options;
    for (;;) {
      if (this.#isGivenBack) return 'end';
      if (this.#linesEnd > 0) {
        const isFull = this.#filled >= chunkBytes() || stopped();
        if (hasRoom() && (isFull || !this.#lingers())) return 'lines';
        if (isFull) {
          await gate.pass();
          continue;
        }
      } else if (this.#filled - this.#markBytes() > lineBytesMax) {
        return 'too-long';
      }
      const length = await this.#read().catch((error: unknown) => {
        if (this.#linesEnd === 0) throw error;
        // What was read before is given first; a source that has failed does so again.
        return 'end' as const;
      });
      if (length === 'nothing') {
        if (this.#linesEnd === 0) return 'pause';
        await this.#somethingChanges();
      }
      if (length !== 'end') continue;
      if (this.#isGivenBack) return 'end';
      if (this.#linesEnd > 0) {
        while (!hasRoom()) await gate.pass();
        return 'lines';
      }
      return this.#filled === 0 || stopped() ? 'end' : 'rest';
    }
  }

  /** Whether what was read goes back to the source, where it can be read again: who has asked for the end is not to wait for that. */
  get #isGivenBack(): boolean {
    return this.#source.unread !== undefined && this.#options.stopped();
  }

  #lingers(): boolean {
    return this.#linger?.holds(this.#slot.bytes.subarray(0, this.#linesEnd)) === true;
  }

  /** Reads once into the slot, behind what is there. */
  async #read(): Promise<number | 'nothing' | 'end'> {
    if (this.#options.stopped()) return 'end';
    if (this.#source.readable() !== undefined) return 'nothing';
    const from = this.#filled;
    // No more than a chunk's worth, so that no chunk has more lines than a table holds.
    const most = this.#options.chunkBytes();
    const wanted = from < most ? most - from : most;
    const space = Math.min(wanted, this.#slot.bytes.length - 1 - from);
    const length = await this.#source.read(this.#slot.bytes.subarray(from, from + space));
    if (length === 'end') return 'end';
    if (length === 0) return 'nothing';
    this.#filled += length;
    const newline = this.#slot.bytes.subarray(from, this.#filled).lastIndexOf(NEWLINE);
    if (newline >= 0) this.#linesEnd = from + newline + 1;
    return length;
  }

  /** Waits until the source has something to give, or a lane has room. */
  async #somethingChanges(): Promise<void> {
    const { gate } = this.#options;
    const waiting = this.#source.readable();
    if (waiting === undefined) return;
    if (!this.#readableArmed) {
      this.#readableArmed = true;
      void waiting.finally(() => {
        this.#readableArmed = false;
        gate.open();
      });
    }
    await gate.pass();
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
    this.#linger?.begin();
    const next = await this.#pool.take();
    const rest = this.#slot.bytes.subarray(from, this.#filled);
    next.bytes.set(rest);
    this.#slot = next;
    this.#skipTo = 0;
    this.#base += from;
    this.#filled = rest.length;
    this.#linesEnd = rest.lastIndexOf(NEWLINE) + 1;
  }

  /** The slot holds the beginning of a line that is too long: from now on its bytes are looked at and dropped. */
  #beginTooLong(): void {
    const mark = this.#markBytes();
    const excerpt = new Excerpt();
    excerpt.add(this.#slot.bytes.subarray(mark, this.#filled));
    this.#tooLong = { excerpt, offset: this.#base + mark, continued: this.#continued };
    this.#continued = false;
    this.#drop();
  }

  #drop(): void {
    this.#base += this.#filled;
    this.#filled = 0;
    this.#linesEnd = 0;
  }

  /** Reads on to the end of the line that is too long; where that lies beyond `until`, it goes on in the next turn. */
  async #readPast(until: number): Promise<RefusedLine | 'pause' | 'end'> {
    const { excerpt, continued, offset } = this.#tooLong!;
    for (;;) {
      if (this.#base >= until) return 'pause';
      const length = await this.#read();
      if (length === 'nothing') return 'pause';
      if (length === 'end') {
        if (this.#options.stopped()) return 'end';
        this.#finishLine();
        break;
      }
      const read = this.#slot.bytes.subarray(0, this.#filled);
      const newline = read.indexOf(NEWLINE);
      excerpt.add(newline < 0 ? read : read.subarray(0, newline));
      if (newline >= 0) {
        this.#linesEnd = newline + 1;
        break;
      }
      this.#drop();
    }
    this.#tooLong = undefined;
    return excerpt.refuse(continued, offset);
  }

  /** Splits off the first line, if it is the rest of one that was handled before and there is anything in it. */
  #takeContinuation(): RefusedLine | undefined {
    if (!this.#continued) return undefined;
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
