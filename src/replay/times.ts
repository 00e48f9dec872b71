import type { ValuePath } from '../kernel/path.ts';
import type { TimeUnit } from './byte-time.ts';
import { ChosenClock } from './clock-choice.ts';
import type { Input } from './inputs.ts';
import type { Pacer } from './pacer.ts';
import { hasTimes, type Stretch } from './pieces.ts';
import { TimeRange } from './range.ts';

/** What is wanted of the times of a replay, whichever way its inputs are read. */
export interface TimeWishes {
  readonly stretch: Stretch;
  readonly timeField: ValuePath | undefined;
  readonly timeUnit: TimeUnit | undefined;
  readonly pacer: Pacer;
}

/** The one clock of all inputs, and the range of times that are wanted by it; undefined where that is not by a field. */
export function timesOf(
  inputs: readonly Input[],
  { stretch, timeField, timeUnit, pacer }: TimeWishes,
): { readonly clock: ChosenClock; readonly range: TimeRange | undefined } {
  const clock = new ChosenClock({
    path: timeField,
    unit: timeUnit,
    isCommitted: inputs.every(({ kind }) => kind === 'topic'),
    isNeeded: hasTimes(stretch) || pacer.speed !== Number.POSITIVE_INFINITY,
  });
  const isInTime = clock.isByField && hasTimes(stretch);
  return { clock, range: isInTime ? new TimeRange(stretch.fromMs, stretch.toMs) : undefined };
}
