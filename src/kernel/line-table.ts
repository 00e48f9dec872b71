import type { SharedSlot } from './slot-memory.ts';

/**
 * The lines of one chunk, in memory that all threads share: where each line is, which lane has it, what the kernel found
 * it to be, and what became of it. The scan writes all but the last, the lanes write the outcomes of their own lines,
 * gather reads all of it; nothing of it is copied.
 *
 * Who may touch it when is settled by messages: a lane looks at a table only between being given a task about its chunk
 * and answering.
 */

/** In the lane's place: a key that the kernel has left to JavaScript. */
export const UNDECIDED = 255;

/** Most lanes of a run: what a table can name. */
export const LANES_MAX = 254;

/** What the kernel found a line to be. */
export const LineState = {
  /** Valid JSON in valid UTF-8, as far as the chunk's text was known to be; the predicate holds. */
  valid: 0,
  /** Nothing but white space. */
  blank: 1,
  /** Not what JSON.parse accepts. */
  invalid: 2,
  /**
   * Too odd for the kernel, which has read no further: JavaScript must look at the whole line, and may find it invalid. It
   * is where the 1001st container is open, or a name with valid escapes ends in an object whose members are looked at
   * (the root or one on a path, where the path goes on); invalid if anything before that is.
   */
  rare: 3,
  /** Valid, and the predicate does not hold. */
  dropped: 4,
  /** Valid, and JavaScript must decide whether the predicate holds. */
  unsure: 5,
  /** Not UTF-8. The engines leave it to whoever calls them to find such lines. */
  notText: 6,
} as const;

/**
 * What became of a line, where it is not the place of its edits (edits.ts). Overflow: its output found no room in the
 * slot, and comes with the lane's result. Pending: it has not been handled yet; scans leave lines so, but for blank ones
 * and those that the predicate has dropped, and, in a program of `verdictOnly`, passed.
 */
export const Outcome = { dropped: 0, passed: -1, dead: -2, overflow: -3, pending: -4 } as const;

/** Bytes of a table for each line. */
export const TABLE_BYTES_PER_LINE = 4 + 4 + 4 + 1 + 1;

export class LineTable {
  /** For each line its first byte in the slot, and its newline. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** An `Outcome`, or where the line's edits are in the slot's output memory. */
  readonly outcomes: Int32Array;
  readonly lanes: Uint8Array;
  /** A `LineState`. */
  readonly states: Uint8Array;

  constructor({ buffer, tableAt, tableLines }: SharedSlot) {
    this.starts = new Int32Array(buffer, tableAt, tableLines);
    this.ends = new Int32Array(buffer, tableAt + tableLines * 4, tableLines);
    this.outcomes = new Int32Array(buffer, tableAt + tableLines * 8, tableLines);
    this.lanes = new Uint8Array(buffer, tableAt + tableLines * 12, tableLines);
    this.states = new Uint8Array(buffer, tableAt + tableLines * 13, tableLines);
  }
}
