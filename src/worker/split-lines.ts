import type { LineTable } from '../kernel/line-table.ts';
import type { BatchLines } from './protocol.ts';

/** Takes one event out of a batch: what a lane does with the event that its thread died at. */

const NEWLINE = 0x0a;

export interface SplitLines {
  readonly before: BatchLines | undefined;
  readonly event: BatchLines;
  readonly after: BatchLines | undefined;
  /** Where the event stands in the slot, and its number in the table if it is a listed one. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/** The lines before the one that begins at `start`, that line, and those after it; undefined where there are none. */
export function splitAt(lines: BatchLines, start: number, slot: Uint8Array, table: LineTable): SplitLines {
  if (lines.kind === 'range') {
    const end = slot.indexOf(NEWLINE, start);
    const event = { kind: 'range', from: start, to: end + 1 } as const;
    return { before: range(lines.from, start), event, after: range(end + 1, lines.to), start, end, line: 0 };
  }
  const { lane, from, to } = lines;
  const line = table.starts.indexOf(start, from);
  const own = (first: number, next: number): BatchLines | undefined =>
    table.lanes.subarray(first, next).includes(lane)
      ? { kind: 'listed', lane, from: first, to: next }
      : undefined;
  const event = { kind: 'listed', lane, from: line, to: line + 1 } as const;
  return { before: own(from, line), event, after: own(line + 1, to), start, end: table.ends[line]!, line };
}

function range(from: number, to: number): BatchLines | undefined {
  return from < to ? { kind: 'range', from, to } : undefined;
}
