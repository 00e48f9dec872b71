import { MillraceError } from '../base/errors.ts';
import { findTimeField } from '../inspect/time-field.ts';
import type { ValuePath } from '../kernel/path.ts';
import type { TimeUnit } from './byte-time.ts';
import { CommitClock, type EventClock, FieldClock } from './event-clock.ts';
import type { Piece } from './pieces.ts';

/** Chooses by what a replay goes: the field that was named, the commits of topics, or a field that looks like a time. */

export interface ClockWishes {
  readonly path: ValuePath | undefined;
  readonly unit: TimeUnit | undefined;
  /** Whether all that is read was committed to topics. */
  readonly isCommitted: boolean;
  /** Whether nothing can be done without times. */
  readonly isNeeded: boolean;
}

/** Events of the first piece that are looked at. */
const EVENTS_MAX = 256;

/** The clock, and the pieces with the first one among them again. Rejects with MILLRACE_NO_TIME, and reads no further then. */
export async function chooseClock(
  pieces: AsyncGenerator<Piece, void, void>,
  { path, unit, isCommitted, isNeeded }: ClockWishes,
): Promise<{ clock: EventClock; pieces: AsyncGenerator<Piece, void, void> }> {
  if (path !== undefined) return { clock: new FieldClock(path, unit), pieces };
  if (isCommitted) return { clock: new CommitClock(), pieces };
  const first = await pieces.next();
  if (first.done === true) return { clock: new CommitClock(), pieces };
  const found = timeFieldOf(first.value);
  const all = withFirst(first.value, pieces);
  if (found !== undefined) return { clock: new FieldClock(found, unit), pieces: all };
  if (!isNeeded) return { clock: new CommitClock(), pieces: all };
  await pieces.return();
  throw new MillraceError('MILLRACE_NO_TIME', 'no field of the events looks like a time', {
    hint: 'name one with --time-field, or take --speed max',
  });
}

/** The field of the first events that is most likely their time. */
export function timeFieldOf({ bytes, from, to }: Piece): ValuePath | undefined {
  const events: unknown[] = [];
  for (let at = from; at < to && events.length < EVENTS_MAX; ) {
    const end = bytes.indexOf(0x0a, at);
    try {
      events.push(JSON.parse(Buffer.from(bytes.subarray(at, end)).toString('utf8')));
    } catch {
      // A line that is no event has no time.
    }
    at = end + 1;
  }
  return events.length === 0 ? undefined : findTimeField(events)?.path;
}

async function* withFirst(
  first: Piece,
  rest: AsyncGenerator<Piece, void, void>,
): AsyncGenerator<Piece, void, void> {
  yield first;
  yield* rest;
}
