import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Permits, permitsMemory, takeBackPermits } from '../../src/worker/permits.ts';

describe('Permits', () => {
  test('are as many as there are, for all lanes together', () => {
    const memory = permitsMemory(10);
    const [one, other] = [new Permits(memory, 2, 1), new Permits(memory, 2, 2)];
    const first = one.take()!;
    const second = other.take()!;
    expect([first, second].toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect([one.take(), other.take()]).toEqual([undefined, undefined]);
    other.give(second);
    expect(one.take()).toBe(second);
  });

  test('let a lane wait without blocking it until another gives one back', async () => {
    const memory = permitsMemory(10);
    const [one, other] = [new Permits(memory, 1, 1), new Permits(memory, 1, 2)];
    const permit = one.take()!;
    expect(other.take()).toBeUndefined();
    let waited = false;
    const waiting = other.someGiven().then(() => {
      waited = true;
    });
    await pause(5);
    expect(waited).toBe(false);
    one.give(permit);
    await waiting;
    expect(other.take()).toBe(permit);
    other.give(permit);
    // Given back between the look and the wait.
    await one.someGiven();
  });

  test('that a dead thread has left are given back, and no others', async () => {
    const memory = permitsMemory(10);
    const [one, other] = [new Permits(memory, 3, 1), new Permits(memory, 3, 2)];
    one.take();
    other.take();
    one.take();
    const waiting = other.someGiven();
    takeBackPermits(memory, 1);
    await waiting;
    expect([other.take(), other.take(), other.take()]).toEqual([1, 3, undefined]);
  });
});
