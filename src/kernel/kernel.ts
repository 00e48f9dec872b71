import type { LineTable } from './line-table.ts';
import type { SharedSlot } from './slot-memory.ts';

/**
 * The kernel: finds the lines of a chunk, checks that each is JSON, finds the fields of a program in it, decides its
 * predicate, and hashes its key. Two engines do exactly the same: the plain one is the reference.
 *
 * Invariant: the bytes that are scanned end in a newline. This is what lets every loop go without a bounds check.
 */
export interface Kernel {
  /**
   * Walks the lines of `bytes[from..to)` of the slot. Writes those lines into the slot's table, the first one as number
   * `line`, and a record of each line that goes on: of unsure ones, and of valid ones unless the program is `verdictOnly`.
   * Stops at `to`, before line number `lineMax`, or before any line while there is no room for one more record.
   */
  readonly scan: (slot: ScannedSlot, from: number, to: number, line: number, lineMax: number) => Scanned;
  /**
   * Makes the records of lines that were scanned before: of those from `line` to before `to` that belong to `lane` and
   * go on. Stops at the first of those that there is no room for, else at `to`. The table stays as it is. Must follow a
   * scan of the same bytes by the same program. The result's position means nothing, and `undecided` is false.
   */
  readonly rescan: (slot: ScannedSlot, line: number, to: number, lane: number) => Scanned;
  /** For each of the 256 key groups its lane: what `scan` puts into the table. */
  readonly laneOfGroup: Uint8Array;
  /**
   * What each lane has to do, in bytes; whoever begins a chunk sets it. A scan adds the bytes of the lines, without newlines, that
   * it gives to a lane, but for blank and UNDECIDED ones. A line without a key goes to the lane that has the least.
   */
  readonly laneBytes: Uint32Array;
}

export interface ScannedSlot {
  readonly shared: SharedSlot;
  readonly bytes: Uint8Array;
  readonly table: LineTable;
  /** Where records go: `records` as words, and the same memory as floats. Its length bounds how many fit. */
  readonly records: Int32Array;
  readonly floats: Float64Array;
}

/** How far a scan has come. One object for each kernel, overwritten by the next call. */
export interface Scanned {
  /** The number of the next line, and where it begins in the slot (`to` where there is none). */
  line: number;
  position: number;
  /** Records written. */
  records: number;
  /** Whether some of the lines of this call are UNDECIDED. */
  undecided: boolean;
}
