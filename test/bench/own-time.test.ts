import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startClocks } from '../../src/bench/own-time.ts';

function compute(ms: number): void {
  const until = process.cpuUsage().user + ms * 1000;
  while (process.cpuUsage().user < until);
}

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('the own time', () => {
  test('is that of the processor', () => {
    const taken = startClocks();
    compute(200);
    expect(taken().ownNs).toBeGreaterThanOrEqual(199e6);
  });

  test('is that in which the thread waits for something', async () => {
    const taken = startClocks();
    await new Promise(resolve => setTimeout(resolve, 200));
    const { ownNs, idleShare } = taken();
    expect(ownNs).toBeGreaterThanOrEqual(150e6);
    expect(idleShare).toBeGreaterThan(0);
  });

  test.runIf(existsSync('/proc/thread-self/schedstat'))('is that in which it stands still in a call', () => {
    const taken = startClocks();
    standStill(1000);
    const { ownNs, wallNs } = taken();
    // On a machine where others have the core for most of the time what is left is less.
    expect(ownNs).toBeGreaterThanOrEqual(0.3 * wallNs);
    expect(ownNs).toBeLessThanOrEqual(1.2 * wallNs);
  });
});
