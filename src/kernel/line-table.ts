import type { SharedSlot } from './slot-memory.ts';

/**
 * The lines of one chunk, in memory that all threads share: where each line is, which lane has it, and what became of
 * it. Scatter writes the first, the lanes write their own rows, gather reads all of it; nothing of it is copied.
 *
 * Who may touch it when is settled by messages: a lane looks at a table only between being given a batch of its chunk
 * and answering, and writes only rows of lines that are its own.
 */

/** Marks a line without an event, where a lane's number would stand. */
export const BLANK = 255;

/** Marks a line that the WebAssembly module has left to the other engine. */
export const UNDECIDED = 254;

/** Most lanes of a run: what a table can name. */
export const LANES_MAX = 253;

/** What became of a line, where it is not the length of its output in bytes. */
export const Row = { dropped: 0, passed: -1, dead: -2 } as const;

export class LineTable {
  /** For each line its first byte in the slot, and its newline. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Bytes of output, or a `Row`. */
  readonly rows: Int32Array;
  readonly lanes: Uint8Array;

  constructor({ buffer, tableAt, tableLines }: SharedSlot) {
    this.starts = new Int32Array(buffer, tableAt, tableLines);
    this.ends = new Int32Array(buffer, tableAt + tableLines * 4, tableLines);
    this.rows = new Int32Array(buffer, tableAt + tableLines * 8, tableLines);
    this.lanes = new Uint8Array(buffer, tableAt + tableLines * 12, tableLines);
  }
}
