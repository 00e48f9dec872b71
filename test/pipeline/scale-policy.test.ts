import { describe, expect, test } from 'vitest';
import { type Load, ScalePolicy } from '../../src/pipeline/scale-policy.ts';

const BUSY: Load = { occupied: 1, isHeldBack: true, processor: 0.5 };
const IDLE: Load = { occupied: 0, isHeldBack: false, processor: 0 };
const STEADY: Load = { occupied: 0.8, isHeldBack: false, processor: 0.5 };

/** The numbers of lanes after each of these loads, from `active` on. */
function course(policy: ScalePolicy, active: number, loads: readonly Load[]): number[] {
  return loads.map(load => (active = policy.next(active, load)));
}

function times(count: number, load: Load): Load[] {
  return Array.from({ length: count }, () => load);
}

describe('ScalePolicy', () => {
  test('adds lanes while all are busy and events wait, by half, up to the most', () => {
    expect(course(new ScalePolicy(1, 8), 1, times(12, BUSY))).toEqual([1, 2, 2, 3, 3, 5, 5, 8, 8, 8, 8, 8]);
  });

  test('adds none for one look, where nothing waits, or where no processor is left', () => {
    const policy = new ScalePolicy(1, 8);
    expect(course(policy, 2, [BUSY, STEADY, BUSY, STEADY])).toEqual([2, 2, 2, 2]);
    expect(course(policy, 2, times(5, { ...BUSY, isHeldBack: false }))).toEqual(times(5, BUSY).map(() => 2));
    expect(course(policy, 2, times(5, { ...BUSY, processor: 0.95 }))).toEqual(times(5, BUSY).map(() => 2));
  });

  test('takes one away after a long time in which the others would not be busy either', () => {
    const quiet = { occupied: 0.2, isHeldBack: false, processor: 0.1 };
    const policy = new ScalePolicy(1, 8);
    expect(course(policy, 3, times(19, quiet)).at(-1)).toBe(3);
    expect(course(policy, 3, [quiet])).toEqual([2]);
    expect(course(policy, 2, [...times(19, quiet), STEADY, ...times(19, quiet)]).at(-1)).toBe(2);
  });

  test('goes down to the fewest at once where there is nothing to do, and never below', () => {
    expect(course(new ScalePolicy(2, 8), 8, times(60, IDLE)).at(-1)).toBe(2);
    expect(course(new ScalePolicy(0, 8), 8, times(20, IDLE)).at(-1)).toBe(0);
    expect(
      course(new ScalePolicy(1, 1), 1, [...times(20, BUSY), ...times(60, IDLE)]).every(n => n === 1),
    ).toBe(true);
  });

  test('keeps the last lane while it has anything to do, and comes back from none when there is something', () => {
    const some = { occupied: 0.01, isHeldBack: false, processor: 0 };
    const policy = new ScalePolicy(0, 4);
    expect(course(policy, 1, times(100, some)).at(-1)).toBe(1);
    expect(course(policy, 0, [IDLE, IDLE, some, some])).toEqual([0, 0, 1, 1]);
  });
});
