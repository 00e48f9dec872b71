import type { Positions } from '../source/contract.ts';

/** What a replay keeps with the position of an input beside the place, so that it has the same events where it goes on. */
export interface Kept {
  /** The field that was found to be the time of the events; absent where one was named, or none was found yet. */
  readonly timeField?: string | undefined;
  /** Whether an event without a time, coming next, is in the range; absent where the range is not by a field. */
  readonly isInside?: boolean | undefined;
}

/** What was kept with the position of the input `id`; nothing is known where an earlier version has left it, or a run. */
export function keptIn(positions: Positions, id: string | undefined): Kept {
  const position = id === undefined ? undefined : positions[id];
  return (position as { readonly replay?: Kept } | null | undefined)?.replay ?? {};
}

/** `positions` with `kept` in that of the input `id`, where there is something. */
export function withKept(positions: Positions, id: string, kept: Kept): Positions {
  if (Object.values(kept).every(value => value === undefined)) return positions;
  return { ...positions, [id]: { ...(positions[id] as object), replay: kept } };
}
