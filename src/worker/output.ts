import { Row } from './protocol.ts';

/**
 * The bytes that a batch gives back.
 *
 * The text of changed events is gathered in one string and encoded in runs, which costs less than encoding every
 * event; events that are passed on are taken over as bytes. In listed mode the length of each line's own output is
 * kept beside, and a line that is merely passed on leaves its bytes in the slot.
 */

/** Characters that are gathered before they are encoded: below the size at which V8 would move the string apart. */
const TEXT_RUN_CHARS = 32 * 1024;

/** No character takes more bytes than this in UTF-8, counted per UTF-16 unit. */
const UTF8_BYTES_PER_CHAR = 3;

export class Output {
  readonly #listed: boolean;
  readonly #slot: Uint8Array;
  #bytes: Buffer<ArrayBuffer>;
  #length = 0;
  /** Text that is not encoded yet, and, in listed mode, the first row whose length is counted in its characters. */
  #text = '';
  #textRow = 0;
  /** A range of the slot that is to be taken over. */
  #passStart = 0;
  #passEnd = 0;
  readonly #rows: Int32Array;
  #row = 0;
  written = 0;

  /** `rows` is the number of listed lines, or undefined for a range; `spare` is memory to write into. */
  constructor(slot: Uint8Array, rows: number | undefined, spare: ArrayBuffer | undefined, sizeBytes: number) {
    this.#listed = rows !== undefined;
    this.#slot = slot;
    this.#rows = new Int32Array(rows ?? 0);
    this.#bytes = spare === undefined ? Buffer.from(new ArrayBuffer(sizeBytes)) : Buffer.from(spare);
  }

  /** Begins the output of the next line. */
  beginLine(): void {
    if (this.#text.length >= TEXT_RUN_CHARS) this.#encode();
  }

  /** Ends the output of a line with what it has added. */
  endLine(): void {
    this.#row++;
  }

  /** Ends a line that gives nothing, or is dead, or is passed on as it stands in the slot. */
  endLineAs(row: number): void {
    if (this.#listed) this.#rows[this.#row] = row;
    this.#row++;
    if (row === Row.passed) this.written++;
  }

  /** The line at `start`, whose newline is at `end`, is the whole output of its own line. */
  passLine(start: number, end: number): void {
    if (this.#listed) return this.endLineAs(Row.passed);
    this.#pass(start, end);
    this.endLine();
  }

  /** The same as one of several outputs of its line; `text` is what stands there. */
  passAmong(start: number, end: number, text: string): void {
    if (this.#listed) return this.add(text);
    this.#pass(start, end);
  }

  /** Adds an event as JSON text. */
  add(json: string): void {
    if (this.#passEnd > this.#passStart) this.#flush();
    this.written++;
    this.#text += json;
    this.#text += '\n';
    if (this.#listed) this.#rows[this.#row]! += json.length + 1;
  }

  finish(): { out: Uint8Array<ArrayBuffer>; rows: Int32Array | undefined } {
    this.#flush();
    const out = new Uint8Array(this.#bytes.buffer, 0, this.#length);
    return { out, rows: this.#listed ? this.#rows.subarray(0, this.#row) : undefined };
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
    if (this.#text !== '') this.#encode();
    if (this.#passEnd > this.#passStart) this.#takeOver(this.#passStart, this.#passEnd);
    this.#passStart = 0;
    this.#passEnd = 0;
  }

  #takeOver(start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.set(this.#slot.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  #encode(): void {
    const text = this.#text;
    this.#reserve(text.length * UTF8_BYTES_PER_CHAR);
    const length = this.#bytes.write(text, this.#length, 'utf8');
    if (this.#listed && length !== text.length) this.#countBytes();
    this.#length += length;
    this.#text = '';
    this.#textRow = this.#row;
  }

  /** Turns the rows of the current text from characters into bytes. */
  #countBytes(): void {
    let at = 0;
    for (let row = this.#textRow; row <= this.#row && row < this.#rows.length; row++) {
      const chars = this.#rows[row]!;
      if (chars <= 0) continue;
      this.#rows[row] = Buffer.byteLength(this.#text.slice(at, at + chars), 'utf8');
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
