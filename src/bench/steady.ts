import { median } from './quantiles.ts';

/**
 * Whether times have stopped to fall or rise: the code has been compiled, the memory has its size.
 *
 * The slope is the median of those between all pairs (Theil and Sen), which a few slow ones, when something else had the
 * processor, do not move.
 */

/** How many of the last times are looked at. */
export const STEADY_WINDOW = 16;
/** By how much they may still change from the first of them to the last. */
const DRIFT_MAX = 0.03;

export function isSteady(times: readonly number[]): boolean {
  if (times.length < STEADY_WINDOW) return false;
  const window = times.slice(-STEADY_WINDOW);
  return Math.abs(driftOf(window)) <= DRIFT_MAX;
}

/** By how much of their median the values change from the first to the last. */
export function driftOf(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let from = 0; from < values.length; from++) {
    for (let to = from + 1; to < values.length; to++)
      slopes.push((values[to]! - values[from]!) / (to - from));
  }
  return (median(slopes) * (values.length - 1)) / median(values);
}
