import { describe, expect, test } from 'vitest';
import { KeyedState } from '../../src/base/keyed-state.ts';
import type { Context, Handler } from '../../src/index.ts';
import { LastChanges } from '../../src/worker/batch-state.ts';
import { EventState } from '../../src/worker/event-state.ts';
import { AS_THEY_COME } from '../../src/worker/work-options.ts';
import { run } from './batch-runs.ts';

/** The changes that the state's end tells. */
function endOf(state: EventState, all: KeyedState): string | undefined {
  const batch = new LastChanges(all);
  state.end(0, batch);
  const result = batch.result();
  return result && Buffer.from(result.bytes).toString();
}

describe('EventState', () => {
  test('keeps what was set only where the event has come to its end', () => {
    const all = new KeyedState();
    const failed = new EventState(all, 'a');
    failed.set(5);
    expect(failed.get()).toBe(5);
    expect(all.get('a')).toBeUndefined();
    const state = new EventState(all, 'a');
    expect(state.get()).toBeUndefined();
    expect(state.update<number>(n => (n ?? 0) + 1)).toBe(1);
    expect(endOf(state, all)).toBe('{"key":"a","value":1}\n');
    expect(all.get('a')).toBe('1');
  });

  test('gives out another object each time', () => {
    const all = new KeyedState();
    all.set('a', '{"n":[1]}');
    const state = new EventState(all, 'a');
    state.get<{ n: number[] }>()!.n.push(2);
    expect(state.get()).toEqual({ n: [1] });
    expect(endOf(state, all)).toBeUndefined();
  });

  test('is deleted by delete, and by an update to nothing', () => {
    const all = new KeyedState();
    all.set('a', '1');
    const state = new EventState(all, 'a');
    expect(state.update(() => undefined)).toBeUndefined();
    expect(endOf(state, all)).toBe('{"key":"a"}\n');
    expect(all.get('a')).toBeUndefined();
  });

  test('cannot be changed when the handler has returned, nor to what is no JSON', () => {
    const state = new EventState(new KeyedState(), 'a');
    expect(() => state.set(Number.NaN)).toThrow('JSON');
    expect(() => state.set(() => 1)).toThrow('JSON');
    endOf(state, new KeyedState());
    expect(() => state.set(1)).toThrow('after the handler had returned');
  });
});

const count: Handler<{ id: string; n: number }> = (event, context) => {
  const seen = context.state.update<number>(n => (n ?? 0) + 1)!;
  if (event.n % 5 === 0) throw new Error('its count does not count');
  if (event.n % 5 === 1) return true;
  if (event.n % 5 === 2) return false;
  return event.n % 5 === 3 ? [{ seen }, true] : { seen };
};

describe.each(['plain', 'wasm'] as const)('state of keys, by the %s engine', engine => {
  test.each([1, 7])('is that of the events that did not fail, %s at a time', async concurrency => {
    const lines = Array.from({ length: 100 }, (_, n) => JSON.stringify({ id: `k${n % 3}`, n }));
    const setting = {
      handler: count,
      key: 'id',
      lines: 'listed',
      work: { ...AS_THEY_COME, concurrency },
    } as const;
    const outcome = await run(engine, lines, concurrency === 1 ? { ...setting, work: undefined } : setting);
    const expected: string[] = [];
    const counts = new Map<string, number>();
    for (const [n, line] of lines.entries()) {
      if (n % 5 === 0) continue;
      const key = `k${n % 3}`;
      const seen = (counts.get(key) ?? 0) + 1;
      counts.set(key, seen);
      if (n % 5 === 1) expected.push(line);
      if (n % 5 === 3) expected.push(`{"seen":${seen}}`, line);
      if (n % 5 === 4) expected.push(`{"seen":${seen}}`);
    }
    expect(outcome.output).toBe(`${expected.join('\n')}\n`);
    const state = new KeyedState();
    for (const changes of outcome.stateChanges) state.add(Buffer.from(changes));
    expect(new Map(state.entries())).toEqual(new Map([...counts].map(([key, seen]) => [key, String(seen)])));
    expect(outcome.account).toMatchObject({
      read: 100,
      dead: 20,
      dropped: 20,
      kept: 60,
      written: 80,
      emitted: 0,
    });
  });

  test('is not there without a key', async () => {
    const { letters } = await run(engine, ['{"n":1}'], { handler: count });
    expect(letters[0]).toContain('the event has no key, and so no state');
  });

  test('may be named without a key, as long as it is not used', async () => {
    const { letters, output } = await run(engine, ['{"n":1}'], {
      handler: (event: unknown, { state }: Context) => state !== undefined && event,
    });
    expect([letters, output]).toEqual([[], '{"n":1}\n']);
  });
});
