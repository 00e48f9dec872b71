import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateLimit } from '../../src/worker/rate-limit.ts';

const SECOND = 1_000_000_000n;

/** A clock that is set by hand, in nanoseconds. */
class Clock {
  now = 5n * SECOND;
  readonly read = (): bigint => this.now;
}

describe('RateLimit', () => {
  test('lets events pass evenly, and says how long to wait', () => {
    const clock = new Clock();
    const rate = { events: 10, perMs: 1000, burst: 1, perKey: false };
    const limit = new RateLimit(rate, new SharedArrayBuffer(8), clock.read);
    expect(limit.pass(undefined)).toBe(0);
    expect(limit.pass(undefined)).toBeCloseTo(100);
    clock.now += SECOND / 20n;
    expect(limit.pass(undefined)).toBeCloseTo(50);
    clock.now += SECOND / 20n;
    expect(limit.pass(undefined)).toBe(0);
    expect(limit.pass(undefined)).toBeCloseTo(100);
  });

  test('lets several events pass at once, and makes those behind them wait as long as if they had come one by one', () => {
    const clock = new Clock();
    const rate = { events: 10, perMs: 1000, burst: 1, perKey: false };
    const limit = new RateLimit(rate, new SharedArrayBuffer(8), clock.read);
    expect(limit.pass(undefined, 5)).toBe(0);
    expect(limit.pass(undefined)).toBeCloseTo(500);
  });

  test('keeps one time for all that share its memory, or one for each key', () => {
    const clock = new Clock();
    const shared = new SharedArrayBuffer(8);
    const all = { events: 1, perMs: 1000, burst: 1, perKey: false };
    const [one, other] = [new RateLimit(all, shared, clock.read), new RateLimit(all, shared, clock.read)];
    expect([one.pass('a'), other.pass('b') > 0]).toEqual([0, true]);
    const byKey = new RateLimit({ ...all, perKey: true }, new SharedArrayBuffer(8), clock.read);
    expect([byKey.pass('a'), byKey.pass('b'), byKey.pass(undefined)]).toEqual([0, 0, 0]);
    expect([byKey.pass('a') > 0, byKey.pass('b') > 0]).toEqual([true, true]);
  });

  test('keeps one time for all events without a key, in whatever lane they are', () => {
    const clock = new Clock();
    const shared = new SharedArrayBuffer(8);
    const byKey = { events: 1, perMs: 1000, burst: 1, perKey: true };
    const [one, other] = [new RateLimit(byKey, shared, clock.read), new RateLimit(byKey, shared, clock.read)];
    expect([one.pass(undefined), one.pass('a'), other.pass('b')]).toEqual([0, 0, 0]);
    expect(other.pass(undefined)).toBeCloseTo(1000);
  });

  test('loses nothing where timers are late, as long as somebody waits', () => {
    const clock = new Clock();
    const rate = { events: 1000, perMs: 1000, burst: 1, perKey: false };
    const limit = new RateLimit(rate, new SharedArrayBuffer(8), clock.read);
    let passed = 0;
    for (let hasWaited = false; passed < 1000; hasWaited = true) {
      const waitMs = limit.pass('k', 1, hasWaited);
      if (waitMs === 0) passed++;
      // Seven milliseconds late, each time.
      else clock.now += BigInt(Math.ceil(waitMs * 1e6)) + 7_000_000n;
    }
    const took = clock.now - new Clock().now;
    expect(took).toBeGreaterThan((SECOND * 98n) / 100n);
    expect(took).toBeLessThan((SECOND * 102n) / 100n);
  });

  test('never lets more pass in any time than the rate and the burst allow, and no fewer to who asks when told', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 60 }),
        (events, burst, perKey, pausesMs) => {
          const clock = new Clock();
          const limit = new RateLimit(
            { events, perMs: 1000, burst, perKey },
            new SharedArrayBuffer(8),
            clock.read,
          );
          const passed: bigint[] = [];
          for (const pauseMs of pausesMs) {
            clock.now += BigInt(pauseMs) * 1_000_000n;
            const waitMs = limit.pass('k');
            if (waitMs > 0) {
              clock.now += BigInt(Math.ceil(waitMs * 1e6));
              expect(limit.pass('k')).toBe(0);
            }
            passed.push(clock.now);
          }
          const intervalNs = BigInt(Math.round(1e9 / events));
          for (let from = 0; from < passed.length; from++) {
            for (let to = from; to < passed.length; to++) {
              const allowed = BigInt(burst) + (passed[to]! - passed[from]!) / intervalNs;
              expect(BigInt(to - from + 1) <= allowed + 1n).toBe(true);
            }
          }
        },
      ),
    );
  });
});
