/**
 * The lines of one chunk, in memory that all threads share: where each line is, which lane has it, and what became of
 * it. Scatter writes the first, the lanes write their own rows, gather reads all of it; nothing of it is copied.
 *
 * Who may touch it when is settled by messages: a lane looks at a table only between being given a batch of its chunk
 * and answering, and writes only rows of lines that are its own.
 */

/** Marks a line without an event, where a lane's number would stand. */
export const BLANK = 255;

/** Most lanes of a run: what a table can name. */
export const LANES_MAX = 254;

/** What became of a line, where it is not the length of its output in bytes. */
export const Row = { dropped: 0, passed: -1, dead: -2 } as const;

const BYTES_PER_LINE = 4 + 4 + 4 + 1;

export class LineTable {
  /** For each line its first byte in the slot, and its newline. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Bytes of output, or a `Row`. */
  readonly rows: Int32Array;
  readonly lanes: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    const lines = Math.floor(buffer.byteLength / BYTES_PER_LINE);
    this.starts = new Int32Array(buffer, 0, lines);
    this.ends = new Int32Array(buffer, lines * 4, lines);
    this.rows = new Int32Array(buffer, lines * 8, lines);
    this.lanes = new Uint8Array(buffer, lines * 12, lines);
  }

  /** Memory for a table. The system gives it out page by page, as lines come. */
  static allocate(lines: number): SharedArrayBuffer {
    return new SharedArrayBuffer(lines * BYTES_PER_LINE);
  }
}
