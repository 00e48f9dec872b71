import { Random } from '../base/random.ts';
import { mean } from './quantiles.ts';
import { CLAIM_PROBABILITY_MAX, LAUNCHES_MIN, type Verdict, verdictOf } from './verdict.ts';

/**
 * Whether one thing is faster than another that was measured another time: as `judge`, but from two sets of values that are
 * not in pairs, and with an allowance for what differs from one time to the other and no figure shows.
 */

/** By how much one and the same handler may differ from session to session, for its launches are not all that matters. */
const SESSION_SHARE = 0.03;
const DRAWN = 20_000;
const LEVEL = 0.95;

export interface Apart {
  readonly seed: number;
  /** Why nothing can be claimed at all, if so. */
  readonly hindrance: string | undefined;
}

export function judgeApart(
  now: readonly number[],
  then: readonly number[],
  { seed, hindrance }: Apart,
): Verdict {
  const random = new Random(seed);
  const [a, b] = [now.map(Math.log), then.map(Math.log)];
  const difference = mean(a) - mean(b);
  const drawn = Array.from({ length: DRAWN }, () => resampledMean(a, random) - resampledMean(b, random)).sort(
    (one, other) => one - other,
  );
  const at = (share: number): number => drawn[Math.round(share * (DRAWN - 1))]!;
  const interval = {
    low: Math.exp(at((1 - LEVEL) / 2)) * (1 - SESSION_SHARE),
    high: Math.exp(at((1 + LEVEL) / 2)) * (1 + SESSION_SHARE),
  };
  const probability = mixedProbability(a, b, random);
  const told = { ratio: Math.exp(difference), interval, probability, pairs: Math.min(a.length, b.length) };
  const isBeyond = interval.low > 1 || interval.high < 1;
  const isClaim = isBeyond && probability <= CLAIM_PROBABILITY_MAX;
  const verdict = verdictOf(told, isClaim, LAUNCHES_MIN.apart);
  if (hindrance === undefined) return verdict;
  return { ...verdict, finding: 'unknown', text: `cannot tell: ${hindrance}` };
}

function resampledMean(values: readonly number[], random: Random): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[random.below(values.length)]!;
  return sum / values.length;
}

/** How likely two sets drawn at random from all the values differ as much in their means. */
function mixedProbability(a: readonly number[], b: readonly number[], random: Random): number {
  const given = Math.abs(mean(a) - mean(b)) * (1 - 1e-12);
  let asFar = 1;
  for (let draw = 0; draw < DRAWN; draw++) {
    const mixed = random.shuffled([...a, ...b]);
    if (Math.abs(mean(mixed.slice(0, a.length)) - mean(mixed.slice(a.length))) >= given) asFar++;
  }
  return asFar / (DRAWN + 1);
}
