import { piecesFor } from './course.ts';
import type { WarmUp } from './protocol.ts';

/** How much of the sample is a round: by how long the handlers take for an event, and whether they handle several at a time. */

export interface AlonePlan {
  /** How many there are, at least; and at most, where those are not enough. */
  readonly launches: number;
  readonly launchesMax: number;
  /** No launch that is not one of the least begins after so long. */
  readonly secondsMax: number;
  /** How many rounds each handler has in a launch, at least; and at most. */
  readonly rounds: number;
  readonly roundsMax: number;
  readonly roundMs: number;
  readonly warmMsMin: number;
  readonly warmMsMax: number;
  /** For each handler, how long single events are timed in each of the first launches. */
  readonly stepMs: number;
}

/** How many lines are a round: the same in all launches, for all handlers. */
export class Pace {
  #nsPerEvent = 0;

  /** By the slowest handler of the first launch. */
  settle(warmUps: readonly WarmUp[]): void {
    if (this.#nsPerEvent === 0) this.#nsPerEvent = Math.max(...warmUps.map(({ nsPerEvent }) => nsPerEvent));
  }

  lines(ms: number): number {
    return Math.max(1, Math.round((ms * 1e6) / this.#nsPerEvent));
  }
}

/** What a batch of the warm-up takes at least, and a round in which several events are handled at a time. */
export const BATCH_MS_MIN = 3;
const CONCURRENT = { batchMsMin: 25, longer: 12, fewer: 4, roundsMin: 6 };

/**
 * Where several events are handled at a time, there are fewer of them at the beginning and at the end of a round than in the middle:
 * so rounds are longer, and there are fewer.
 */
export function pacedFor(
  { rounds, roundsMax, roundMs, warmMsMin, warmMsMax }: AlonePlan,
  { concurrent }: { readonly concurrent: boolean },
): Pick<AlonePlan, 'rounds' | 'roundsMax' | 'roundMs' | 'warmMsMin' | 'warmMsMax'> & {
  readonly batchMsMin: number;
  readonly pieces: number;
} {
  if (!concurrent) {
    const pieces = piecesFor(roundMs);
    return { rounds, roundsMax, roundMs, warmMsMin, warmMsMax, batchMsMin: BATCH_MS_MIN, pieces };
  }
  const { batchMsMin, longer, fewer, roundsMin } = CONCURRENT;
  const fewerOf = (count: number): number => Math.max(roundsMin, Math.round(count / fewer));
  return {
    rounds: fewerOf(rounds),
    roundsMax: fewerOf(roundsMax),
    roundMs: roundMs * longer,
    warmMsMin,
    warmMsMax: Math.max(warmMsMax, 32 * batchMsMin),
    batchMsMin,
    // Each piece would have such ends, so only rounds lie all over the sample.
    pieces: 1,
  };
}
