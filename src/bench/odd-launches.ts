import { held, median, quantile } from './quantiles.ts';

/**
 * A launch now and then is unlike all others: the compiler took another way, and everything takes a tenth longer, or twice as long, until
 * its end. In a mean it would outweigh the others, so it is counted as one that is far out, and not by how far.
 *
 * `logs` are the logarithms of the launches' ratios.
 */

/** Of the size that three of four launches do not exceed. */
const CLIP_SIZES = 1.5;
/** In standard deviations, as the median deviation tells them. */
const PULL_DEVIATIONS = 3;
/** The standard deviation of what is normally distributed over its median deviation. */
const NORMAL_MAD = 1.4826;
/** Nothing is pulled in that is nearer than this, however alike all others are. */
const PULL_LEAST = 0.01;
/** Where there are more of them, they are no longer odd, but one of the ways in which a launch goes. */
const ODD_SHARE_MAX = 0.1;

/**
 * For the test by change of signs: with nothing further from zero than a bound that only the sizes decide, whatever their signs. So if all patterns
 * of signs are as likely, they still are, and the test is as exact as without.
 */
export function clipped(logs: readonly number[]): number[] {
  const sizes = logs.map(Math.abs).sort((a, b) => a - b);
  const most = CLIP_SIZES * quantile(sizes, 0.75);
  return held(logs, -most, most);
}

/** For the mean and its interval: with nothing further from the middle than three standard deviations, where that is seldom. */
export function pulledIn(logs: readonly number[]): number[] {
  const middle = median(logs);
  const deviation = NORMAL_MAD * median(logs.map(log => Math.abs(log - middle)));
  const reach = Math.max(PULL_LEAST, PULL_DEVIATIONS * deviation);
  const odd = logs.filter(log => Math.abs(log - middle) > reach).length;
  if (odd > logs.length * ODD_SHARE_MAX) return [...logs];
  return held(logs, middle - reach, middle + reach);
}
