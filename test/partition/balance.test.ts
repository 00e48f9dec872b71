import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { balance, unevenness } from '../../src/partition/balance.ts';

const GROUPS = 256;

const someLoads = fc.array(fc.oneof(fc.constant(0), fc.nat(5), fc.nat(1000)), {
  minLength: GROUPS,
  maxLength: GROUPS,
});
const someLanes = fc.integer({ min: 1, max: 16 });

function roundRobin(lanes: number): Uint8Array {
  return Uint8Array.from({ length: GROUPS }, (_, group) => group % lanes);
}

function perLane(laneOfGroup: Uint8Array, loads: readonly number[], lanes: number): number[] {
  const sums = Array.from({ length: lanes }, () => 0);
  for (const [group, lane] of laneOfGroup.entries()) sums[lane]! += loads[group]!;
  return sums;
}

describe('balance', () => {
  test('gives every group one of the lanes, and no lane more than its share and one group', () => {
    fc.assert(
      fc.property(someLoads, someLanes, someLanes, (loads, before, lanes) => {
        const next = balance(roundRobin(before), loads, lanes);
        expect(Math.max(...next)).toBeLessThan(lanes);
        const total = loads.reduce((sum, load) => sum + load, 0);
        const heaviest = Math.max(...loads);
        // A thousandth more, for what groups of which nothing is known weigh.
        expect(Math.max(...perLane(next, loads, lanes))).toBeLessThanOrEqual(
          (total / lanes) * 1.002 + heaviest + 1e-6,
        );
      }),
    );
  });

  test('moves nothing where the loads are even already', () => {
    const loads = Array.from({ length: GROUPS }, () => 3);
    expect(balance(roundRobin(4), loads, 4)).toEqual(Uint8Array.from(roundRobin(4)));
  });

  test('spreads groups over all lanes where nothing is known of them', () => {
    const counts = perLane(
      balance(new Uint8Array(GROUPS), Array(GROUPS).fill(0), 4),
      Array(GROUPS).fill(1),
      4,
    );
    expect(counts).toEqual([64, 64, 64, 64]);
  });

  test('leaves a heavy group alone in its lane, as far as others can take the rest', () => {
    const loads = Array.from({ length: GROUPS }, (_, group) => (group === 8 ? 10_000 : 1));
    const next = balance(roundRobin(2), loads, 2);
    expect(next[8]).toBe(0);
    expect(perLane(next, loads, 2)).toEqual([10_000, 255]);
  });
});

test('unevenness is the load of the busiest lane to the share of each', () => {
  expect(unevenness(Uint8Array.of(0, 1, 1), [1, 1, 2], 2)).toBe(1.5);
  expect(unevenness(Uint8Array.of(0, 1, 1), [0, 0, 0], 2)).toBe(1);
});
