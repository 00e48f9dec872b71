import { describe, expect, test } from 'vitest';
import { StepClock } from '../../src/bench/step-clock.ts';
import { run } from '../worker/batch-runs.ts';

/** Of these every eleventh is timed. */
const LINES = Array.from({ length: 110 }, (_, n) => `{"n":${n}}`);

async function timed(handler: (event: { n: number }) => unknown): Promise<Float64Array> {
  const clock = new StepClock();
  await run('wasm', LINES, { handler: handler as never, watch: clock });
  const { handleNs, encodeNs, decodeNs } = clock.times(LINES.length);
  expect([encodeNs.length, decodeNs.length]).toEqual([handleNs.length, handleNs.length]);
  return handleNs;
}

function spend(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

function fail(): never {
  throw new Error('no');
}

describe('the steps of single events', () => {
  test.each([
    ['return', (event: { n: number }) => event.n > 3],
    ['throw', fail],
    ['give a promise', async (event: { n: number }) => Promise.resolve(event.n > 3)],
    ['reject', async () => Promise.reject(new Error('no'))],
    ['give what cannot be taken', () => 5n],
  ])('are timed of handlers that %s', async (_, handler) => {
    expect(await timed(handler)).toHaveLength(10);
  });

  test('are not mixed up where the handler throws at some', async () => {
    const handleNs = await timed(({ n }) => {
      if (n % 2 === 1) spend(2);
      return n % 2 === 1 ? fail() : true;
    });
    expect(handleNs.filter(ns => ns >= 1.9e6).length).toBeGreaterThanOrEqual(5);
  });
});
