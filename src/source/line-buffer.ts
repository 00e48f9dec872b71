/**
 * Lines of one sender, from when their bytes arrive until they are read: whole lines wait here, and the beginning of the one
 * that has not ended yet. Of a line that is too long only so much is kept that it can be seen to be that.
 *
 * What is kept takes little more memory than its bytes, in whatever pieces they come: small pieces are gathered in blocks.
 */

const NEWLINE = 0x0a;
const LINE_END = Buffer.from('\n');

/** A piece that is smaller is copied, into blocks of this size. */
const BLOCK_BYTES = 4096;

export class LineBuffer {
  /** Bytes of whole lines, newlines included. */
  wholeBytes = 0;
  /** Bytes that are kept of the line that has not ended. */
  partialBytes = 0;
  readonly #lineBytesMax: number;
  /** Whole lines; of the first piece those from `#from` on. */
  #whole: Buffer[] = [];
  #from = 0;
  #partial: Buffer[] = [];
  /** Whether of the first whole line the beginning was taken. */
  #isCut = false;
  /** Where small pieces are gathered, and how much of it is in use. */
  #block = Buffer.alloc(0);
  #blockUsed = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** Adds bytes as they came. Long pieces are not copied. */
  add(piece: Buffer): void {
    const first = piece.indexOf(NEWLINE);
    if (first < 0) return this.#addPartial(piece);
    // The rest of a line of which too much is there already is left out.
    const isTooLong = this.partialBytes > this.#lineBytesMax;
    const last = piece.lastIndexOf(NEWLINE) + 1;
    const lines = piece.subarray(isTooLong ? first : 0, last);
    for (const part of this.#partial) this.#whole.push(part);
    this.wholeBytes += this.partialBytes + lines.length;
    this.#partial = [];
    this.partialBytes = 0;
    this.#keep(this.#whole, lines);
    if (last < piece.length) this.#addPartial(piece.subarray(last));
  }

  /** Ends the last line, where the sender has ended without a newline. */
  end(): void {
    if (this.partialBytes > 0) this.add(LINE_END);
  }

  /** A copy of what is kept of the line that has not ended. */
  partial(): Buffer {
    return Buffer.concat(this.#partial);
  }

  /** Forgets the line that has not ended. */
  dropPartial(): void {
    this.#partial = [];
    this.partialBytes = 0;
  }

  /**
   * Copies as many bytes of whole lines into `into` as fit, and forgets them; the last line may be cut. With `toLineEnd` it
   * goes no further than to the end of the first line. Returns the number of bytes.
   */
  take(into: Uint8Array, toLineEnd = false): number {
    let taken = 0;
    while (taken < into.length && this.wholeBytes > 0) {
      const piece = this.#whole[0]!;
      const newline = toLineEnd ? piece.indexOf(NEWLINE, this.#from) : -1;
      const end = newline < 0 ? piece.length : newline + 1;
      const part = piece.subarray(this.#from, Math.min(end, this.#from + into.length - taken));
      into.set(part, taken);
      taken += part.length;
      this.#isCut = part.at(-1) !== NEWLINE;
      this.#pass(part.length);
      if (toLineEnd && !this.#isCut) break;
    }
    return taken;
  }

  /** Forgets all whole lines but the rest of one that was cut. */
  dropWhole(): void {
    const rest = this.#isCut ? this.#wholeLine() : undefined;
    this.#whole = rest === undefined ? [] : [rest];
    this.#from = 0;
    this.wholeBytes = rest?.length ?? 0;
  }

  /** Forgets the first `lines` whole lines, or as many as there are; returns how many. */
  skip(lines: number): number {
    let skipped = 0;
    while (skipped < lines && this.wholeBytes > 0) {
      const piece = this.#whole[0]!;
      const newline = piece.indexOf(NEWLINE, this.#from);
      if (newline >= 0) skipped++;
      this.#pass((newline < 0 ? piece.length : newline + 1) - this.#from);
    }
    return skipped;
  }

  /** A copy of the first whole line, as far as it was not taken. */
  #wholeLine(): Buffer {
    const pieces: Buffer[] = [];
    let from = this.#from;
    for (const piece of this.#whole) {
      const newline = piece.indexOf(NEWLINE, from);
      pieces.push(piece.subarray(from, newline < 0 ? piece.length : newline + 1));
      if (newline >= 0) break;
      from = 0;
    }
    return Buffer.concat(pieces);
  }

  #pass(bytes: number): void {
    this.wholeBytes -= bytes;
    this.#from += bytes;
    if (this.#from < this.#whole[0]!.length) return;
    this.#whole.shift();
    this.#from = 0;
  }

  #addPartial(piece: Buffer): void {
    const room = this.#lineBytesMax + 1 - this.partialBytes;
    if (room <= 0 || piece.length === 0) return;
    const kept = piece.subarray(0, room);
    this.partialBytes += kept.length;
    this.#keep(this.#partial, kept);
  }

  /** Puts `piece` behind the others. A small one is copied: it would hold on to all that it came with. */
  #keep(pieces: Buffer[], piece: Buffer): void {
    if (piece.length >= BLOCK_BYTES) {
      pieces.push(piece.length < piece.buffer.byteLength / 2 ? Buffer.from(piece) : piece);
      return;
    }
    if (this.#blockUsed + piece.length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#blockUsed = 0;
    }
    const at = this.#blockUsed;
    this.#blockUsed += piece.copy(this.#block, at);
    const before = pieces.at(-1);
    const isNext = before?.buffer === this.#block.buffer && before.byteOffset + before.length === at;
    if (isNext) pieces[pieces.length - 1] = this.#block.subarray(before.byteOffset, this.#blockUsed);
    else pieces.push(this.#block.subarray(at, this.#blockUsed));
  }
}

/** How many lines end in `bytes`. */
export function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
