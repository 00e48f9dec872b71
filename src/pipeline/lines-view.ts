import { LineState, Outcome } from '../kernel/line-table.ts';
import { type MergedSlot, piecesOf } from '../kernel/merger.ts';
import type { Emitted } from '../worker/protocol.ts';

/** What became of each line of a chunk, for who wants to know of each and not only what comes out of all. */
export interface LinesView {
  readonly source: string;
  /** Lines of the source before the first one. */
  readonly linesBefore: number;
  readonly lines: number;
  /** Its memory counts until the chunk has been put out. */
  readonly slot: MergedSlot;
  /** The outputs that found no room in the slot, by their lines. */
  readonly overflow: ReadonlyMap<number, Spilled> | undefined;
  readonly emitted: readonly Emitted[];
}

/** What the handler gave at the end of the input, for the keys of a group of which something came. */
export interface EndsView {
  /** In the order in which the handler was called: by key groups, and sorted within each. */
  readonly keys: readonly string[];
  /** What they gave, one behind the other; that of `keys[i]` ends at `ends[i]`. */
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  /** With the numbers of keys in the place of lines. */
  readonly emitted: readonly Emitted[];
}

/** A line that was not read into a chunk, since it is longer than `lineBytesMax`. */
export interface UnreadLine {
  readonly source: string;
  /** Lines of the source before it. */
  readonly linesBefore: number;
  /** Its beginning; undefined where all of it is white space, and it is no event. */
  readonly excerpt: Uint8Array | undefined;
}

/** The output of a line that found no room in its slot. */
export interface Spilled {
  readonly bytes: Uint8Array;
  readonly events: number;
}

export type LineFate = 'blank' | 'dropped' | 'passed' | 'dead' | 'given';

export function fateOf({ slot }: LinesView, line: number): LineFate {
  const { table } = slot;
  const outcome = table.outcomes[line];
  if (outcome === Outcome.passed) return 'passed';
  if (outcome === Outcome.dead) return 'dead';
  if (outcome !== Outcome.dropped) return 'given';
  return table.states[line] === LineState.blank ? 'blank' : 'dropped';
}

/** The bytes of the line itself, with its newline. */
export function lineBytes({ slot }: LinesView, line: number): Uint8Array {
  return slot.bytes.subarray(slot.table.starts[line], slot.table.ends[line]! + 1);
}

/** What was given for a line, in pieces. */
export function givenFor({ slot, overflow }: LinesView, line: number): readonly Uint8Array[] {
  const spilled = overflow?.get(line);
  return spilled === undefined ? piecesOf(slot, line) : [spilled.bytes];
}
