import { deadMembers, type DeadReason } from './dead-letter.ts';
import { type BatchLines, type BatchResult, Row } from './protocol.ts';

/** Takes one event out of a batch: what a lane does with the event that its thread died at. */

const NEWLINE = 0x0a;

/** The lines before the one that begins at `start`, that line, and those after it; undefined where there are none. */
export function splitAt(
  lines: BatchLines,
  start: number,
  slot: Uint8Array,
): { before: BatchLines | undefined; event: BatchLines; after: BatchLines | undefined } {
  if (lines.kind === 'range') {
    const next = slot.indexOf(NEWLINE, start) + 1;
    return {
      before: range(lines.from, start),
      event: { kind: 'range', from: start, to: next },
      after: range(next, lines.to),
    };
  }
  const { bounds } = lines;
  const at = bounds.findIndex((value, index) => index % 2 === 0 && value === start);
  return {
    before: listed(bounds.slice(0, at)),
    event: { kind: 'listed', bounds: bounds.slice(at, at + 2) },
    after: listed(bounds.slice(at + 2)),
  };
}

function range(from: number, to: number): BatchLines | undefined {
  return from < to ? { kind: 'range', from, to } : undefined;
}

function listed(bounds: Int32Array): BatchLines | undefined {
  return bounds.length > 0 ? { kind: 'listed', bounds } : undefined;
}

/** The result of a batch of one event that is dead without having been run again. */
export function deadResult(event: BatchLines, slot: Uint8Array, reason: DeadReason, message: string): BatchResult {
  const start = event.kind === 'range' ? event.from : event.bounds[0]!;
  const end = event.kind === 'range' ? event.to - 1 : event.bounds[1]!;
  return {
    lines: 1,
    blank: 0,
    kept: 0,
    dropped: 0,
    written: 0,
    out: new Uint8Array(0),
    rows: event.kind === 'listed' ? Int32Array.of(Row.dead) : undefined,
    dead: [{ index: 0, start, members: deadMembers(reason, { message }, slot.subarray(start, end)) }],
    busyMs: 0,
  };
}
