import type { EventTime } from './event-time.ts';

/** What windows are told by the author of a handler, and the checks of it. */

export interface WindowOptions<Event, Value> {
  /** The time of an event: milliseconds since 1970, a Date, or a text such as 2026-01-01T00:00:00Z. */
  readonly time: (event: Event) => EventTime;
  /** The value of a window without events. Any JSON value. */
  readonly initial: () => Value;
  /** The value of a window with one more event; `value` may be changed and returned. */
  readonly reduce: (value: Value, event: Event) => Value;
  /**
   * How much earlier than the latest event of its key an event may be (0): a window is closed, and its result told, by the
   * first event of its key that is so much later than its end.
   */
  readonly latenessMs?: number;
  /**
   * What becomes of an event whose windows are all closed: a dead letter (the default), which says so; or it is left out and
   * counted as `late` in the summary; or that and written to a topic, which the handler must declare.
   */
  readonly late?: 'dead-letter' | 'drop' | { readonly topic: string };
  /** Asks for results before a window is closed, whenever so much time has passed in its events; 0 is with each event. */
  readonly earlyMs?: number;
  /** The member of the key's state in which the windows are kept (`windows`); another one for each set of windows. */
  readonly name?: string;
}

export interface TumblingOptions<Event, Value> extends WindowOptions<Event, Value> {
  readonly sizeMs: number;
  /** Where windows begin, from 1970 on (0): for days of another time zone, say. */
  readonly offsetMs?: number;
}

export interface SlidingOptions<Event, Value> extends TumblingOptions<Event, Value> {
  /** How long after one window the next one begins: at most `sizeMs`. */
  readonly everyMs: number;
}

export interface SessionOptions<Event, Value> extends WindowOptions<Event, Value> {
  /** A session ends so long after its last event. */
  readonly gapMs: number;
  /** The value of two sessions that an event between them makes one. */
  readonly merge: (earlier: Value, later: Value) => Value;
}

/** How windows of one size follow each other. */
type FixedSpans = Pick<SlidingOptions<never, never>, 'sizeMs' | 'everyMs' | 'offsetMs'>;

/** The most that times are moved: what a Date can hold. */
const MS_MAX = 8.64e15;

/** Sliding windows that may hold one event. */
const WINDOWS_PER_EVENT_MAX = 1000;

const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

type Given = Readonly<Record<string, unknown>>;

/** Throws TypeError where something is wrong with what all kinds of windows have. */
export function checkOptions(options: object): void {
  const { time, initial, reduce, ...others } = options as Given;
  const { latenessMs = 0, late = 'dead-letter', earlyMs = 0, name = 'windows' } = others;
  for (const [member, value] of Object.entries({ time, initial, reduce })) {
    if (typeof value !== 'function') throw new TypeError(`windows need a function "${member}"`);
  }
  checkMs('latenessMs', latenessMs, 0);
  checkMs('earlyMs', earlyMs, 0);
  const isLate =
    late === 'dead-letter' || late === 'drop' || typeof (Object(late) as Given)['topic'] === 'string';
  if (!isLate) throw new TypeError('"late" of windows is "dead-letter", "drop" or { topic }');
  if (typeof name !== 'string' || !NAME.test(name))
    throw new TypeError('"name" of windows is letters, digits, "_" and "-", a letter first');
}

export function checkFixed({ sizeMs, everyMs, offsetMs = 0 }: FixedSpans): void {
  checkMs('sizeMs', sizeMs, 1);
  checkMs('everyMs', everyMs, 1);
  checkMs('offsetMs', offsetMs, -MS_MAX);
  if (everyMs > sizeMs)
    throw new TypeError('"everyMs" of windows is longer than "sizeMs": events would be in none');
  if (sizeMs / everyMs > WINDOWS_PER_EVENT_MAX) {
    throw new TypeError(
      `an event would be in ${Math.ceil(sizeMs / everyMs)} windows, more than ${WINDOWS_PER_EVENT_MAX}`,
    );
  }
}

export function checkSession(options: object): void {
  const { gapMs, merge } = options as Given;
  checkMs('gapMs', gapMs, 1);
  if (typeof merge !== 'function') throw new TypeError('windows of sessions need a function "merge"');
}

function checkMs(member: string, value: unknown, min: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= min) return;
  throw new TypeError(`"${member}" of windows is not a whole number of milliseconds from ${min} on`);
}
