import { EDIT_LIST_WORDS, EDIT_WORDS } from './edits.ts';
import { LineState, type LineTable, Outcome } from './line-table.ts';
import type { SharedSlot } from './slot-memory.ts';

/** Puts the outputs of a chunk's lines one behind the other, in the order of the lines. */
export interface Merger {
  /** What the last `merge` wrote; it counts until the next one. */
  readonly out: Uint8Array;
  /**
   * Goes through the lines of the slot from `line` to before `to`, and writes the outputs of those that have some.
   * Stops before a line whose output finds no room in `out`, or is elsewhere (`Outcome.overflow`).
   */
  readonly merge: (slot: MergedSlot, line: number, to: number) => Merged;
}

export interface MergedSlot {
  readonly shared: SharedSlot;
  readonly bytes: Uint8Array;
  readonly table: LineTable;
  readonly edits: Int32Array;
}

/** What a merge went through. One object for each merger, overwritten by the next call. */
export interface Merged {
  /** The number of the next line. */
  line: number;
  /** Bytes of `out`. */
  bytes: number;
  /** Lines without an event; events without output; events with some; and how many outputs those have. */
  blank: number;
  dropped: number;
  kept: number;
  written: number;
  dead: number;
  /** Lines that nobody has handled: there must be none. */
  pending: number;
}

export function nothingMerged(): Merged {
  return { line: 0, bytes: 0, blank: 0, dropped: 0, kept: 0, written: 0, dead: 0, pending: 0 };
}

/** Bytes of `out` of the plain engine: a chunk's worth and some more. */
const OUT_BYTES = 1024 * 1024;

/** The plain engine, which is the reference for assembly/merge.ts. */
export class PlainMerger implements Merger {
  readonly out = new Uint8Array(OUT_BYTES);
  readonly #merged = nothingMerged();

  merge(slot: MergedSlot, line: number, to: number): Merged {
    const merged = Object.assign(this.#merged, nothingMerged());
    const { table } = slot;
    for (; line < to; line++) {
      const outcome = table.outcomes[line]!;
      if (outcome === Outcome.overflow) break;
      if (outcome === Outcome.dropped) {
        if (table.states[line] === LineState.blank) merged.blank++;
        else merged.dropped++;
      } else if (outcome === Outcome.dead) {
        merged.dead++;
      } else if (outcome === Outcome.pending) {
        merged.pending++;
      } else {
        const { bytes, events } = outputOf(slot, line);
        if (merged.bytes + bytes > this.out.length) break;
        for (const piece of piecesOf(slot, line)) {
          this.out.set(piece, merged.bytes);
          merged.bytes += piece.length;
        }
        merged.kept++;
        merged.written += events;
      }
    }
    merged.line = line;
    return merged;
  }
}

/** How long the output of a line is, which is passed on or has edits, and how many events. */
export function outputOf(
  { table, edits }: MergedSlot,
  line: number,
): { readonly bytes: number; readonly events: number } {
  const outcome = table.outcomes[line]!;
  if (outcome === Outcome.passed) return { bytes: table.ends[line]! + 1 - table.starts[line]!, events: 1 };
  return { bytes: edits[outcome >> 2]!, events: edits[(outcome >> 2) + 1]! };
}

/** The bytes of such an output, in order. */
export function piecesOf({ bytes, table, edits }: MergedSlot, line: number): readonly Uint8Array[] {
  const outcome = table.outcomes[line]!;
  if (outcome === Outcome.passed) return [bytes.subarray(table.starts[line], table.ends[line]! + 1)];
  const texts = new Uint8Array(edits.buffer, edits.byteOffset, edits.byteLength);
  const list = outcome >> 2;
  const count = edits[list + 2]!;
  const pieces: Uint8Array[] = [];
  for (let edit = list + EDIT_LIST_WORDS, left = count; left > 0; edit += EDIT_WORDS, left--) {
    pieces.push(bytes.subarray(edits[edit], edits[edit + 1]));
    pieces.push(texts.subarray(edits[edit + 2], edits[edit + 3]));
  }
  return pieces;
}
