import type { EventFilter } from '../pipeline/event-filter.ts';
import type { EventClock } from './event-clock.ts';
import type { Piece } from './pieces.ts';

/** `--where` and `--select` in a replay: events that are left out are no part of it, and fields that are left out still tell the time. */

export interface Filters {
  readonly where: EventFilter | undefined;
  readonly select: EventFilter | undefined;
  /** Told of lines that are no JSON, which are left out. */
  readonly onInvalid: (lines: number) => void;
}

export async function* filtered(
  pieces: AsyncIterable<Piece>,
  { where, select, onInvalid }: Filters,
  clock: EventClock,
): AsyncGenerator<Piece, void, void> {
  for await (const piece of pieces) {
    let left: Piece = piece;
    if (where !== undefined) left = await passed(where, left, onInvalid);
    if (select !== undefined) left = await selected(select, left, clock, onInvalid);
    if (left.to > left.from) yield left;
  }
}

async function passed(filter: EventFilter, piece: Piece, onInvalid: Filters['onInvalid']): Promise<Piece> {
  const { bytes, indices, invalid } = await filter.apply(piece.bytes.subarray(piece.from, piece.to));
  onInvalid(invalid);
  return { ...piece, bytes, from: 0, to: bytes.length, events: indices.length };
}

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
  const { bytes, indices, invalid } = await filter.apply(piece.bytes.subarray(piece.from, piece.to));
  onInvalid(invalid);
  return {
    ...piece,
    bytes,
    from: 0,
    to: bytes.length,
    events: indices.length,
    times: Float64Array.from(indices, index => times[index]!),
  };
}
