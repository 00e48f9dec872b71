import type { AloneFigures } from './alone.ts';
import type { Round } from './protocol.ts';
import { median } from './quantiles.ts';
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

/** One ratio for each launch: the median over its turns, in each of which both were measured. */
export function pairRatios(
  one: readonly (readonly Round[])[],
  other: readonly (readonly Round[])[],
): number[] {
  const launches = Math.min(one.length, other.length);
  return Array.from({ length: launches }, (_, launch) =>
    // Of logarithms, so that it makes no difference which of the two is the baseline.
    Math.exp(median(one[launch]!.map((round, turn) => Math.log(round.ownNs / other[launch]![turn]!.ownNs)))),
  );
}
