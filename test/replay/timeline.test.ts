import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Timeline } from '../../src/replay/timeline.ts';

function places(times: readonly number[], gapMsMax = Number.POSITIVE_INFINITY): number[] {
  const timeline = new Timeline(gapMsMax);
  return times.map(time => timeline.placeOf(time));
}

describe('Timeline', () => {
  test('keeps the distances between events that are in order', () => {
    expect(places([5000, 5010, 5010, 6000])).toEqual([0, 10, 10, 1000]);
  });

  test('gives an event that is earlier than one before it the place of that one', () => {
    expect(places([100, 200, 150, 190, 250])).toEqual([0, 100, 100, 100, 150]);
  });

  test('gives an event without a time the place of the one before it', () => {
    expect(places([Number.NaN, 100, Number.NaN, 130])).toEqual([0, 0, 0, 30]);
  });

  test('cuts gaps', () => {
    expect(places([0, 1_000_000, 1_000_020, 3_000_000], 50)).toEqual([0, 50, 70, 120]);
  });

  test('does not let one wrong time be the measure of all that follow', () => {
    const year2099 = Date.UTC(2099, 0);
    expect(places([0, 10, year2099, 20, 30], 100)).toEqual([0, 10, 110, 120, 130]);
  });

  test('has no gap behind what was passed over', () => {
    const timeline = new Timeline(Number.POSITIVE_INFINITY);
    timeline.placeOf(0);
    timeline.placeOf(10);
    timeline.skip();
    expect([timeline.placeOf(99_999), timeline.placeOf(100_009)]).toEqual([10, 20]);
  });

  test('never goes back, and never by more than the longest gap', () => {
    const time = fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.double({ noDefaultInfinity: true }));
    fc.assert(
      fc.property(fc.array(time), fc.integer({ min: 0, max: 100 }), (times, gapMsMax) => {
        const all = places(times, gapMsMax);
        for (const [i, place] of all.entries()) {
          const step = place - (all[i - 1] ?? 0);
          expect(step).toBeGreaterThanOrEqual(0);
          // But for what the sum of two numbers is rounded by.
          expect(step).toBeLessThanOrEqual(gapMsMax + place * Number.EPSILON);
        }
      }),
    );
  });

  test('is the running maximum where gaps are not cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1 }), times => {
        let latest = times[0]!;
        const expected = times.map(time => {
          latest = Math.max(latest, time);
          return latest - times[0]!;
        });
        expect(places(times)).toEqual(expected);
      }),
    );
  });
});
