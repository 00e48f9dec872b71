import { LineState, type LineTable, Outcome } from '../kernel/line-table.ts';
import type { LineRange, ListedLines } from './protocol.ts';

/** Takes one event out of a batch: what a lane does with the event that its thread died at. */

export interface SplitLines {
  readonly before: ListedLines | undefined;
  readonly event: ListedLines;
  readonly after: LineRange | ListedLines | undefined;
}

/** The lines before number `line`, that line, and those after it; undefined where there are none. */
export function splitAt(lines: LineRange | ListedLines, line: number, table: LineTable): SplitLines {
  const list = listOf(lines, line);
  const own = (from: number, to: number): ListedLines | undefined =>
    table.lanes.subarray(from, to).includes(list.lane) ? { ...list, from, to } : undefined;
  const before = own(list.from, line);
  const event = { ...list, from: line, to: line + 1 };
  if (lines.kind === 'listed') return { before, event, after: own(line + 1, list.to) };
  const next = table.ends[line]! + 1;
  // What comes after it may not have been scanned.
  const after = next < lines.to ? ({ ...lines, from: next, line: line + 1 } as const) : undefined;
  return { before, event, after };
}

/** The lines of a range, up to number `line`, which were scanned; the thread took the records with it. */
function listOf(lines: LineRange | ListedLines, line: number): ListedLines {
  if (lines.kind === 'listed') return lines;
  return { kind: 'listed', lane: 0, from: lines.line, to: line + 1, text: 'bytes', records: 0, recordsTo: 0 };
}

/**
 * Makes those lines pending again whose outcome died with the thread: the dead ones, and those without room; or `all` of
 * them that the handler may have seen, where more than that was to come with the result.
 */
export function reopen(lines: ListedLines, table: LineTable, all: boolean): void {
  const { outcomes, lanes, states } = table;
  for (let line = lines.from; line < lines.to; line++) {
    const lost = all || outcomes[line] === Outcome.dead || outcomes[line] === Outcome.overflow;
    if (lanes[line] !== lines.lane || !lost) continue;
    if (states[line] !== LineState.blank && states[line] !== LineState.dropped)
      outcomes[line] = Outcome.pending;
  }
}
