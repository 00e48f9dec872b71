/**
 * Reading dead letters, as `src/worker/dead-letter.ts` writes them: what they say, and the bytes of the event.
 *
 * A letter may have members that are not known here; they are kept.
 */

/** Why an event could not be handled; docs/ERRORS.md tells when. */
export const DEAD_REASONS = [
  'invalid-json',
  'invalid-utf8',
  'line-too-long',
  'line-continued',
  'handler-threw',
  'bad-result',
  'timed-out',
  'worker-died',
] as const;

export type DeadReason = (typeof DEAD_REASONS)[number];

export interface DeadLetter {
  readonly source: string;
  /** From 1. */
  readonly line: number;
  /** In bytes. */
  readonly offset: number;
  readonly reason: string;
  readonly error: { readonly name?: string; readonly message: string; readonly stack?: string };
  /** The event's text, or its bytes where they are not UTF-8. */
  readonly event?: string;
  readonly eventBase64?: string;
  /** The length of the line, where only its beginning may have been kept. */
  readonly eventBytes?: number;
  readonly [member: string]: unknown;
}

/** The letter that one line of a topic of dead letters holds; undefined where it holds none. */
export function readDeadLetter(line: string): DeadLetter | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isDeadLetter(value) ? value : undefined;
}

function isDeadLetter(value: unknown): value is DeadLetter {
  if (typeof value !== 'object' || value === null) return false;
  const { source, line, offset, reason, error, event, eventBase64, eventBytes } = value as Record<
    string,
    unknown
  >;
  const isPlaced = typeof source === 'string' && typeof line === 'number' && typeof offset === 'number';
  const isExplained = typeof reason === 'string' && typeof error === 'object' && error !== null;
  const isTold = isExplained && typeof (error as { message?: unknown }).message === 'string';
  const hasEvent = typeof (event ?? eventBase64) === 'string';
  const isCounted = eventBytes === undefined || typeof eventBytes === 'number';
  return isPlaced && isTold && hasEvent && isCounted;
}

/** What the letter holds of the event: all its bytes, or the first ones. */
export function keptBytes({ event, eventBase64 }: DeadLetter): Buffer {
  return event === undefined ? Buffer.from(eventBase64!, 'base64') : Buffer.from(event, 'utf8');
}

/** Why the event of a letter cannot be handled again; undefined where it can be. */
export function whyLost(letter: DeadLetter, kept: Uint8Array): 'cut' | 'rest' | undefined {
  // What comes before it was handled when it was a line of its own: alone it is no event.
  if (letter.reason === 'line-continued') return 'rest';
  return letter.eventBytes === undefined || letter.eventBytes === kept.length ? undefined : 'cut';
}
