import { describe, expect, test, vi } from 'vitest';
import { loopedSource } from '../../src/bench/looped-source.ts';
import { OpenLoop } from '../../src/bench/open-loop-source.ts';
import type { Source, SourceSpec } from '../../src/source/contract.ts';

/** A source that gives these pieces, one a read. */
function pieces(name: string, texts: readonly string[]): SourceSpec & { opened: number; closed: number } {
  const spec = {
    name,
    id: name,
    live: false,
    opened: 0,
    closed: 0,
    check: () => Promise.resolve(undefined),
    open: (): Promise<Source> => {
      spec.opened++;
      let at = 0;
      return Promise.resolve({
        start: { offset: 0, line: 0, unfinished: false },
        readable: () => undefined,
        read: (into: Uint8Array): Promise<number | 'end'> => {
          const text = texts[at++];
          if (text === undefined) return Promise.resolve('end');
          return Promise.resolve(Buffer.from(text).copy(into));
        },
        positions: () => Promise.resolve({}),
        close: () => {
          spec.closed++;
          return Promise.resolve();
        },
      });
    },
  };
  return spec;
}

async function readText(source: Source, reads: number): Promise<string> {
  const into = new Uint8Array(1000);
  let text = '';
  for (let read = 0; read < reads; read++) {
    const length = await source.read(into);
    if (length === 'end') return `${text}(end)`;
    text += Buffer.from(into.subarray(0, length)).toString();
  }
  return text;
}

describe('a source that is read again and again', () => {
  test('goes round, one after the other, and ends the last line of each', async () => {
    const [a, b] = [pieces('a', ['1\n', '2']), pieces('b', ['3\n'])];
    const source = await loopedSource([a, b], { isOn: true }, () => undefined).open({});
    expect(await readText(source, 9)).toBe('1\n2\n3\n1\n2\n3\n1\n');
    expect([a.opened, b.opened, a.closed, b.closed]).toEqual([3, 2, 2, 2]);
    await source.close();
    expect(a.closed).toBe(3);
  });

  test('goes on where there is but one', async () => {
    const source = await loopedSource([pieces('a', ['1\n'])], { isOn: true }, () => undefined).open({});
    expect(await readText(source, 4)).toBe('1\n1\n1\n1\n');
  });

  test('ends where none has anything', async () => {
    const none = [pieces('a', []), pieces('b', [])];
    const source = await loopedSource(none, { isOn: true }, () => undefined).open({});
    expect(await readText(source, 4)).toBe('(end)');
  });

  test('tells the time that reading takes, while the clock is on', async () => {
    let reads = 0;
    const clock = { isOn: true };
    const source = await loopedSource([pieces('a', ['1\n'])], clock, () => reads++).open({});
    await readText(source, 3);
    expect(reads).toBe(3);
    clock.isOn = false;
    await readText(source, 3);
    expect(reads).toBe(3);
  });
});

describe('events at a rate', () => {
  const lines = Buffer.from('{"a":1}\n{"b":22}\n');

  test('are given when they are due, whether or not those before them are done', async () => {
    const load = new OpenLoop({ lines, perSecond: 200, seconds: 0.1, warmSeconds: 0 });
    let text = '';
    for (;;) {
      await load.readable();
      const into = new Uint8Array(1000);
      const length = await load.read(into);
      if (length === 'end') break;
      text += Buffer.from(into.subarray(0, length)).toString();
    }
    expect(text).toBe('{"a":1}\n{"b":22}\n'.repeat(10));
  });

  test('are counted from when they were due, also those that were never committed', async () => {
    const load = new OpenLoop({ lines, perSecond: 100, seconds: 0.2, warmSeconds: 0 });
    await new Promise(resolve => setTimeout(resolve, 250));
    await load.read(new Uint8Array(1000));
    load.committed({ offset: 0, line: 5, unfinished: false });
    const { committed, latencyMs } = load.figures();
    expect(committed).toBe(5);
    // All twenty are due by now; the first one has waited for the longest time.
    expect(latencyMs.count).toBe(20);
    expect(latencyMs.max).toBeGreaterThanOrEqual(240);
    expect(latencyMs.min).toBeGreaterThanOrEqual(45);
  });

  test('are not counted as long as it warms up', async () => {
    const load = new OpenLoop({ lines, perSecond: 100, seconds: 0.05, warmSeconds: 0.05 });
    await new Promise(resolve => setTimeout(resolve, 120));
    load.committed({ offset: 0, line: 10, unfinished: false });
    expect(load.figures()).toMatchObject({ committed: 5 });
  });

  /** What comes of events at 1000 a second, for a second behind one of warm-up, of which `perSecond` are committed, up to a second after. */
  function atCapacity(perSecond: number): ReturnType<OpenLoop['figures']> {
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    try {
      const load = new OpenLoop({ lines, perSecond: 1000, seconds: 1, warmSeconds: 1 });
      for (; nowMs <= 3000; nowMs += 10) {
        const line = Math.min(2000, nowMs, Math.floor((nowMs / 1000) * perSecond));
        load.committed({ offset: 0, line, unfinished: false });
      }
      return load.figures();
    } finally {
      vi.restoreAllMocks();
    }
  }

  test.each([0, 100, 300, 450, 600])(
    'tell that they are left where %d of 1000 are done a second',
    capacity => {
      const { left, committedPerSecond } = atCapacity(capacity);
      expect(left).toBeGreaterThan(0);
      expect(committedPerSecond).toBeCloseTo(capacity, -1);
    },
  );

  test('tell that the latency grows where the pipeline falls behind, and all are done in the end', () => {
    const { left, growth } = atCapacity(800);
    expect(left).toBe(0);
    expect(1000 / (1 + growth)).toBeCloseTo(800, -1);
  });

  test('tell that none is left, and that the latency does not grow, where the pipeline keeps up', () => {
    const { left, growth, committed } = atCapacity(2000);
    expect([left, committed]).toEqual([0, 1000]);
    expect(growth).toBeCloseTo(0, 6);
  });

  test('end when that is asked for', async () => {
    const load = new OpenLoop({ lines, perSecond: 0.1, seconds: 1000, warmSeconds: 0 });
    await load.read(new Uint8Array(1000));
    const waiting = load.readable();
    load.quit();
    await waiting;
    expect(await load.read(new Uint8Array(1000))).toBe('end');
  });
});
