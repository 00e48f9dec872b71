import { MillraceError } from '../base/errors.ts';
import { isSpace } from '../base/line-bytes.ts';
import { findTimeField } from '../inspect/time-field.ts';
import { parsePath, type ValuePath } from '../kernel/path.ts';
import type { TimeUnit } from './byte-time.ts';
import { CommitClock, type EventClock, FieldClock } from './event-clock.ts';
import type { Piece } from './pieces.ts';

/**
 * By what a replay goes: the field that was named, the commits of topics, or a field that looks like a time.
 *
 * It is one clock for all inputs, whichever way they are read. So what is chosen follows from the first lines alone that are
 * not blank, and not from how many of them come at once.
 */

export interface ClockWishes {
  readonly path: ValuePath | undefined;
  readonly unit: TimeUnit | undefined;
  /** Whether all that is read was committed to topics. */
  readonly isCommitted: boolean;
  /** Whether nothing can be done without times. */
  readonly isNeeded: boolean;
}

/** Of the first piece, so many events are looked at, and so many bytes: no reading gives less at once, where there is more. */
const EVENTS_MAX = 256;
const SAMPLE_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

/** A clock that is chosen when the first events come; before that no event has a time. */
export class ChosenClock implements EventClock {
  /** Whether it goes by a value of the events, and not by when they were committed. */
  readonly isByField: boolean;
  /** The field that was found in the events, where none was named. */
  found: string | undefined;
  readonly #unit: TimeUnit | undefined;
  readonly #isNeeded: boolean;
  #clock: EventClock = new CommitClock();
  #isChosen: boolean;

  constructor({ path, unit, isCommitted, isNeeded }: ClockWishes) {
    this.isByField = path !== undefined || !isCommitted;
    this.#unit = unit;
    this.#isNeeded = isNeeded;
    this.#isChosen = path !== undefined || isCommitted;
    if (path !== undefined) this.#clock = new FieldClock(path, unit);
  }

  get ms(): number {
    return this.#clock.ms;
  }

  begin(committedMs: number): void {
    this.#clock.begin(this.isByField ? Number.NaN : committedMs);
  }

  read(bytes: Uint8Array, start: number): number {
    return this.#clock.read(bytes, start);
  }

  /** Goes by the field that an earlier run has found, if that is still to be done. */
  goOn(found: string): void {
    if (this.#isChosen) return;
    this.#isChosen = true;
    this.#take(parsePath(found));
  }

  /** Chooses by `piece`, if that is still to be done and not all of it is blank; throws MILLRACE_NO_TIME. */
  look({ bytes, from, to }: Pick<Piece, 'bytes' | 'from' | 'to'>): void {
    if (this.#isChosen) return;
    const start = textStart(bytes, from, to);
    if (start === to) return;
    this.#isChosen = true;
    const path = timeFieldOf({ bytes, from: start, to });
    if (path !== undefined) this.#take(path);
    else if (this.#isNeeded) {
      throw new MillraceError('MILLRACE_NO_TIME', 'no field of the events looks like a time', {
        hint: 'name one with --time-field, or take --speed max',
      });
    }
  }

  #take(path: ValuePath): void {
    this.found = path.text;
    this.#clock = new FieldClock(path, this.#unit);
  }
}

/** The pieces, each of which `clock` has seen before. */
export async function* lookedAt(
  pieces: AsyncIterable<Piece>,
  clock: ChosenClock,
): AsyncGenerator<Piece, void, void> {
  for await (const piece of pieces) {
    clock.look(piece);
    yield piece;
  }
}

/** The field of the first events that is most likely their time. */
export function timeFieldOf({
  bytes,
  from,
  to,
}: Pick<Piece, 'bytes' | 'from' | 'to'>): ValuePath | undefined {
  const events: unknown[] = [];
  for (let at = from; at < to && events.length < EVENTS_MAX; ) {
    const end = bytes.indexOf(NEWLINE, at);
    if (at > from && end - from >= SAMPLE_BYTES) break;
    try {
      events.push(JSON.parse(Buffer.from(bytes.subarray(at, end)).toString('utf8')));
    } catch {
      // A line that is no event has no time.
    }
    at = end + 1;
  }
  return events.length === 0 ? undefined : findTimeField(events)?.path;
}

/** Where the first byte of `bytes[from..to)` stands that is no white space; `to` where there is none. */
function textStart(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] === NEWLINE || isSpace(bytes[at]!))) at++;
  return at;
}
