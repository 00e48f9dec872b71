import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Distinct } from '../../src/inspect/distinct.ts';
import { HyperLogLog } from '../../src/inspect/hyper-log-log.ts';
import { LogHistogram, QUANTILE_ERROR } from '../../src/inspect/log-histogram.ts';
import { SpaceSaving } from '../../src/base/space-saving.ts';
import { HASHED_UNITS_MAX, ValueHash } from '../../src/inspect/value-hash.ts';
import { Random } from '../../src/base/random.ts';

function hashed(value: string | number): readonly [number, number] {
  const hash = new ValueHash();
  if (typeof value === 'string') hash.ofText(value);
  else hash.ofNumber(value);
  return [hash.a, hash.b];
}

describe('ValueHash', () => {
  test('gives the same for the same value, and tells others apart in all of their parts', () => {
    expect(hashed('abc')).toEqual(hashed('abc'));
    expect(hashed(0)).toEqual(hashed(-0));
    const long = 'x'.repeat(HASHED_UNITS_MAX);
    const values = [
      '',
      'a',
      'b',
      'ab',
      'ba',
      'a\0',
      '\0a',
      'ā',
      long,
      `${long}x`,
      `${long}xx`,
      0,
      1,
      0.5,
      2 ** 40,
    ];
    expect(new Set(values.map(value => hashed(value).join())).size).toBe(values.length);
  });

  test('is spread evenly over both halves, whatever is alike in the values', () => {
    for (const value of [
      (n: number) => `10.0.${n >> 8}.${n & 255}`,
      (n: number) => n,
      (n: number) => n * 1000,
    ]) {
      for (const half of [0, 1]) {
        for (const shift of [0, 24]) {
          const counts = Array.from({ length: 256 }, () => 0);
          for (let n = 0; n < 65_536; n++) counts[(hashed(value(n))[half]! >>> shift) & 255]!++;
          // 256 are expected in each, with a standard deviation of 16.
          expect(Math.max(...counts)).toBeLessThan(256 + 6 * 16);
          expect(Math.min(...counts)).toBeGreaterThan(256 - 6 * 16);
        }
      }
    }
  });
});

describe('HyperLogLog', () => {
  test.each([10, 1000, 30_000, 65_536, 100_000, 1_000_000])('of %i values is off by what it says', count => {
    for (const value of [(n: number) => `user-${n}`, (n: number) => n]) {
      const sketch = new HyperLogLog(14);
      for (let n = 0; n < count; n++) sketch.add(...hashed(value(n)));
      expect(Math.abs(sketch.estimate() / count - 1)).toBeLessThan(4 * sketch.standardError);
    }
    expect(new HyperLogLog(14).standardError).toBeCloseTo(0.008125, 6);
  });

  test('counts a value once, however often it comes, and none where there are none', () => {
    const sketch = new HyperLogLog(11);
    expect(sketch.estimate()).toBe(0);
    for (let n = 0; n < 100_000; n++) sketch.add(...hashed(`user-${n % 50}`));
    expect(Math.round(sketch.estimate())).toBeGreaterThanOrEqual(48);
    expect(Math.round(sketch.estimate())).toBeLessThanOrEqual(52);
  });

  test('takes only as many bits as it can work with', () => {
    for (const bits of [6, 17, Number.NaN]) expect(() => new HyperLogLog(bits)).toThrow(RangeError);
  });
});

describe('Distinct', () => {
  test('is exact up to its bound, and an estimate of the whole stream beyond', () => {
    const distinct = new Distinct(1000);
    for (let n = 0; n < 2000; n++) distinct.add(`k${n % 1000}`);
    expect(distinct.get()).toEqual({ count: 1000, exact: true, standardError: 0 });
    for (let n = 1000; n < 20_000; n++) distinct.add(`k${n}`);
    const { count, exact, standardError } = distinct.get();
    expect(exact).toBe(false);
    expect(Math.abs(count / 20_000 - 1)).toBeLessThan(4 * standardError);
  });
});

describe('SpaceSaving', () => {
  test('keeps its guarantee against exact counts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 60 })), {
          maxLength: 400,
        }),
        (capacity, stream) => {
          const sketch = new SpaceSaving(capacity);
          const exact = new Map<string, number>();
          for (const value of stream) {
            sketch.add(`${value}`);
            exact.set(`${value}`, (exact.get(`${value}`) ?? 0) + 1);
          }
          const top = sketch.top(capacity);
          expect(sketch.total).toBe(stream.length);
          expect(top.reduce((sum, { count }) => sum + count, 0)).toBe(stream.length);
          for (const { value, count, error } of top) {
            const truly = exact.get(value)!;
            expect(count).toBeGreaterThanOrEqual(truly);
            expect(count - error).toBeLessThanOrEqual(truly);
            expect(error).toBeLessThanOrEqual(sketch.errorMax);
          }
          const found = new Set(top.map(({ value }) => value));
          for (const [value, count] of exact) {
            if (count > sketch.errorMax && count > stream.length / capacity) expect(found).toContain(value);
            if (exact.size < capacity) expect(found).toContain(value);
          }
        },
      ),
    );
  });

  test('is exact, and says so, as long as there are fewer values than counters', () => {
    const sketch = new SpaceSaving(4);
    for (const value of ['c', 'a', 'b', 'a', 'c', 'a']) sketch.add(value);
    expect(sketch.errorMax).toBe(0);
    expect(sketch.top(2)).toEqual([
      { value: 'a', count: 3, error: 0 },
      { value: 'c', count: 2, error: 0 },
    ]);
    expect(sketch.top(9).map(({ value }) => value)).toEqual(['a', 'c', 'b']);
  });

  test('finds the heavy keys in a long tail', () => {
    const random = new Random(7);
    const sketch = new SpaceSaving(100);
    for (let n = 0; n < 50_000; n++)
      sketch.add(random.next() < 0.2 ? `heavy${n % 4}` : `tail${random.below(1e9)}`);
    const found = sketch.top(4).map(({ value }) => value);
    expect(found.toSorted()).toEqual(['heavy0', 'heavy1', 'heavy2', 'heavy3']);
  });
});

describe('LogHistogram', () => {
  test('is off by no more than it says, between the exact ends', () => {
    const number = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 40 }),
      fc.integer({ min: 0, max: 300 }),
      fc.double({ min: 0.001, max: 1e15, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (numbers, share) => {
          const histogram = new LogHistogram();
          for (const value of numbers) histogram.add(value);
          const sorted = numbers.toSorted((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(share * numbers.length)) - 1]!;
          expect(Math.abs(histogram.quantile(share) - exact)).toBeLessThanOrEqual(
            exact * QUANTILE_ERROR * (1 + 1e-9),
          );
          expect(histogram.quantiles()).toMatchObject({ min: sorted[0], max: sorted.at(-1) });
        },
      ),
    );
  });

  test('takes what is out of its range for its ends, and has no quantiles of nothing', () => {
    expect(new LogHistogram().quantiles()).toBeUndefined();
    expect(new LogHistogram().quantile(0.5)).toBeNaN();
    const histogram = new LogHistogram();
    for (const value of [-5, 0, 1e-9, 1e30]) histogram.add(value);
    expect(histogram.quantiles()).toMatchObject({ min: -5, p50: 0, max: 1e30 });
    expect(histogram.count).toBe(4);
  });
});
