import { isUtf8 } from 'node:buffer';
import type { LineTable } from '../kernel/line-table.ts';
import type { BatchLines, TextKind } from './protocol.ts';

/**
 * Goes through the lines of a batch and gives the text of each.
 *
 * Lines that are ASCII are decoded many at a time and cut as strings, because a call out of JavaScript for each line
 * costs more than the decoding, even of lines that other lanes have. The windows stay below the size at which V8 would
 * give the string a place of its own.
 */

export interface Lines {
  /** Bounds of the line that `next` has moved to: its first byte, and its newline. */
  start: number;
  end: number;
  /** Its number in the table, for listed lines. */
  line: number;
  next: () => boolean;
  /** The line's text, or undefined where it is not UTF-8. */
  text: () => string | undefined;
}

const NEWLINE = 0x0a;
const WINDOW_BYTES = 64 * 1024;

export function linesOf(bytes: Buffer, table: LineTable, lines: BatchLines, text: TextKind): Lines {
  if (lines.kind === 'listed') return new ListedLines(bytes, table, lines, text);
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
  line: number;
  readonly #bytes: Buffer;
  readonly #table: LineTable;
  readonly #lane: number;
  readonly #to: number;
  readonly #text: TextKind;
  #window = '';
  #windowStart = 0;
  #windowEnd = 0;

  constructor(
    bytes: Buffer,
    table: LineTable,
    lines: { lane: number; from: number; to: number },
    text: TextKind,
  ) {
    this.#bytes = bytes;
    this.#table = table;
    this.#lane = lines.lane;
    this.line = lines.from - 1;
    this.#to = lines.to;
    this.#text = text;
  }

  next(): boolean {
    const { starts, ends, lanes } = this.#table;
    const lane = this.#lane;
    let line = this.line + 1;
    while (line < this.#to && lanes[line] !== lane) line++;
    this.line = line;
    if (line >= this.#to) return false;
    this.start = starts[line]!;
    this.end = ends[line]!;
    return true;
  }

  text(): string | undefined {
    const { start, end } = this;
    if (this.#text !== 'ascii') return decode(this.#bytes, start, end, this.#text);
    if (end > this.#windowEnd) this.#moveWindow();
    return this.#window.substring(start - this.#windowStart, end - this.#windowStart);
  }

  #moveWindow(): void {
    this.#windowStart = this.start;
    this.#windowEnd = Math.max(
      this.end,
      Math.min(this.start + WINDOW_BYTES, this.#table.ends[this.#to - 1]!),
    );
    this.#window = this.#bytes.toString('latin1', this.#windowStart, this.#windowEnd);
  }
}

class RangeLines implements Lines {
  start = 0;
  end: number;
  readonly line = 0;
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
  readonly line = 0;
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
