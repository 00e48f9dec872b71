import { describe, expect, test } from 'vitest';
import { meanInterval, signFlipProbability } from '../../src/bench/bootstrap.ts';
import { normalCdf, normalQuantile, studentQuantile } from '../../src/bench/distributions.ts';
import { boxOf, logBins, median, quantile } from '../../src/bench/quantiles.ts';
import { Random } from '../../src/base/random.ts';
import { driftOf, isSteady, STEADY_WINDOW } from '../../src/bench/steady.ts';
import { isSurely, judge } from '../../src/bench/verdict.ts';
import { normal, sample } from './chance.ts';

/** Skewed, with a mean of 1. */
function exponential(random: Random): number {
  return -Math.log(1 - random.next());
}

/** Now and then something else had the processor for long. */
function wild(random: Random): number {
  return random.next() < 0.1 ? normal(random) * 2 : normal(random) * 0.02;
}

/** The compiler takes it in one of two ways. */
function twofold(random: Random): number {
  return random.next() < 0.5 ? 0.1 : -0.1;
}

/** Twelve ratios on both sides of `ratio`. */
function around(ratio: number, spread: number): number[] {
  return Array.from({ length: 12 }, (_, at) => ratio * (1 + spread * ((at % 5) - 2)));
}

/** How many of `trials` comparisons claim a difference, where launches scatter by `noise` around a true ratio. */
function claims(trials: number, ratio: number, draw: (random: Random) => number): number {
  const random = new Random(11);
  let claimed = 0;
  for (let trial = 0; trial < trials; trial++) {
    const { finding } = judge(
      sample(12, () => ratio * Math.exp(draw(random))),
      trial,
    );
    if (finding === 'faster' || finding === 'slower') claimed++;
  }
  return claimed;
}

describe('the distributions', () => {
  test('agree with the tables', () => {
    expect(normalCdf(0)).toBeCloseTo(0.5, 6);
    expect(normalCdf(1.959964)).toBeCloseTo(0.975, 6);
    expect(normalCdf(-3)).toBeCloseTo(0.0013499, 6);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 4);
    expect(studentQuantile(0.975, 1)).toBeCloseTo(12.7062, 3);
    expect(studentQuantile(0.975, 9)).toBeCloseTo(2.26216, 4);
    expect(studentQuantile(0.995, 4)).toBeCloseTo(4.60409, 4);
    expect(studentQuantile(0.025, 30)).toBeCloseTo(-2.04227, 4);
  });
});

describe('the interval of a mean', () => {
  const trials = 400;

  /** In how many trials the interval holds the true mean. */
  function coverage(count: number, draw: (random: Random) => number, truth: number): number {
    const random = new Random(7);
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = meanInterval(
        sample(count, () => draw(random)),
        0.95,
        random,
      );
      if (low <= truth && truth <= high) held++;
    }
    return held / trials;
  }

  test('holds the truth in about 95 of 100 cases, with as few values as there are launches', () => {
    expect(coverage(12, normal, 0)).toBeGreaterThan(0.925);
    expect(coverage(8, normal, 0)).toBeGreaterThan(0.92);
    expect(coverage(12, normal, 0)).toBeLessThan(0.985);
  });

  test('holds it nearly as often where the values are skewed', () => {
    expect(coverage(12, exponential, 1)).toBeGreaterThan(0.88);
  });

  test('is a point where all values are the same, and all there is where there are fewer than five', () => {
    const random = new Random(1);
    expect(meanInterval([3, 3, 3, 3, 3], 0.95, random)).toEqual({ low: 3, high: 3 });
    expect(meanInterval([1, 2, 3, 4], 0.95, random)).toEqual({ low: -Infinity, high: Infinity });
  });

  test('is the same with the same seed', () => {
    const values = [1, 2, 4, 8, 9, 11];
    const once = meanInterval(values, 0.95, new Random(5));
    expect(meanInterval(values, 0.95, new Random(5))).toEqual(once);
    expect(once.low).toBeLessThan(35 / 6);
    expect(once.high).toBeGreaterThan(35 / 6);
  });
});

describe('the test by change of signs', () => {
  test('counts all patterns where there are few', () => {
    expect(signFlipProbability([1, 1, 1, 1, 1, 1, 1, 1], new Random(1))).toBe(2 / 256);
    expect(signFlipProbability([1, -1, 1, -1], new Random(1))).toBe(1);
    // 3+2+1, and its negative, are the only ones as far out.
    expect(signFlipProbability([3, 2, 1], new Random(1))).toBe(2 / 8);
  });

  test('draws them where there are many', () => {
    const random = new Random(3);
    const values = sample(40, () => normal(random) + 2);
    expect(signFlipProbability(values, random)).toBeLessThan(0.001);
    expect(signFlipProbability(values, random)).toBeGreaterThan(0);
  });
});

describe('a verdict', () => {
  test('claims nothing where there is nothing, in 98 of 100 cases, whatever the noise is like', () => {
    expect(claims(300, 1, random => normal(random) * 0.05)).toBeLessThanOrEqual(9);
    expect(claims(300, 1, wild)).toBeLessThanOrEqual(9);
    expect(claims(300, 1, twofold)).toBeLessThanOrEqual(9);
  });

  test('finds 5 per cent where launches scatter by 2', () => {
    expect(claims(100, 1.05, random => normal(random) * 0.02)).toBeGreaterThanOrEqual(99);
  });

  test('is said in words', () => {
    expect(judge(around(0.88, 0.005), 1).text).toMatch(/^12 % faster, 95 % interval 1[12] to 1[23] %$/);
    expect(judge(around(1.05, 0.005), 1).text).toMatch(/^4\.9 % slower, 95 % interval 4\.\d to 5\.\d %$/);
    const same = judge(around(1.001, 0.01).reverse(), 1);
    expect(same.finding).toBe('same');
    expect(same.text).toMatch(/^no difference larger than [12](\.\d)? %$/);
    const unknown = judge([0.7, 1.4, 1.1, 0.8, 1.2, 0.95, 1.3, 0.75], 1);
    expect(unknown.finding).toBe('unknown');
    expect(unknown.text).toMatch(/^cannot tell: somewhere from −\d+ % to \+\d+ % of the time$/);
  });

  test('of few launches says how many it takes', () => {
    expect(judge([1.5, 1.51, 1.52], 1).text).toBe('cannot tell from 3 launches; a claim takes 8');
    expect(judge([1.5, 1.51, 1.52, 1.53, 1.54], 1).text).toMatch(
      /^cannot tell from 5 launches: from \+\d+ % to \+\d+ % of the time; a claim takes 8$/,
    );
    expect(judge([1.5, 1.51, 1.52, 1.5, 1.51, 1.52, 1.5, 1.51], 1).finding).toBe('slower');
  });

  test('calls a difference none that is surely too small for anybody', () => {
    const { finding, probability } = judge(
      sample(12, () => 1.002).map((ratio, at) => ratio + at * 1e-5),
      1,
    );
    expect(probability).toBeLessThan(0.01);
    expect(finding).toBe('same');
  });

  test('fails a build only where all of the interval lies beyond the bound', () => {
    const slower = judge([1.08, 1.09, 1.1, 1.11, 1.1, 1.09, 1.12, 1.1], 1);
    expect(isSurely({ finding: 'slower', share: 0.05 }, slower)).toBe(true);
    expect(isSurely({ finding: 'slower', share: 0.1 }, slower)).toBe(false);
    expect(isSurely({ finding: 'faster', share: 0.05 }, slower)).toBe(false);
    const noisy = judge([0.9, 1.4, 1.2, 1.0, 1.3, 0.95, 1.35, 1.1], 1);
    expect(isSurely({ finding: 'slower', share: 0.05 }, noisy)).toBe(false);
  });
});

describe('times', () => {
  test('are steady when they have stopped to fall, a slow one now and then notwithstanding', () => {
    const falling = sample(STEADY_WINDOW, () => 0).map((_, at) => 100 - at);
    expect(isSteady(falling)).toBe(false);
    const random = new Random(2);
    const level = sample(STEADY_WINDOW, () => 100 + random.next());
    expect(isSteady(level)).toBe(true);
    expect(isSteady(level.map((time, at) => (at === 3 || at === 14 ? time * 20 : time)))).toBe(true);
    expect(isSteady(level.slice(1))).toBe(false);
  });

  test('drift by the median of all slopes', () => {
    expect(driftOf([10, 11, 12, 13, 14])).toBeCloseTo(4 / 12, 12);
    expect(driftOf([5, 5, 5, 500, 5])).toBe(0);
  });
});

describe('quantiles', () => {
  test('lie between two values where need be', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4], 0)).toBe(1);
    expect(quantile([1, 2, 3, 4], 1)).toBe(4);
    expect(median([9, 1, 5])).toBe(5);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('of a box have whiskers at values, and outliers beyond them', () => {
    const box = boxOf([1, 2, 3, 4, 5, 6, 7, 8, 100]);
    expect(box).toEqual({ low: 1, q1: 3, middle: 5, q3: 7, high: 8, outliers: [100] });
  });

  test('of bins count every value once', () => {
    const random = new Random(9);
    const values = Float64Array.from(sample(1000, () => Math.exp(normal(random)))).sort();
    const { edges, counts } = logBins(values, 20);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
    expect(edges).toHaveLength(21);
    expect(edges[0]).toBe(values[0]);
    expect(counts.filter(count => count > 0).length).toBeGreaterThan(10);
  });
});
