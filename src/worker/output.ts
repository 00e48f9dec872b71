import { Row } from '../kernel/line-table.ts';

/**
 * The bytes that a batch gives back.
 *
 * The text of changed events is gathered in one string and encoded in runs, which costs less than encoding every
 * event; events that are passed on are taken over as bytes. For listed lines the length of each line's own output goes
 * into the table, and a line that is merely passed on leaves its bytes in the slot.
 */

const NEWLINE = 0x0a;

/** Characters that are gathered before they are encoded: below the size at which V8 would move the string apart. */
const TEXT_RUN_CHARS = 32 * 1024;

/** An event of so many characters is encoded by itself: gathering it would only copy it once more. */
const LONG_EVENT_CHARS = 1024;

/** No character takes more bytes than this in UTF-8, counted per UTF-16 unit. */
const UTF8_BYTES_PER_CHAR = 3;

export class Output {
  readonly #slot: Uint8Array;
  /** Rows of the table, or undefined for a range. */
  readonly #rows: Int32Array | undefined;
  #bytes: Buffer<ArrayBuffer>;
  #length = 0;
  /** Text that is not encoded yet, and for listed lines the rows that it belongs to, with its characters of each. */
  #text = '';
  readonly #textRows: number[] = [];
  readonly #textChars: number[] = [];
  /** A range of the slot that is to be taken over. */
  #passStart = 0;
  #passEnd = 0;
  /** The row of the line at hand. */
  #row = 0;
  written = 0;

  /** `memory` is what to write into; it is replaced when it is too small. */
  constructor(slot: Uint8Array, rows: Int32Array | undefined, memory: ArrayBuffer) {
    this.#slot = slot;
    this.#rows = rows;
    this.#bytes = Buffer.from(memory);
  }

  /** Begins the output of a line, which has the row `row` if it is a listed one. */
  beginLine(row: number): void {
    if (this.#text.length >= TEXT_RUN_CHARS) this.#encode();
    this.#row = row;
    if (this.#rows !== undefined) this.#rows[row] = Row.dropped;
  }

  /** The line at hand is dead. */
  dead(): void {
    if (this.#rows !== undefined) this.#rows[this.#row] = Row.dead;
  }

  /** The line at hand, from `start` to its newline at `end`, is its own only output. */
  passLine(start: number, end: number): void {
    if (this.#rows === undefined) return this.#pass(start, end);
    this.#rows[this.#row] = Row.passed;
    this.written++;
  }

  /** The same as one of several outputs; `text` is what stands there. */
  passAmong(start: number, end: number, text: string): void {
    if (this.#rows === undefined) return this.#pass(start, end);
    this.add(text);
  }

  /** Adds an event as JSON text. */
  add(json: string): void {
    if (this.#passEnd > this.#passStart) this.#flush();
    this.written++;
    if (json.length >= LONG_EVENT_CHARS) return this.#addLong(json);
    this.#text += json;
    this.#text += '\n';
    if (this.#rows === undefined) return;
    this.#rows[this.#row]! += json.length + 1;
    this.#textRows.push(this.#row);
    this.#textChars.push(json.length + 1);
  }

  /** All that was put out. */
  finish(): Uint8Array<ArrayBuffer> {
    this.#flush();
    return new Uint8Array(this.#bytes.buffer, 0, this.#length);
  }

  #pass(start: number, end: number): void {
    this.written++;
    if (this.#text === '' && this.#passEnd === start) {
      this.#passEnd = end + 1;
      return;
    }
    this.#flush();
    this.#passStart = start;
    this.#passEnd = end + 1;
  }

  #flush(): void {
    this.#encode();
    if (this.#passEnd > this.#passStart) this.#takeOver(this.#passStart, this.#passEnd);
    this.#passStart = 0;
    this.#passEnd = 0;
  }

  #takeOver(start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.set(this.#slot.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  #addLong(json: string): void {
    this.#encode();
    this.#reserve(json.length * UTF8_BYTES_PER_CHAR + 1);
    const length = this.#bytes.write(json, this.#length, 'utf8');
    this.#bytes[this.#length + length] = NEWLINE;
    this.#length += length + 1;
    if (this.#rows !== undefined) this.#rows[this.#row]! += length + 1;
  }

  #encode(): void {
    const text = this.#text;
    if (text === '') return;
    this.#reserve(text.length * UTF8_BYTES_PER_CHAR);
    const length = this.#bytes.write(text, this.#length, 'utf8');
    if (length !== text.length) this.#countBytes();
    this.#length += length;
    this.#text = '';
    this.#textRows.length = 0;
    this.#textChars.length = 0;
  }

  /** Turns the rows of the text from characters into bytes. */
  #countBytes(): void {
    let at = 0;
    for (const [index, row] of this.#textRows.entries()) {
      const chars = this.#textChars[index]!;
      this.#rows![row]! += Buffer.byteLength(this.#text.slice(at, at + chars), 'utf8') - chars;
      at += chars;
    }
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.from(new ArrayBuffer(Math.max(needed, this.#bytes.length * 2)));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
