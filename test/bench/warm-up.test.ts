import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { warmUp } from '../../src/bench/warm-up.ts';
import { WayChoice } from '../../src/worker/way-choice.ts';

const TIMES = { msMin: 60, msMax: 2000, batchMsMin: 3 };

/** A handler whose events take so long by the way in which they are decoded, after `slowMs` in which nothing is compiled yet. */
function thread(nsOf: (inPart: boolean, passedMs: number) => number, ownShare = 1) {
  const ways = new WayChoice(true);
  const handled: { lines: number; inPart: boolean }[] = [];
  let passedMs = 0;
  const handle = (lines: number): Promise<{ ownMs: number; wallMs: number }> => {
    const { inPart } = ways;
    const ms = (nsOf(inPart, passedMs) * lines) / 1e6;
    passedMs += ms;
    handled.push({ lines, inPart });
    ways.batchDone(lines, ms);
    return Promise.resolve({ ownMs: ms * ownShare, wallMs: ms });
  };
  return { ways, handled, warming: { ways, lines: 20_000, handle } };
}

describe('a warm-up', () => {
  test('ends with the faster way of decoding, also where the first trials were misled', async () => {
    const random = new Random(3);
    for (let launch = 0; launch < 50; launch++) {
      const compiledMs = 20 + 60 * random.next();
      const { ways, warming } = thread((inPart, passedMs) =>
        passedMs < compiledMs ? 3000 + 2000 * random.next() : (inPart ? 1000 : 2200) + 50 * random.next(),
      );
      const { steady, nsPerEvent } = await warmUp(TIMES, warming);
      expect(steady).toBe(true);
      expect(ways.inPart).toBe(true);
      expect(nsPerEvent).toBeLessThan(1100);
    }
  });

  test('lets no trial fall into what comes behind it', async () => {
    const { ways, warming } = thread(inPart => (inPart ? 1000 : 900));
    await warmUp(TIMES, warming);
    const after = Array.from({ length: 500 }, () => {
      ways.batchDone(4000, 4);
      return ways.inPart;
    });
    expect(new Set(after)).toEqual(new Set([false]));
  });

  test('finds the faster way also where decoding is a small part of what an event takes', async () => {
    const random = new Random(5);
    for (let launch = 0; launch < 50; launch++) {
      const slow = thread(inPart => (inPart ? 28_000 : 30_600) + 3000 * random.next());
      await warmUp(TIMES, slow.warming);
      expect(slow.ways.inPart).toBe(true);
    }
  });

  test('gives few lines to handlers that take long', async () => {
    const slower = thread(() => 5e6);
    const { ms } = await warmUp(TIMES, slower.warming);
    expect(Math.max(...slower.handled.map(({ lines }) => lines))).toBeLessThanOrEqual(8);
    expect(ms).toBeLessThan(2100);
  });

  test('ends where hardly any of the time is its own, and takes no more lines for that', async () => {
    const waiting = thread(() => 1e6, 0.001);
    await warmUp(TIMES, waiting.warming);
    expect(waiting.handled.reduce((sum, { lines }) => sum + lines, 0)).toBeLessThan(11_000);
    expect(Math.max(...waiting.handled.map(({ lines }) => lines))).toBeLessThanOrEqual(8);
  });

  test('tells where times are not steady when it must end', async () => {
    const { warming } = thread((_, passedMs) => 5000 / (1 + passedMs / 200));
    const { steady, ms } = await warmUp({ ...TIMES, msMax: 500 }, warming);
    expect(steady).toBe(false);
    expect(ms).toBeGreaterThanOrEqual(500);
  });
});
