import type { SealedRow, TopicState } from './job-state.ts';

/**
 * How much of a topic is kept. Whole sealed segments go, from the oldest on, when all that is in them lies beyond one of
 * the limits: so what a limit names is always kept, and up to one segment more.
 */
export interface Retention {
  /** Events committed since then are kept. */
  readonly ageMs?: number;
  /** The last events are kept that take so much of the disk. */
  readonly bytes?: number;
  /** So many of the last events are kept. */
  readonly events?: number;
}

/** The lowest offset that is kept of a topic at the time `now`. */
export function earliestKept(
  { sealed, end, earliest }: TopicState,
  retention: Retention,
  now: number,
): number {
  const { ageMs = Number.POSITIVE_INFINITY, bytes, events } = retention;
  let bytesAfter = sealed.reduce((sum, row) => sum + bytesOnDisk(row), end.bytes);
  let eventsAfter = sealed.reduce((sum, row) => sum + eventsIn(row), end.offset - end.segment);
  for (const [index, row] of sealed.entries()) {
    bytesAfter -= bytesOnDisk(row);
    eventsAfter -= eventsIn(row);
    const isOld = row[5] < now - ageMs;
    const goes = isOld || bytesAfter >= (bytes ?? Infinity) || eventsAfter >= (events ?? Infinity);
    if (!goes) return index === 0 ? earliest : row[0];
  }
  return sealed.length === 0 ? earliest : end.segment;
}

/** What the segment takes of the disk. */
export function bytesOnDisk([, bytes, , , , , form]: SealedRow): number {
  return form?.gzip ?? bytes;
}

/** How many events are in the segment. */
export function eventsIn([, , lines, , , , form]: SealedRow): number {
  return form?.kept ?? lines;
}
