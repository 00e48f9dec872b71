import type { AloneFigures } from './alone.ts';
import { isEnough } from './enough-launches.ts';
import { launchTime } from './launch-time.ts';
import type { Round } from './protocol.ts';
import type { Comparison } from './report.ts';
import { judge } from './verdict.ts';

/**
 * A handler against another one that was measured beside it, by their own times (own-time.ts).
 */

export function compare(one: AloneFigures, baseline: AloneFigures, seed: number): Comparison {
  const ratios = pairRatios(one.launches, baseline.launches);
  return {
    name: one.subject.name,
    baseline: baseline.subject.name,
    verdict: judge(ratios, seed),
    ratios,
    sameOutputs: undefined,
    saved: undefined,
  };
}

/** Whether all handlers have been launched often enough to be told from the baseline. */
export function areLaunchesEnough(all: readonly AloneFigures[]): boolean {
  const baseline = all.find(({ subject }) => subject.isBaseline);
  if (baseline === undefined) return true;
  return all.every(
    figures =>
      figures === baseline || isEnough(pairRatios(figures.launches, baseline.launches).map(Math.log)),
  );
}

/** One ratio for each launch, in whose turns both were measured. */
export function pairRatios(
  one: readonly (readonly Round[])[],
  other: readonly (readonly Round[])[],
): number[] {
  const launches = Math.min(one.length, other.length);
  return Array.from({ length: launches }, (_, launch) => ownTime(one[launch]!) / ownTime(other[launch]!));
}

function ownTime(rounds: readonly Round[]): number {
  return launchTime(rounds.map(({ ownNs }) => ownNs));
}
