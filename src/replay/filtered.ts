import type { EventFilter, Filtered } from '../pipeline/event-filter.ts';
import type { EventClock } from './event-clock.ts';
import type { Piece } from './pieces.ts';

/** `--where` and `--select` in a replay: events that are left out are no part of it, and fields that are left out still tell the time. */

export interface Filters {
  readonly where: EventFilter | undefined;
  readonly select: EventFilter | undefined;
  /** Told of lines that are no JSON, which are left out. */
  readonly onInvalid: (lines: number) => void;
}

/** Throws Undecided behind what is left of the events before it. */
export async function* filtered(
  pieces: AsyncIterable<Piece>,
  { where, select, onInvalid }: Filters,
  clock: EventClock,
): AsyncGenerator<Piece, void, void> {
  for await (const piece of pieces) {
    const passed = await where?.apply(piece.bytes.subarray(piece.from, piece.to));
    if (passed !== undefined) onInvalid(passed.invalid);
    let left = passed === undefined ? piece : leftOf(piece, passed);
    if (select !== undefined) left = await selected(select, left, clock, onInvalid);
    if (left.to > left.from) yield left;
    if (passed?.undecided !== undefined) throw passed.undecided;
  }
}

function leftOf(piece: Piece, { bytes, indices }: Filtered): Piece {
  return { ...piece, bytes, from: 0, to: bytes.length, events: indices.length };
}

/** The times are those of the whole events. */
async function selected(
  filter: EventFilter,
  piece: Piece,
  clock: EventClock,
  onInvalid: Filters['onInvalid'],
): Promise<Piece> {
  const times: number[] = [];
  clock.begin(piece.committedMs);
  for (let at = piece.from; at < piece.to; ) {
    at = clock.read(piece.bytes, at) + 1;
    times.push(clock.ms);
  }
  const found = await filter.apply(piece.bytes.subarray(piece.from, piece.to));
  onInvalid(found.invalid);
  return { ...leftOf(piece, found), times: Float64Array.from(found.indices, index => times[index]!) };
}
