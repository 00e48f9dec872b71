import type { AloneFigures } from './alone.ts';
import { isEnough } from './enough-launches.ts';
import type { Round } from './protocol.ts';
import type { Comparison } from './report.ts';
import { areTurnsEnough as isMiddleSure, middleOfTurns } from './turn-ratios.ts';
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
  return pairsOf(all).every(([one, baseline]) => isEnough(launchLogs(one, baseline)));
}

/** Whether there were as many turns in the last launch as it takes. */
export function areTurnsEnough(all: readonly AloneFigures[]): boolean {
  return pairsOf(all).every(([one, baseline]) =>
    isMiddleSure(turnLogs(one.launches.at(-1)!, baseline.launches.at(-1)!)),
  );
}

/** Each handler beside the one that it is compared with. */
function pairsOf(all: readonly AloneFigures[]): [AloneFigures, AloneFigures][] {
  const baseline = all.find(({ subject }) => subject.isBaseline);
  if (baseline === undefined) return [];
  return all.filter(figures => figures !== baseline).map(figures => [figures, baseline]);
}

/** One ratio for each launch. */
export function pairRatios(
  one: readonly (readonly Round[])[],
  other: readonly (readonly Round[])[],
): number[] {
  const launches = Math.min(one.length, other.length);
  return Array.from({ length: launches }, (_, launch) =>
    Math.exp(middleOfTurns(turnLogs(one[launch]!, other[launch]!))),
  );
}

function launchLogs(one: AloneFigures, other: AloneFigures): number[] {
  return pairRatios(one.launches, other.launches).map(Math.log);
}

/** Of the own times in each turn in which the clock has seen something: not all clocks tell a few milliseconds. */
function turnLogs(one: readonly Round[], other: readonly Round[]): number[] {
  const turns = Math.min(one.length, other.length);
  return Array.from({ length: turns }, (_, turn) => Math.log(one[turn]!.ownNs / other[turn]!.ownNs)).filter(
    Number.isFinite,
  );
}
