import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LateEvent, session, sliding, tumbling, type Windows } from '../../src/index.ts';
import { KeyContext } from './key-context.ts';

interface Event {
  readonly t: number;
  readonly n: number;
}

/** What comes out of windows for some events: all that is told, with the number of the event that it was told at. */
interface Told {
  readonly at: number;
  readonly start: number;
  readonly end: number;
  readonly value: readonly number[];
}

interface Outcome {
  readonly told: readonly Told[];
  readonly late: readonly number[];
}

const listing = {
  time: ({ t }: Event) => t,
  initial: (): number[] => [],
  reduce: (value: number[], { n }: Event) => [...value, n],
};

function outcomeOf(
  windows: Windows<Event, number[]>,
  times: readonly number[],
  context = new KeyContext(),
): Outcome {
  const told: Told[] = [];
  const late: number[] = [];
  for (const [n, t] of times.entries()) {
    const before = context.json;
    try {
      for (const { start, end, value } of windows.add({ t, n }, context))
        told.push({ at: n, start, end, value });
    } catch (error) {
      expect(error).toBeInstanceOf(LateEvent);
      expect(context.json).toBe(before);
      late.push(n);
    }
  }
  for (const { start, end, value } of windows.close(context))
    told.push({ at: times.length, start, end, value });
  return { told, late };
}

/** The latest time of the events before number `n`, without lateness. */
function watermarkBefore(times: readonly number[], n: number, latenessMs: number): number {
  return Math.max(-Infinity, ...times.slice(0, n)) - latenessMs;
}

/** The same said in another way: for each window, all events looked at that could be in it. */
function fixedModel(
  times: readonly number[],
  {
    sizeMs,
    everyMs,
    offsetMs,
    latenessMs,
  }: { sizeMs: number; everyMs: number; offsetMs: number; latenessMs: number },
): Outcome {
  const told: Told[] = [];
  const counted = new Set<number>();
  const reach = sizeMs + Math.abs(offsetMs);
  const first = Math.floor((Math.min(...times) - reach) / everyMs);
  for (let k = first; k * everyMs <= Math.max(...times) + reach; k++) {
    const start = k * everyMs + offsetMs;
    const end = start + sizeMs;
    const value = [...times.keys()].filter(
      n => times[n]! >= start && times[n]! < end && watermarkBefore(times, n, latenessMs) < end,
    );
    if (value.length === 0) continue;
    for (const n of value) counted.add(n);
    const closing = times.findIndex((_, n) => watermarkBefore(times, n + 1, latenessMs) >= end);
    told.push({ at: closing < 0 ? times.length : closing, start, end, value });
  }
  const late = [...times.keys()].filter(n => !counted.has(n));
  return { told: told.sort((a, b) => a.at - b.at || a.end - b.end), late };
}

/** Sessions as sets of times, put together anew after each event. */
function sessionModel(times: readonly number[], gapMs: number, latenessMs: number): Outcome {
  const told: Told[] = [];
  const late: number[] = [];
  let open: number[][] = [];
  const endOf = (numbers: readonly number[]): number => Math.max(...numbers.map(n => times[n]!)) + gapMs;
  const close = (at: number, watermark: number): void => {
    const closed = open.filter(numbers => endOf(numbers) <= watermark).sort((a, b) => endOf(a) - endOf(b));
    open = open.filter(numbers => !closed.includes(numbers));
    for (const numbers of closed) {
      told.push({ at, start: Math.min(...numbers.map(n => times[n]!)), end: endOf(numbers), value: numbers });
    }
  };
  for (const [n, t] of times.entries()) {
    const near = open.filter(numbers => numbers.some(other => Math.abs(times[other]! - t) < gapMs));
    if (near.length === 0 && t + gapMs <= watermarkBefore(times, n, latenessMs)) {
      late.push(n);
      continue;
    }
    open = [...open.filter(numbers => !near.includes(numbers)), [...near.flat(), n].sort((a, b) => a - b)];
    close(n, watermarkBefore(times, n + 1, latenessMs));
  }
  close(times.length, Infinity);
  return { told, late };
}

/** Where the window of an event with this time begins. */
function timed(time: unknown): unknown {
  const windows = tumbling({ ...listing, time: () => time as string, sizeMs: 1000 });
  const context = new KeyContext();
  windows.add({ t: 0, n: 0 }, context);
  return windows.open(context)[0]!.start;
}

/** What is said against windows with these options. */
function wrong(options: object): string {
  try {
    sliding({ ...listing, sizeMs: 10, everyMs: 10, ...options });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

function merge(a: number[], b: number[]): number[] {
  return [...a, ...b];
}

const someTimes = fc.array(fc.integer({ min: -60, max: 120 }), { minLength: 1, maxLength: 40 });
const someLateness = fc.integer({ min: 0, max: 40 });

describe('windows', () => {
  test('of one size tell what is in them once, when all that may come has come, and what is late', () => {
    fc.assert(
      fc.property(
        someTimes,
        someLateness,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: -20, max: 20 }),
        (times, latenessMs, size, every, offsetMs) => {
          const [everyMs, sizeMs] = [Math.min(size, every), Math.max(size, every)];
          const windows = sliding({ ...listing, sizeMs, everyMs, offsetMs, latenessMs });
          expect(outcomeOf(windows, times)).toEqual(
            fixedModel(times, { sizeMs, everyMs, offsetMs, latenessMs }),
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  test('that tumble are those that slide by their size', () => {
    fc.assert(
      fc.property(someTimes, someLateness, (times, latenessMs) => {
        const fixed = { sizeMs: 10, latenessMs };
        expect(outcomeOf(tumbling({ ...listing, ...fixed }), times)).toEqual(
          fixedModel(times, { ...fixed, everyMs: 10, offsetMs: 0 }),
        );
      }),
    );
  });

  test('of sessions grow together, and end when nothing has come for a gap', () => {
    fc.assert(
      fc.property(someTimes, someLateness, fc.integer({ min: 1, max: 15 }), (times, latenessMs, gapMs) => {
        const { told, late } = outcomeOf(session({ ...listing, merge, gapMs, latenessMs }), times);
        // Which of two sessions that meet is first is said by their times, and the model goes by numbers.
        const sorted = told.map(one => ({ ...one, value: one.value.toSorted((a, b) => a - b) }));
        expect({ told: sorted, late }).toEqual(sessionModel(times, gapMs, latenessMs));
      }),
      { numRuns: 400 },
    );
  });

  test('give early results that lead to the final ones', () => {
    fc.assert(
      fc.property(someTimes, fc.integer({ min: 0, max: 20 }), (times, earlyMs) => {
        const options = { ...listing, sizeMs: 10, latenessMs: 15 };
        const plain = outcomeOf(tumbling(options), times);
        const windows = tumbling({ ...options, late: 'drop', earlyMs });
        const context = new KeyContext();
        const all = times.flatMap((t, n) => windows.add({ t, n }, context).map(one => ({ ...one, at: n })));
        const final = all
          .filter(one => one.final)
          .map(({ at, start, end, value }) => ({ at, start, end, value }));
        expect(final).toEqual(plain.told.filter(({ at }) => at < times.length));
        const early = all.filter(one => !one.final);
        // With each event where they are asked for so: one for each event that is in a window which it does not close.
        if (earlyMs === 0) expect(early.map(({ value }) => value.at(-1))).toEqual(early.map(({ at }) => at));
        for (const { at, start, value } of early) {
          expect(value).toContain(at);
          expect(all.some(one => one.final && one.start === start && one.at < at)).toBe(false);
        }
        expect(context.counted).toEqual(plain.late.map(() => 'late'));
      }),
    );
  });

  test('tell early results no more often than asked for', () => {
    const windows = tumbling({ ...listing, sizeMs: 100, earlyMs: 20 });
    const context = new KeyContext();
    const told = [0, 5, 19, 20, 30, 39, 41, 60, 61].map((t, n) => windows.add({ t, n }, context).length);
    expect(told).toEqual([0, 0, 0, 1, 0, 0, 1, 0, 1]);
  });

  test('are shown while they are open, and are a member of the state beside others', () => {
    const windows = tumbling({ ...listing, sizeMs: 10, name: 'tens' });
    const context = new KeyContext();
    context.state.set({ mine: 1 });
    expect(windows.open(context)).toEqual([]);
    windows.add({ t: 3, n: 0 }, context);
    windows.add({ t: 4, n: 1 }, context);
    expect(windows.open(context)).toEqual([{ key: 'k', start: 0, end: 10, value: [0, 1], final: false }]);
    expect(JSON.parse(context.json!)).toEqual({
      mine: 1,
      tens: { watermark: 4, open: [{ start: 0, end: 10, value: [0, 1] }] },
    });
  });

  test('that were closed for the end of the input take nothing more', () => {
    const windows = tumbling({ ...listing, sizeMs: 10, latenessMs: 100 });
    const context = new KeyContext();
    windows.add({ t: 3, n: 0 }, context);
    expect(windows.close(context)).toHaveLength(1);
    expect(windows.close(context)).toEqual([]);
    expect(() => windows.add({ t: 4, n: 1 }, context)).toThrow(LateEvent);
    expect(windows.add({ t: 10, n: 2 }, context)).toEqual([]);
    expect(windows.close(context)).toMatchObject([{ start: 10, value: [2], final: true }]);
  });

  test('write what is late to a topic, and count it', () => {
    const windows = tumbling({ ...listing, sizeMs: 10, late: { topic: 'late' } });
    const context = new KeyContext();
    windows.add({ t: 30, n: 0 }, context);
    expect(windows.add({ t: 9, n: 1 }, context)).toEqual([]);
    expect(context).toMatchObject({ counted: ['late'], emitted: [['late', { t: 9, n: 1 }]] });
  });

  test('say of what is late how late it is', () => {
    const windows = tumbling({ ...listing, sizeMs: 10 });
    const context = new KeyContext();
    windows.add({ t: 30, n: 0 }, context);
    expect(() => windows.add({ t: 9, n: 1 }, context)).toThrow(
      'the event of 1970-01-01T00:00:00.009Z is late: all windows that end by 1970-01-01T00:00:00.030Z are closed',
    );
  });

  test('take times as texts and dates, and nothing that is no time', () => {
    expect(timed('2026-01-01T00:00:01.5Z')).toBe(Date.UTC(2026, 0, 1, 0, 0, 1));
    expect(timed(new Date(1500))).toBe(1000);
    expect(timed(-1)).toBe(-1000);
    for (const none of [undefined, null, true, {}, 'yesterday', NaN, Infinity, 1e300]) {
      expect(() => timed(none)).toThrow('the event has no time that windows can use');
    }
  });

  test('refuse what they cannot be, and a state that is no object', () => {
    expect(wrong({})).toBe('');
    expect(wrong({ sizeMs: 0 })).toMatch(
      '"sizeMs" of windows is not a whole number of milliseconds from 1 on',
    );
    expect(wrong({ sizeMs: 1.5 })).toMatch('sizeMs');
    expect(wrong({ everyMs: 20 })).toMatch('events would be in none');
    expect(wrong({ sizeMs: 100_000, everyMs: 1 })).toMatch('100000 windows, more than 1000');
    expect(wrong({ latenessMs: -1 })).toMatch('latenessMs');
    expect(wrong({ latenessMs: Infinity })).toMatch('latenessMs');
    expect(wrong({ late: 'ignore' })).toMatch('"late" of windows is');
    expect(wrong({ name: '__proto__' })).toMatch('"name" of windows');
    expect(wrong({ initial: undefined })).toMatch('a function "initial"');
    expect(() => session({ ...listing, gapMs: 5 } as never)).toThrow('a function "merge"');
    const context = new KeyContext();
    context.state.set([1]);
    expect(() => tumbling({ ...listing, sizeMs: 1 }).add({ t: 0, n: 0 }, context)).toThrow('is no object');
  });
});
