import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHAPES } from '../../src/gen/shapes.ts';
import { bytesOf, eventsOf, linesOf, specOf } from './made-events.ts';

/** What holds for the events of every shape, and what each of them promises. */

/** Of the first 20,000 events; of longer ones of which some are late and some invalid, the first 2,000, from another seed. */
const SHA256: Readonly<Record<string, readonly [plain: string, spoilt: string]>> = {
  access: [
    '95f3003daaa92d3497039176a78770407be8ed32188f0a4de3ab550d70bb80b8',
    'd6164071a6fa9de60e9e096f3e39ba90dbe8d133f926a508a64b8516b213744d',
  ],
  orders: [
    'c26fb91b4a60baf6392e72f97345bfb5ba6104a6d7f3566250d6595354d914f5',
    '0a282ebcc48b14a102bc44949b48ec1b96ff340307b1ea633185bd41734596b2',
  ],
  sensors: [
    '6c3958a3d474afc699362a2965e7aedf0870bd465d3228bc33ce64b5915106a0',
    '91be08330191bf4c513a32fe613cc7c5682720993c62ce8d376f6c6bf6151751',
  ],
  nexmark: [
    '50ef8d2ffcd8b1593ac47644a23b2fd866d42f2a45ccb26b226bea8519879bcf',
    '0ebb3800c11a8d0626270196899d01f6a8957d94b250083cfcd4a49f566d9350',
  ],
  ads: [
    '6d35d8a15b12798e705db87488094895af48694c2549302461da985b40e30efd',
    '14523492677149ef25253a3e9754d934253b8b2cc900af3b816e81a59e3cbb8f',
  ],
};
const SPOILT = { seed: 2 ** 40 + 7, bytes: 1300, late: 0.05, invalid: 0.02, keys: 12_345, skew: 1.1 };

const NAMES = SHAPES.map(({ name }) => name);

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe.each(NAMES)('the shape "%s"', name => {
  test('gives the same bytes on every machine and every version of Node', () => {
    expect([sha256(bytesOf(specOf(name), 20_000)), sha256(bytesOf(specOf(name, SPOILT), 2000))]).toEqual(
      SHA256[name],
    );
  });

  test('gives the same bytes however many events are made at once', () => {
    const whole = bytesOf(specOf(name), 3000);
    expect(bytesOf(specOf(name), 3000, 1).equals(whole)).toBe(true);
    expect(bytesOf(specOf(name), 3000, 777).equals(whole)).toBe(true);
  });

  test('gives other events for another seed', () => {
    const [first, second] = [linesOf(specOf(name), 500), linesOf(specOf(name, { seed: 2 }), 500)];
    expect(first.filter((line, n) => line === second[n])).toEqual([]);
  });

  test('spells JSON as JSON.stringify does, whatever the length that is asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 45 }),
        fc.integer({ min: 1, max: 20_000 }),
        (seed, bytes) => {
          for (const line of linesOf(specOf(name, { seed, bytes }), 20)) {
            expect(JSON.stringify(JSON.parse(line))).toBe(line);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test.each([400, 1300, 3000, 100_000])('is about as long as it should be: %i bytes', bytes => {
    const count = 200;
    const length = bytesOf(specOf(name, { bytes }), count).length / count;
    expect(length).toBeGreaterThan(bytes * 0.9);
    expect(length).toBeLessThan(bytes * 1.1 + 50);
  });

  test('has as many keys as it should have', () => {
    const { key } = specOf(name).shape;
    const keys = eventsOf(specOf(name, { keys: 7 }), 3000).map(event =>
      key
        .split('.')
        .reduce((value: unknown, part) => (value as Record<string, unknown> | undefined)?.[part], event),
    );
    const known = new Set(keys.filter(value => value !== undefined));
    if (name === 'nexmark') expect(known.size).toBeGreaterThan(100);
    else expect(known.size).toBe(7);
  });
});

describe('an event', () => {
  test('of the access log has what handlers look at, in the shares that are promised', () => {
    interface Access {
      readonly ts: string;
      readonly id: number;
      readonly status: number;
      readonly latency_ms: number;
    }
    const events = eventsOf<Access>(specOf('access'), 20_000);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, n) => n));
    expect(events.map(({ ts }) => ts)).toEqual(
      events.map((_, n) => new Date(Date.UTC(2026, 0, 1) + n * 10).toISOString()),
    );
    expect(events.filter(({ status }) => status >= 500).length / 20_000).toBeCloseTo(0.04, 1);
    expect(events.filter(({ latency_ms }) => latency_ms >= 200).length / 20_000).toBeCloseTo(0.2, 1);
    const short = linesOf(specOf('access', { bytes: 70 }), 1000);
    expect(short.join('\n').length / 1000).toBeLessThan(80);
  });

  test('of the orders costs what its items do', () => {
    interface Order {
      readonly items: readonly { readonly quantity: number; readonly price: number }[];
      readonly total: number;
    }
    for (const bytes of [560, 5000]) {
      for (const { items, total } of eventsOf<Order>(specOf('orders', { bytes }), 1000)) {
        const cents = items.reduce((sum, { quantity, price }) => sum + quantity * Math.round(price * 100), 0);
        expect(Math.round(total * 100)).toBe(cents);
      }
    }
  });

  test('of the sensors is numbered for its sensor', () => {
    const next = new Map<string, number>();
    for (const { sensor, seq } of eventsOf<{ sensor: string; seq: number }>(specOf('sensors'), 20_000)) {
      expect(seq).toBe(next.get(sensor) ?? 0);
      next.set(sensor, seq + 1);
    }
    expect(next.size).toBe(1000);
  });

  test('of the ads belongs to one of a hundred campaigns, of ten ads each', () => {
    const ads = new Map<number, Set<string>>();
    for (const { ad_id } of eventsOf<{ ad_id: string }>(specOf('ads'), 20_000)) {
      expect(ad_id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/);
      const campaign = Math.floor(Number.parseInt(ad_id.slice(24), 16) / 10);
      ads.set(campaign, (ads.get(campaign) ?? new Set()).add(ad_id));
    }
    expect(ads.size).toBe(100);
    expect([...ads.values()].every(({ size }) => size === 10)).toBe(true);
  });
});
