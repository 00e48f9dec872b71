import { isUtf8 } from 'node:buffer';
import type { BatchLines, TextKind } from './protocol.ts';

/**
 * Goes through the lines of a batch and gives the text of each.
 *
 * Lines of a range that are ASCII are decoded many at a time and cut as strings, because a call out of JavaScript for
 * each line costs more than the decoding. The windows stay below the size at which V8 would give the string a place of
 * its own.
 */

export interface Lines {
  /** Bounds of the line that `next` has moved to: its first byte, and its newline. */
  start: number;
  end: number;
  next: () => boolean;
  /** The line's text, or undefined where it is not UTF-8. */
  text: () => string | undefined;
}

const NEWLINE = 0x0a;
const WINDOW_BYTES = 64 * 1024;

export function linesOf(bytes: Buffer, lines: BatchLines, text: TextKind): Lines {
  if (lines.kind === 'listed') return new ListedLines(bytes, lines.bounds, text);
  if (text === 'ascii') return new WindowedLines(bytes, lines.from, lines.to);
  return new RangeLines(bytes, lines.from, lines.to, text);
}

/** The text of `bytes[start..end)`, or undefined where it is not UTF-8. */
function decode(bytes: Buffer, start: number, end: number, text: TextKind): string | undefined {
  if (text === 'ascii') return bytes.toString('latin1', start, end);
  if (text === 'bytes' && !isUtf8(bytes.subarray(start, end))) return undefined;
  return bytes.toString('utf8', start, end);
}

class ListedLines implements Lines {
  start = 0;
  end = 0;
  readonly #bytes: Buffer;
  readonly #bounds: Int32Array;
  readonly #text: TextKind;
  #at = 0;

  constructor(bytes: Buffer, bounds: Int32Array, text: TextKind) {
    this.#bytes = bytes;
    this.#bounds = bounds;
    this.#text = text;
  }

  next(): boolean {
    if (this.#at >= this.#bounds.length) return false;
    this.start = this.#bounds[this.#at]!;
    this.end = this.#bounds[this.#at + 1]!;
    this.#at += 2;
    return true;
  }

  text(): string | undefined {
    return decode(this.#bytes, this.start, this.end, this.#text);
  }
}

class RangeLines implements Lines {
  start = 0;
  end: number;
  readonly #bytes: Buffer;
  readonly #to: number;
  readonly #text: TextKind;

  constructor(bytes: Buffer, from: number, to: number, text: TextKind) {
    this.#bytes = bytes;
    this.#to = to;
    this.#text = text;
    this.end = from - 1;
  }

  next(): boolean {
    this.start = this.end + 1;
    if (this.start >= this.#to) return false;
    this.end = this.#bytes.indexOf(NEWLINE, this.start);
    return true;
  }

  text(): string | undefined {
    return decode(this.#bytes, this.start, this.end, this.#text);
  }
}

class WindowedLines implements Lines {
  start = 0;
  end: number;
  readonly #bytes: Buffer;
  readonly #to: number;
  #window = '';
  #windowStart: number;
  /** Where the next line begins in the window. */
  #next = 0;
  #lineStart = 0;
  #lineEnd = 0;

  constructor(bytes: Buffer, from: number, to: number) {
    this.#bytes = bytes;
    this.#to = to;
    this.end = from - 1;
    this.#windowStart = from;
  }

  next(): boolean {
    this.#lineStart = this.#next;
    let newline = this.#window.indexOf('\n', this.#next);
    if (newline < 0) {
      if (!this.#moveWindow()) return false;
      newline = this.#window.indexOf('\n');
    }
    this.#lineEnd = newline;
    this.#next = newline + 1;
    this.start = this.#windowStart + this.#lineStart;
    this.end = this.#windowStart + newline;
    return true;
  }

  text(): string {
    return this.#window.substring(this.#lineStart, this.#lineEnd);
  }

  /** Decodes from the next line on, at least to that line's end. */
  #moveWindow(): boolean {
    this.#windowStart += this.#next;
    if (this.#windowStart >= this.#to) return false;
    let windowEnd = Math.min(this.#windowStart + WINDOW_BYTES, this.#to);
    const lastNewline = this.#bytes.lastIndexOf(NEWLINE, windowEnd - 1);
    if (lastNewline >= this.#windowStart) windowEnd = lastNewline + 1;
    else windowEnd = this.#bytes.indexOf(NEWLINE, windowEnd) + 1;
    this.#window = this.#bytes.toString('latin1', this.#windowStart, windowEnd);
    this.#next = 0;
    this.#lineStart = 0;
    return true;
  }
}
