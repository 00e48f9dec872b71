import { describe, expect, test } from 'vitest';
import { type Extent, eventsBeforeTheEndOfTime, generate, type Progress } from '../../src/gen/generate.ts';
import { bytesOf, specOf } from './made-events.ts';

const ENDLESS: Extent = {
  count: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  durationMs: Number.POSITIVE_INFINITY,
  rate: Number.POSITIVE_INFINITY,
};
const SPEC = specOf('sensors');

interface Made {
  readonly bytes: Buffer;
  readonly pieces: number;
  readonly progress: Progress;
  readonly ms: number;
}

/** All that is made, where each piece is taken in `takeMs`; with `stopAfter` it is aborted after so many pieces. */
async function make(
  extent: Partial<Extent>,
  takeMs = 0,
  stopAfter = Number.POSITIVE_INFINITY,
): Promise<Made> {
  const progress: Progress = { events: 0, bytes: 0, behindMs: 0 };
  const controller = new AbortController();
  const parts: Buffer[] = [];
  const startMs = performance.now();
  for await (const piece of generate(SPEC, { ...ENDLESS, ...extent }, progress, controller.signal)) {
    expect(piece.at(-1)).toBe(0x0a);
    parts.push(Buffer.from(piece));
    if (parts.length >= stopAfter) controller.abort();
    if (takeMs > 0) {
      await new Promise(resolve => {
        setTimeout(resolve, takeMs);
      });
    }
  }
  const bytes = Buffer.concat(parts);
  expect(progress.bytes).toBe(bytes.length);
  return { bytes, pieces: parts.length, progress, ms: performance.now() - startMs };
}

describe('events are made', () => {
  test('until there are enough of them', async () => {
    const { bytes, pieces, progress } = await make({ count: 10_000 });
    expect(bytes.equals(bytesOf(SPEC, 10_000))).toBe(true);
    expect(progress.events).toBe(10_000);
    expect(pieces).toBeGreaterThan(2);
    expect((await make({ count: 0 })).bytes.length).toBe(0);
  });

  test('until they are long enough, and the last one whole', async () => {
    const { bytes, progress } = await make({ bytes: 1_000_000 });
    expect(bytes.equals(bytesOf(SPEC, progress.events))).toBe(true);
    expect(bytes.length).toBeGreaterThanOrEqual(1_000_000);
    expect(bytesOf(SPEC, progress.events - 1).length).toBeLessThan(1_000_000);
  });

  test('until the time is up', async () => {
    const { bytes, progress, ms } = await make({ durationMs: 50 });
    expect(ms).toBeGreaterThanOrEqual(50);
    expect(bytes.equals(bytesOf(SPEC, progress.events))).toBe(true);
    expect((await make({ durationMs: 0 })).progress.events).toBe(0);
  });

  test('until nobody wants any more', async () => {
    const { bytes, progress } = await make({}, 0, 2);
    expect(bytes.equals(bytesOf(SPEC, progress.events))).toBe(true);
  });
});

describe('at a rate', () => {
  test('as many fall into a time as the rate says, none before it is due', async () => {
    const { progress, ms } = await make({ rate: 3000, durationMs: 300 });
    expect(progress.events).toBe(900);
    expect(ms).toBeGreaterThanOrEqual(899 / 3);
  });

  test('they come one by one where there is time', async () => {
    const { pieces, progress, ms } = await make({ rate: 50, count: 6 });
    expect(progress.events).toBe(6);
    expect(pieces).toBeGreaterThan(1);
    expect(ms).toBeGreaterThanOrEqual(100);
  });

  test('those that were not taken in time come at once, and it is told how late', async () => {
    const { bytes, pieces, progress } = await make({ rate: 2000, count: 600 }, 100);
    expect(bytes.equals(bytesOf(SPEC, 600))).toBe(true);
    expect(pieces).toBeLessThan(20);
    expect(progress.behindMs).toBeGreaterThan(50);
  });

  test('waiting ends when it is to end', async () => {
    const { progress } = await make({ rate: 1 / 3600 }, 1, 1);
    expect(progress.events).toBe(1);
  });
});

test('the end of time is known', () => {
  expect(eventsBeforeTheEndOfTime(specOf('access', { stepMs: 0 }))).toBe(Number.POSITIVE_INFINITY);
  const daily = specOf('access', { stepMs: 86_400_000, startMs: Date.UTC(8999, 11, 30) });
  expect(eventsBeforeTheEndOfTime(daily)).toBe(2);
});
