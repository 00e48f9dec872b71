import { TRIMMED_SHARE } from './launch-time.ts';
import { held, mean, trimmedMean } from './quantiles.ts';

/**
 * What two handlers come to in one launch, from the turns in which both were measured side by side in time.
 *
 * Of each turn there is one ratio, and their mean counts, without the tenth at each end (not the median: a collection of garbage
 * falls into some turns, and into others none, and is a part of what an event costs). A moment at which the whole machine is slow (another one has
 * the memory or the cache) falls on both sides of a turn, and leaves its ratio as it is; with the ratio of two means it would fall on
 * both means, and scatter more.
 *
 * Everything is odd: with the handlers exchanged the logarithms change their signs and nothing else. So whether there are enough
 * turns does not depend on which of the two is the slower.
 */

/** Turns go on until the standard error of what a launch comes to is no larger, as far as there are to be as many. */
const ERROR_MAX = 0.02;

/** The logarithm of a launch's ratio, from those of its turns. */
export function middleOfTurns(logs: readonly number[]): number {
  return trimmedMean(logs, TRIMMED_SHARE);
}

export function areTurnsEnough(logs: readonly number[]): boolean {
  return errorOfMiddle(logs) <= ERROR_MAX;
}

/** The standard error of a trimmed mean, from the winsorized variance (Tukey and McLaughlin, 1963). */
export function errorOfMiddle(logs: readonly number[]): number {
  const cut = Math.floor(logs.length * TRIMMED_SHARE);
  const sorted = [...logs].sort((a, b) => a - b);
  const [low, high] = [sorted[cut]!, sorted[sorted.length - 1 - cut]!];
  const winsorized = held(logs, low, high);
  const middle = mean(winsorized);
  const variance = winsorized.reduce((sum, log) => sum + (log - middle) ** 2, 0) / (logs.length - 1);
  return Math.sqrt(variance / logs.length) / (1 - 2 * TRIMMED_SHARE);
}
