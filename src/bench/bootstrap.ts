import { normalCdf, normalQuantile, studentQuantile } from './distributions.ts';
import { mean, quantile } from './quantiles.ts';
import type { Random } from '../base/random.ts';

/**
 * How sure a mean is of which few values are known, without supposing how they are distributed.
 *
 * The interval is the bootstrap's, bias-corrected and accelerated (BCa: Efron, 1987), at a level that is widened as
 * Student's distribution is wider than the normal one: without that, intervals from ten values hold the truth too seldom
 * (Hesterberg, 2015, "What teachers should know about the bootstrap").
 */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 10_000;

/** With fewer values an interval cannot reach beyond them, and holds the truth too seldom. */
const VALUES_MIN = 5;

/** For the mean of `values`; of fewer than five nothing is known. `level` is the share of cases in which it holds. */
export function meanInterval(values: readonly number[], level: number, random: Random): Interval {
  const count = values.length;
  if (count < VALUES_MIN) return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const means = new Float64Array(RESAMPLES);
  for (let sample = 0; sample < RESAMPLES; sample++) {
    let sum = 0;
    for (let at = 0; at < count; at++) sum += values[random.below(count)]!;
    means[sample] = sum / count;
  }
  means.sort();
  const estimate = mean(values);
  const below = means.findIndex(value => value >= estimate);
  // All the same: there is no spread to be told.
  if (means[0] === means.at(-1)) return { low: estimate, high: estimate };
  const bias = normalQuantile(Math.min(1 - 1e-6, Math.max(1e-6, below / RESAMPLES)));
  const acceleration = accelerationOf(values);
  const reach = Math.sqrt(count / (count - 1)) * studentQuantile((1 + level) / 2, count - 1);
  const shareAt = (z: number): number => {
    const shifted = bias + z;
    return normalCdf(bias + shifted / (1 - acceleration * shifted));
  };
  return { low: quantile(means, shareAt(-reach)), high: quantile(means, shareAt(reach)) };
}

/** From the skewness: what the jackknife gives for a mean. */
function accelerationOf(values: readonly number[]): number {
  const middle = mean(values);
  let squares = 0;
  let cubes = 0;
  for (const value of values) {
    squares += (value - middle) ** 2;
    cubes += (value - middle) ** 3;
  }
  // More than this and the formula folds over, with so few values.
  return Math.max(-0.2, Math.min(0.2, cubes / (6 * squares ** 1.5)));
}

/** Up to here all patterns of signs are counted; beyond, so many are drawn. */
const EXACT_MAX = 16;
const DRAWN = 50_000;

/**
 * The probability that differences which are as likely to be positive as negative are, in the mean, as far from zero as
 * these: the test by change of signs (Fisher, 1935). It is exact whatever their distribution, so what it calls a difference
 * at a probability of 1 per cent is none in one case of a hundred at the most.
 */
export function signFlipProbability(differences: readonly number[], random: Random): number {
  const count = differences.length;
  const given = Math.abs(sumOf(differences, 0));
  // Sums in another order differ in their last digits.
  const enough = given * (1 - 1e-12);
  const exact = count <= EXACT_MAX;
  const patterns = exact ? 2 ** count : DRAWN;
  let asFar = exact ? 0 : 1;
  for (let pattern = 0; pattern < patterns; pattern++) {
    const sum = exact
      ? sumOf(differences, pattern)
      : differences.reduce((all, value) => all + (random.next() < 0.5 ? value : -value), 0);
    if (Math.abs(sum) >= enough) asFar++;
  }
  return asFar / (exact ? patterns : patterns + 1);
}

/** The sum, with the signs changed of those values whose bit is set in `pattern`. */
function sumOf(values: readonly number[], pattern: number): number {
  let sum = 0;
  for (const [at, value] of values.entries()) sum += (pattern >> at) & 1 ? -value : value;
  return sum;
}
