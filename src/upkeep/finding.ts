import type { LostRange as OffsetRange } from '../store/job-state.ts';

/**
 * What was found in a store. Damage is what a reader or a writer would stop at, or what contradicts something else that was
 * committed; a note is what a run makes good by itself, or what is none of millrace's business.
 */

export type FindingKind = 'damage' | 'lost' | 'note';

export interface Finding {
  /** `lost` is what is known to be gone since a repair: it is told, and no damage any more. */
  readonly kind: FindingKind;
  readonly message: string;
  /** The offsets that it is about, from the first to the one behind the last. */
  readonly offsets?: OffsetRange;
}

export type { OffsetRange };

export function damage(message: string, offsets?: OffsetRange): Finding {
  return { kind: 'damage', message, ...(offsets && { offsets }) };
}

export function note(message: string): Finding {
  return { kind: 'note', message };
}

/** Offsets in words: `offset 7`, `offsets 7 to 9`. */
export function offsetText([from, to]: OffsetRange): string {
  return to - from === 1 ? `offset ${from}` : `offsets ${from} to ${to - 1}`;
}

/** Adds a range behind those that are there, as a part of the last one where it goes on from it. */
export function addRange(ranges: OffsetRange[], [from, to]: OffsetRange): void {
  const last = ranges.at(-1);
  if (last?.[1] === from) ranges[ranges.length - 1] = [last[0], to];
  else ranges.push([from, to]);
}
