import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactExp, exactLog } from '../../src/gen/exact-math.ts';
import { Keys } from '../../src/gen/keys.ts';
import { Random } from '../../src/gen/random.ts';

describe('random numbers', () => {
  test('are those of sfc32', () => {
    // The generator in three lines, from the same state, with BigInt.
    const state = [5n, 0n, 9n, 1n];
    const next = (): number => {
      const [a, b, c, counter] = state as [bigint, bigint, bigint, bigint];
      const sum = BigInt.asUintN(32, a + b + counter);
      const turned = BigInt.asUintN(32, (c << 21n) | (c >> 11n));
      state.splice(
        0,
        4,
        b ^ (b >> 9n),
        BigInt.asUintN(32, c + (c << 3n)),
        BigInt.asUintN(32, turned + sum),
        counter + 1n,
      );
      return Number(sum);
    };
    for (let skipped = 0; skipped < 15 * 1024; skipped++) next();
    const random = new Random(5, 9);
    for (let n = 0; n < 5000; n++) expect(random.bits()).toBe(next());
  });

  test('differ from stream to stream and from seed to seed, also above 2^32', () => {
    const firsts = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 50].flatMap(seed =>
      [1, 2, 3].map(stream => new Random(seed, stream).bits()),
    );
    expect(new Set(firsts).size).toBe(18);
  });

  test('fall below their bound, evenly', () => {
    const random = new Random(3, 1);
    const counts = new Float64Array(10);
    for (let n = 0; n < 100_000; n++) counts[random.below(10)]!++;
    expect(counts.every(count => Math.abs(count - 10_000) < 500)).toBe(true);
    expect(random.below(1)).toBe(0);
  });
});

describe('logarithm and exponential', () => {
  test('are right to the last digits', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), value => {
        expect(exactLog(value)).toBeCloseTo(Math.log(value), 11);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: -600, max: 600, noNaN: true }), value => {
        expect(exactExp(value) / Math.exp(value)).toBeCloseTo(1, 11);
      }),
    );
  });
});

describe('keys', () => {
  test.each([
    [10, 0],
    [10, 1],
    [1000, 0.5],
    [1000, 1.2],
    [7, 3],
    [1, 2],
    [50_000, 10],
  ])('of %i with a skew of %d are drawn by the law of Zipf', (count, skew) => {
    const keys = new Keys(new Random(1, 2), count, skew);
    const draws = 200_000;
    const counts = new Float64Array(count);
    for (let n = 0; n < draws; n++) counts[keys.draw()]!++;
    const weights = Array.from({ length: count }, (_, key) => (key + 1) ** -skew);
    const sum = weights.reduce((all, weight) => all + weight, 0);
    for (let key = 0; key < Math.min(count, 20); key++) {
      const expected = (draws * weights[key]!) / sum;
      expect(Math.abs(counts[key]! - expected)).toBeLessThan(6 * Math.sqrt(expected) + 1);
    }
  });
});
