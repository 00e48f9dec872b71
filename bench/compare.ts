import { type Goal, GOALS } from './goals.ts';
import { type Ratio, ratioOf } from './rounds.ts';
import type { ThroughputRow } from './throughput.ts';

/** How the rate of one program relates to that of another. */
export interface Comparison {
  readonly byTime: Ratio;
  /** The same of events a second of processor time; no numbers where that is not known. */
  readonly byCpu: Ratio;
}

export interface GoalComparison extends Comparison {
  readonly goal: Goal;
  readonly met: boolean;
}

/** Events a second, round by round. */
export function ratesOf({ input, rounds }: ThroughputRow): readonly number[] {
  return rounds.map(({ seconds }) => input.events / seconds);
}

/** Events a second of processor time; no numbers where it is not known. */
export function cpuRatesOf({ input, rounds }: ThroughputRow): readonly number[] {
  return rounds.map(({ cpuSeconds }) => input.events / (cpuSeconds ?? Number.NaN));
}

export function compare(of: ThroughputRow, to: ThroughputRow): Comparison {
  return { byTime: ratioOf(ratesOf(of), ratesOf(to)), byCpu: ratioOf(cpuRatesOf(of), cpuRatesOf(to)) };
}

/** The goals of which both programs were measured. */
export function compareGoals(rows: readonly ThroughputRow[]): readonly GoalComparison[] {
  const byId = new Map(rows.map(row => [row.id, row]));
  return GOALS.flatMap(goal => {
    const of = byId.get(goal.of);
    const to = byId.get(goal.to);
    if (of === undefined || to === undefined) return [];
    const comparison = compare(of, to);
    return [{ goal, ...comparison, met: comparison.byTime.median >= goal.atLeast }];
  });
}
