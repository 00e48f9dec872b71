import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { pacedFor } from '../../src/bench/alone.ts';
import { pairRatios } from '../../src/bench/compare.ts';
import { isEnough } from '../../src/bench/enough-launches.ts';
import { launchTime } from '../../src/bench/launch-time.ts';
import { alonePlan } from '../../src/bench/plan.ts';
import type { Round } from '../../src/bench/protocol.ts';
import { median } from '../../src/bench/quantiles.ts';
import { STEADY_WINDOW } from '../../src/bench/steady.ts';
import { judge } from '../../src/bench/verdict.ts';
import { normal, sample } from './chance.ts';

/** As `--quick` has them. */
const [LEAST, MOST] = [8, 32];

/** Launches whose logarithms of ratios are drawn, until there are enough. */
function launches(draw: () => number): number[] {
  const logs = sample(LEAST, draw);
  while (logs.length < MOST && !isEnough(logs)) logs.push(draw());
  return logs;
}

/** How many of `trials` comparisons claim a difference, and how many launches they took on average. */
function compareOften(trials: number, truth: number, scatter: number): { claims: number; launches: number } {
  const random = new Random(17);
  let [claims, taken] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const logs = launches(() => Math.log(truth) + scatter * normal(random));
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

function roundsOf(ownNs: readonly number[]): Round[] {
  return ownNs.map(ns => ({ ownNs: ns }) as Round);
}

describe('the number of launches', () => {
  test('grows with how much they scatter', () => {
    const quiet = compareOften(20, 1.05, 0.01);
    const noisy = compareOften(20, 1.05, 0.05);
    expect(quiet.launches).toBeLessThan(12);
    expect(noisy.launches).toBeGreaterThan(20);
  });

  test('is enough to find 5 per cent in 9 cases of 10', () => {
    expect(compareOften(50, 1.05, 0.015).claims).toBeGreaterThanOrEqual(49);
    expect(compareOften(50, 1.05, 0.045).claims).toBeGreaterThanOrEqual(45);
  });

  test.each([0.01, 0.03, 0.05])('makes no claim likelier where there is nothing: scatter %f', scatter => {
    // One in a hundred is expected; seven of 200 are seen in one case of 300.
    expect(compareOften(200, 1, scatter).claims).toBeLessThanOrEqual(6);
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
    expect(paced.roundMs).toBe(120);
    expect(paced.rounds).toBe(6);
    // There is time for as many batches as it takes to see that times are steady.
    expect(paced.warmMsMax / paced.batchMsMin).toBeGreaterThanOrEqual(2 * STEADY_WINDOW);
    expect(pacedFor(plan, { concurrent: false })).toMatchObject({ roundMs: 6, rounds: 12, warmMsMax: 600 });
  });
});
