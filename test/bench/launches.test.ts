import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { isAnotherDue } from '../../src/bench/alone.ts';
import { pairRatios } from '../../src/bench/compare.ts';
import { isEnough } from '../../src/bench/enough-launches.ts';
import { launchTime } from '../../src/bench/launch-time.ts';
import { pacedFor } from '../../src/bench/pace.ts';
import { alonePlan } from '../../src/bench/plan.ts';
import type { Round } from '../../src/bench/protocol.ts';
import { clipped, pulledIn } from '../../src/bench/odd-launches.ts';
import { mean, median } from '../../src/bench/quantiles.ts';
import { STEADY_WINDOW } from '../../src/bench/steady.ts';
import { areTurnsEnough, errorOfMiddle, middleOfTurns } from '../../src/bench/turn-ratios.ts';
import { judge } from '../../src/bench/verdict.ts';
import { normal, sample } from './chance.ts';

/** As `--quick` has them. */
const { launches: LEAST, launchesMax: MOST } = alonePlan({ quick: true, launches: undefined }, 2);

/** Launches whose logarithms of ratios are drawn, until there are enough. */
function launches(draw: () => number): number[] {
  const logs = sample(LEAST, draw);
  while (logs.length < MOST && !isEnough(logs)) logs.push(draw());
  return logs;
}

/** How many of `trials` comparisons claim a difference, and how many launches they took on average. */
function compareOften(
  trials: number,
  truth: number,
  scatter: number,
  noise?: () => number,
): { claims: number; launches: number } {
  const random = new Random(17);
  const draw = noise ?? (() => normal(random));
  let [claims, taken] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const logs = launches(() => Math.log(truth) + scatter * draw());
    taken += logs.length;
    const { finding } = judge(logs.map(Math.exp), trial);
    if (finding === 'slower' || finding === 'faster') claims++;
  }
  return { claims, launches: taken / trials };
}

function spread(values: readonly number[]): number {
  const logs = values.map(Math.log);
  const middle = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return Math.sqrt(logs.reduce((sum, log) => sum + (log - middle) ** 2, 0) / (logs.length - 1));
}

/** Garbage is collected in about every other round, by the phase in which the launch happens to begin. */
function collecting(random: Random): number[] {
  const [every, phase] = [1.9 + 0.2 * random.next(), random.next() * 2];
  return sample(24, () => 0).map((_, round) => {
    const collections = Math.floor((round + 1 + phase) / every) - Math.floor((round + phase) / every);
    return (780 + 440 * collections) * (1 + 0.01 * normal(random));
  });
}

/** One of twenty takes a tenth more, or less. */
function odd(random: Random): number {
  return 0.01 * normal(random) + (random.next() < 0.05 ? (random.next() < 0.5 ? 0.1 : -0.1) : 0);
}

function roundsOf(ownNs: readonly number[]): Round[] {
  return ownNs.map(ns => ({ ownNs: ns }) as Round);
}

describe('the number of launches', () => {
  test('grows with how much they scatter', () => {
    const quiet = compareOften(20, 1.05, 0.01);
    const noisy = compareOften(20, 1.05, 0.05);
    expect(quiet.launches).toBeLessThan(14);
    expect(noisy.launches).toBeGreaterThan(20);
  });

  test('is enough to find 5 per cent in 9 cases of 10', () => {
    expect(compareOften(50, 1.05, 0.015).claims).toBeGreaterThanOrEqual(49);
    expect(compareOften(50, 1.05, 0.045).claims).toBeGreaterThanOrEqual(45);
    expect(compareOften(50, 1.04, 0.04).claims).toBeGreaterThanOrEqual(42);
  });

  test.each([0.01, 0.03, 0.05])('makes no claim likelier where there is nothing: scatter %f', scatter => {
    // One in a hundred is expected; seven of 200 are seen in one case of 300.
    expect(compareOften(200, 1, scatter).claims).toBeLessThanOrEqual(6);
  });

  test('ends with the time there is, but never below the least', () => {
    const plan = { launches: 12, launchesMax: 40, secondsMax: 45 };
    expect(isAnotherDue(11, plan, 1_000_000)).toBe(true);
    expect(isAnotherDue(12, plan, 44_000)).toBe(true);
    expect(isAnotherDue(12, plan, 46_000)).toBe(false);
    expect(isAnotherDue(40, plan, 1000)).toBe(false);
  });

  test('does not depend on which of two handlers was the slower', () => {
    const random = new Random(5);
    for (let trial = 0; trial < 200; trial++) {
      const logs = sample(LEAST, () => 0.03 * normal(random) + 0.02);
      const flipped = logs.map(log => (random.next() < 0.5 ? -log : log));
      expect(isEnough(flipped)).toBe(isEnough(logs));
    }
  });
});

describe('a launch that is unlike the others', () => {
  test('does not hide 5 per cent', () => {
    const random = new Random(31);
    expect(compareOften(100, 1.05, 1, () => odd(random)).claims).toBeGreaterThanOrEqual(93);
  });

  test('makes no claim likelier where there is nothing', () => {
    const random = new Random(37);
    expect(compareOften(200, 1, 1, () => odd(random)).claims).toBeLessThanOrEqual(6);
  });

  test('hardly moves the ratio, nor the interval', () => {
    const ratios = sample(12, () => 1.05).map((ratio, at) => ratio + 0.001 * (at % 3));
    const { ratio, interval, finding } = judge(ratios.with(4, 0.4), 1);
    expect(finding).toBe('slower');
    expect(ratio).toBeCloseTo(1.05, 2);
    expect(interval.low).toBeGreaterThan(1.04);
  });

  test('counts for the test by change of signs as one that is far out, on its own side of zero', () => {
    const logs = [0.01, -0.02, 0.02, 0.03, -0.9];
    expect(clipped(logs)).toEqual([0.01, -0.02, 0.02, 0.03, -0.045]);
    expect(clipped(logs.map(log => -log))).toEqual(clipped(logs).map(log => -log));
  });

  test('counts for the mean as one at the border of what is usual, and is no longer unlike where there are many', () => {
    const logs = [0.05, 0.06, 0.07, 0.08, 0.09, 0.05, 0.06, 0.07, 0.08, 2];
    expect(pulledIn(logs).slice(0, -1)).toEqual(logs.slice(0, -1));
    expect(pulledIn(logs).at(-1)).toBeCloseTo(0.07 + 3 * 1.4826 * 0.01);
    const modes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0.1, 0.1, 0.1];
    expect(pulledIn(modes)).toEqual(modes);
    const { interval, finding } = judge(modes.map(Math.exp), 1);
    expect(finding).not.toBe('same');
    expect(interval.high).toBeGreaterThan(1.03);
  });
});

describe('the turns of a launch', () => {
  test('give a ratio that a moment at which the whole machine is slow does not move', () => {
    const random = new Random(41);
    const slow = sample(40, () => (random.next() < 0.4 ? 1 + random.next() : 1));
    const [one, other] = [slow.map(by => 1000 * by), slow.map(by => 1050 * by)];
    const [ratio] = pairRatios([roundsOf(other)], [roundsOf(one)]);
    expect(ratio).toBeCloseTo(1.05, 10);
  });

  test('find what a handler takes more where garbage is collected', () => {
    const random = new Random(43);
    const ratios = sample(100, () => {
      const [one, other] = [collecting(random), collecting(random)];
      return pairRatios([roundsOf(other.map(ns => ns * 1.05))], [roundsOf(one)])[0]!;
    });
    expect(median(ratios)).toBeGreaterThan(1.03);
    expect(median(ratios)).toBeLessThan(1.07);
  });

  test('see garbage that only one of the two makes, and that is collected in a few turns', () => {
    const one = sample(100, () => 1000);
    const other = one.map((ns, turn) => ns + (turn % 5 === 0 ? 300 : 0));
    const [ratio] = pairRatios([roundsOf(other)], [roundsOf(one)]);
    expect(ratio).toBeGreaterThan(1.03);
  });

  test('in which a clock has seen nothing are left out', () => {
    const [one, other] = [
      [0, 10, 10, 0],
      [0, 0, 20, 10],
    ];
    expect(pairRatios([roundsOf(other)], [roundsOf(one)])).toEqual([2]);
  });

  test('go on as long as it is not sure what they come to, whichever of the two is the slower', () => {
    const random = new Random(47);
    const noisy = sample(120, () => 0.05 + 0.2 * normal(random));
    expect(areTurnsEnough(noisy.slice(0, 24))).toBe(false);
    expect(areTurnsEnough(sample(24, () => 0.05 + 0.02 * normal(random)))).toBe(true);
    expect(errorOfMiddle(noisy.map(log => -log))).toBeCloseTo(errorOfMiddle(noisy), 12);
  });

  test('have the standard error that many of them have', () => {
    const random = new Random(53);
    const middles = sample(2000, () => middleOfTurns(sample(40, () => normal(random))));
    const told = sample(200, () => errorOfMiddle(sample(40, () => normal(random))));
    expect(median(told) / Math.sqrt(mean(middles.map(middle => middle ** 2)))).toBeCloseTo(1, 1);
  });
});

describe('the time of a launch', () => {
  test('does not jump where garbage is collected in half of the rounds, as a median does', () => {
    const random = new Random(23);
    const all = sample(200, () => collecting(random));
    expect(spread(all.map(median))).toBeGreaterThan(0.1);
    expect(spread(all.map(launchTime))).toBeLessThan(0.03);
  });

  test('is not moved by a round in which something else was done', () => {
    const rounds = sample(24, () => 100);
    expect(launchTime(rounds.with(3, 5000).with(9, 4000))).toBe(100);
  });

  test('gives one ratio for each launch, the same whichever handler is the baseline', () => {
    const [one, other] = [[roundsOf([100, 110])], [roundsOf([200, 220]), roundsOf([1])]];
    expect(pairRatios(other, one)).toEqual([2]);
    expect(pairRatios(one, other)).toEqual([0.5]);
  });
});

describe('rounds', () => {
  const plan = alonePlan({ quick: true, launches: undefined }, 1);

  test('are long where several events are handled at a time, of which there are few at both ends', () => {
    const paced = pacedFor(plan, { concurrent: true });
    expect(paced.roundMs).toBe(72);
    expect(paced.rounds).toBe(6);
    // There is time for as many batches as it takes to see that times are steady.
    expect(paced.warmMsMax / paced.batchMsMin).toBeGreaterThanOrEqual(2 * STEADY_WINDOW);
    expect(pacedFor(plan, { concurrent: false })).toMatchObject({ roundMs: 6, rounds: 12, warmMsMax: 600 });
  });
});
