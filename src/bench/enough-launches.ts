import { clipped } from './odd-launches.ts';
import { mean } from './quantiles.ts';

/**
 * How many launches a comparison takes: few where all of them say about the same, more where they scatter.
 *
 * Whoever looks at the result to see whether to go on, and stops when he likes it, finds differences that are not there. So what is
 * looked at here is only how large the differences of the launches are, and never which of the two handlers was the slower:
 * if both are alike, each sign is as likely as the other whatever the sizes, so the test by change of signs (bootstrap.ts), whose patterns
 * are those of signs, is as exact as with a number of launches that was fixed beforehand.
 */

/** With such a standard error a difference of 4 per cent is found in more than 90 cases of 100 (test/bench/launches.test.ts). */
const ERROR_MAX = 0.0075;
/** The standard deviation of the size of what is normally distributed around zero, in standard deviations of that. */
const SPREAD_OF_SIZES = Math.sqrt(1 - 2 / Math.PI);

/** Whether these logarithms of ratios, one of each launch, are enough. */
export function isEnough(logs: readonly number[]): boolean {
  return scatterOf(clipped(logs).map(Math.abs)) / Math.sqrt(logs.length) <= ERROR_MAX;
}

/**
 * How much values scatter of which only the sizes are known. Around zero both terms are about right; around something else the first is
 * too large and the second at most by two thirds.
 */
function scatterOf(sizes: readonly number[]): number {
  const middle = mean(sizes);
  const aroundZero = Math.sqrt(mean(sizes.map(size => size ** 2)));
  const spread = Math.sqrt(sizes.reduce((sum, size) => sum + (size - middle) ** 2, 0) / (sizes.length - 1));
  return Math.min(aroundZero, spread / SPREAD_OF_SIZES);
}
