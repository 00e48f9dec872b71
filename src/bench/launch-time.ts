import { trimmedMean } from './quantiles.ts';

/**
 * What the rounds of one launch come to: their mean, without the tenth at each end.
 *
 * Not their median: into some rounds of a handler that makes garbage a collection falls, and into others none, so that their
 * times lie around two middles. With about as many in the one as in the other a median jumps between them, from launch to launch; and what
 * it tells is not what an event costs. What disturbs a few rounds, or is collected once in a long while, is in neither.
 */
export function launchTime(rounds: readonly number[]): number {
  return trimmedMean(rounds, TRIMMED_SHARE);
}

/** Of the rounds of a launch, and of the turns in which two handlers are compared, so many at each end do not count. */
export const TRIMMED_SHARE = 0.1;
