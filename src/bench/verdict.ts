import { meanInterval, type Interval, signFlipProbability } from './bootstrap.ts';
import { clipped, pulledIn } from './odd-launches.ts';
import { mean } from './quantiles.ts';
import { Random } from '../base/random.ts';

/**
 * Whether one thing is faster than another, from the ratios of their times that were measured in pairs.
 *
 * A difference is claimed only where chance would make one as large in 1 case of 100 or fewer, whatever the noise is like
 * (bootstrap.ts); with noise the answer is that it cannot be told, never a claim.
 */

export type Finding = 'faster' | 'slower' | 'same' | 'unknown';

export interface Verdict {
  readonly finding: Finding;
  /** Time of the one over time of the other: below 1 it is faster. */
  readonly ratio: number;
  /** In 95 cases of 100 the true ratio is in here. */
  readonly interval: Interval;
  /** How likely chance alone gives as large a difference. */
  readonly probability: number;
  readonly pairs: number;
  readonly text: string;
}

/** What chance may do at the most where a difference is claimed. */
export const CLAIM_PROBABILITY_MAX = 0.01;
/**
 * With fewer launches there is no claim, however large a difference is: there are too few patterns of signs where handlers are measured
 * beside one another, or too few ways to divide all launches into two sets where each was measured another time.
 */
export const LAUNCHES_MIN = { beside: 8, apart: 5 };
const LEVEL = 0.95;
/** Differences within this are called none, if they cannot be larger. */
const SAME_MAX = 0.05;
/** Nobody cares about a difference that is surely smaller. */
const CARELESS = 0.005;

/** `ratios` are independent of one another; fewer than eight can never show a difference. */
export function judge(ratios: readonly number[], seed: number): Verdict {
  const random = new Random(seed);
  const logs = ratios.map(Math.log);
  const usual = pulledIn(logs);
  const ratio = Math.exp(mean(usual));
  const { low, high } = meanInterval(usual, LEVEL, random);
  const interval = { low: Math.exp(low), high: Math.exp(high) };
  const told = clipped(logs);
  const probability = signFlipProbability(told, random);
  const isBeyond = mean(told) > 0 ? low > 0 : high < 0;
  return verdictOf(
    { ratio, interval, probability, pairs: ratios.length },
    isBeyond && probability <= CLAIM_PROBABILITY_MAX,
    LAUNCHES_MIN.beside,
  );
}

/** `isClaim` is whether a difference may be claimed, unless nobody would care about it; with less than `pairsMin` it never is. */
export function verdictOf(
  figures: Omit<Verdict, 'finding' | 'text'>,
  isClaim: boolean,
  pairsMin: number,
): Verdict {
  const told = { ...figures, finding: findingOf(figures, isClaim) };
  return { ...told, text: textOf(told, pairsMin) };
}

function findingOf({ ratio, interval }: Pick<Verdict, 'ratio' | 'interval'>, isClaim: boolean): Finding {
  const furthest = furthestOf(interval);
  if (isClaim && furthest > CARELESS) return ratio < 1 ? 'faster' : 'slower';
  return furthest <= SAME_MAX ? 'same' : 'unknown';
}

/** By how much the one may differ from the other at the most. */
function furthestOf({ low, high }: Interval): number {
  return Math.max(Math.abs(low - 1), Math.abs(high - 1));
}

function textOf({ finding, ratio, interval, pairs }: Omit<Verdict, 'text'>, pairsMin: number): string {
  const { low, high } = interval;
  if (finding === 'faster' || finding === 'slower') {
    const sign = finding === 'faster' ? -1 : 1;
    const [least, most] = [sign * (low - 1), sign * (high - 1)].sort((a, b) => a - b) as [number, number];
    return `${percent(sign * (ratio - 1))} % ${finding}, 95 % interval ${percent(least)} to ${percent(most)} %`;
  }
  const furthest = furthestOf(interval);
  if (finding === 'same') return `no difference larger than ${percent(roundedUp(furthest))} %`;
  if (!Number.isFinite(high)) return `cannot tell from ${pairs} launches; a claim takes ${pairsMin}`;
  if (pairs < pairsMin && (low > 1 || high < 1)) {
    return `cannot tell from ${pairs} launches: from ${signed(low)} to ${signed(high)} of the time; a claim takes ${pairsMin}`;
  }
  return `cannot tell: somewhere from ${signed(low)} to ${signed(high)} of the time`;
}

/** To the next step that is told, so that what is said is true. */
function roundedUp(share: number): number {
  const step = share < 0.0995 ? 0.001 : 0.01;
  return Math.ceil(share / step - 1e-9) * step;
}

/** Below ten per cent with a decimal. */
export function percent(share: number): string {
  const value = share * 100;
  return Math.abs(value) < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0);
}

function signed(ratio: number): string {
  const share = ratio - 1;
  return `${share < 0 ? '−' : '+'}${percent(Math.abs(share))} %`;
}

/** What `--fail-if` looks for: slower, or faster, by at least so much. */
export interface FailIf {
  readonly finding: 'slower' | 'faster';
  readonly share: number;
}

/** Whether it is so for sure: all of the interval lies beyond the bound. */
export function isSurely({ finding, share }: FailIf, { interval, ...verdict }: Verdict): boolean {
  if (verdict.finding !== finding) return false;
  return finding === 'slower' ? interval.low > 1 + share : interval.high < 1 - share;
}
