import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Handler } from '../../src/index.ts';
import { Progress } from '../../src/worker/protocol.ts';
import { AS_THEY_COME, type WorkOptions } from '../../src/worker/work-options.ts';
import { environmentOf, run, runOf } from './batch-runs.ts';
import { lay, placeOf, slotOf } from './slots.ts';

interface Event {
  readonly id: string;
  readonly n: number;
  /** Turns of the event loop that it takes. */
  readonly takes: number;
  readonly fails: number;
}

/** Waits for some turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    await new Promise(resolve => {
      setImmediate(resolve);
    });
  }
}

/** What a handler has seen of the order in which it was called. */
class Watch {
  running = 0;
  most = 0;
  readonly byKey = new Map<string, number[]>();
  readonly #busy = new Set<string>();

  begin({ id, n }: Event): void {
    expect(this.#busy.has(id)).toBe(false);
    this.#busy.add(id);
    this.running++;
    this.most = Math.max(this.most, this.running);
    const seen = this.byKey.get(id);
    if (seen === undefined) this.byKey.set(id, [n]);
    else if (seen.at(-1) !== n) seen.push(n);
  }

  end({ id }: Event): void {
    this.#busy.delete(id);
    this.running--;
  }
}

function handlerFor(watch: Watch): Handler<Event> {
  return async (event, context) => {
    watch.begin(event);
    try {
      await turns(event.takes);
      expect(context.key).toBe(event.id);
      if (context.attempt <= event.fails) throw new Error(`attempt ${context.attempt}`);
      if (event.n % 4 === 1) context.emit(event.n % 8 === 1 ? 'odd' : 'even', { from: event.n });
      if (event.n % 3 === 0) return true;
      if (event.n % 3 === 1) return [{ n: event.n }, true];
      (event as { seen?: boolean }).seen = true;
      return event;
    } finally {
      watch.end(event);
    }
  };
}

const TOPICS = ['odd', 'even'];
const someEvents = fc.array(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    takes: fc.integer({ min: 0, max: 4 }),
    fails: fc.constantFrom(0, 0, 0, 0, 1, 3),
  }),
  { maxLength: 40 },
);

function work(options: Partial<WorkOptions>): WorkOptions {
  return { ...AS_THEY_COME, ...options };
}

/** Leaves in the event, and emits, what a failed attempt must leave no trace of. */
const messy: Handler<{ n?: number; changed?: boolean }> = (event, context) => {
  expect(event.changed).toBeUndefined();
  event.changed = context.attempt < 2;
  context.emit('odd', { attempt: context.attempt });
  if (context.attempt < 2) throw new Error('again');
  delete event.changed;
  return event;
};

const asLongAsItSays: Handler<number> = async takes => turns(takes);

const fourOnly: Handler = (event: number) => {
  if (event < 4) throw new Error('bad');
  return true;
};

describe.each(['plain', 'wasm'] as const)('events at the same time, by the %s engine', engine => {
  test('give what they give one after the other, in order by key, and no more at a time than wanted', async () => {
    await fc.assert(
      fc.asyncProperty(someEvents, fc.integer({ min: 1, max: 12 }), async (events, concurrency) => {
        const lines = events.map((event, n) => JSON.stringify({ ...event, n }));
        const retry = { attempts: 3, initialMs: 0, maxMs: 0 };
        const setting = { key: 'id', lines: 'listed', topics: TOPICS } as const;
        const one = await run(engine, lines, {
          ...setting,
          handler: handlerFor(new Watch()),
          work: work({ retry }),
        });
        const watch = new Watch();
        const handler = handlerFor(watch);
        const many = await run(engine, lines, { ...setting, handler, work: work({ retry, concurrency }) });
        expect(many.output).toBe(one.output);
        expect(many.letters).toEqual(one.letters);
        expect(many.emitted).toEqual(one.emitted);
        expect(many.account).toEqual(one.account);
        expect(watch.most).toBeLessThanOrEqual(concurrency);
        expect(watch.running).toBe(0);
        for (const numbers of watch.byKey.values())
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        // Tried three times, those that fail three times are dead.
        const dead = events.flatMap(({ fails }, n) => (fails === 3 ? [n + 1] : []));
        expect(many.letters.map(letter => (JSON.parse(letter) as { line: number }).line)).toEqual(dead);
      }),
      { numRuns: 60 },
    );
  });

  test('give the results of their batches in order, however long the first one takes', async () => {
    const place = placeOf(engine);
    const slot = slotOf(place);
    const { range, starts, ends } = lay(slot, ['50', '0', '0', '5', '0']);
    const running = runOf(
      environmentOf(place, slot, 0, { handler: asLongAsItSays }),
      work({ concurrency: 8 }),
    );
    const order: number[] = [];
    const batches = starts.map((from, line) => {
      const lines = { ...range, from, to: ends[line]! + 1, line };
      const task = { slot: 0, source: 'in.ndjson', base: 0, lines, number: line + 1, attempt: 1 };
      return running.run(task).then(() => order.push(line));
    });
    await Promise.all(batches);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  test.each([
    [1, 0],
    [2, 1],
  ])(
    '%i at a time tell of %i batches that they are begun, as long as the first event is handled',
    async (concurrency, begun) => {
      const place = placeOf(engine);
      const slot = slotOf(place);
      const { range } = lay(slot, ['5', '', '0']);
      const environment = environmentOf(place, slot, 0, { handler: asLongAsItSays });
      const running = runOf(environment, work({ concurrency }));
      const task = { slot: 0, source: 'in.ndjson', base: 0, lines: range, number: 1, attempt: 1 };
      const done = running.run(task);
      await turns(2);
      expect(environment.progress[Progress.begun]).toBe(begun);
      await done;
      expect(environment.progress[Progress.begun]).toBe(1);
    },
  );

  test('are as many as wanted where their keys allow it, past those that wait for a slow one', async () => {
    const watch = new Watch();
    const slow = Array.from({ length: 30 }, (_, n) => ({ id: 'slow', n, takes: 3, fails: 0 }));
    const others = Array.from({ length: 30 }, (_, n) => ({ id: `k${n}`, n: n + 30, takes: 3, fails: 0 }));
    const lines = [...slow, ...others].map(event => JSON.stringify(event));
    const handler = handlerFor(watch);
    const setting = {
      key: 'id',
      lines: 'listed',
      topics: TOPICS,
      handler,
      work: work({ concurrency: 8 }),
    } as const;
    const { account } = await run(engine, lines, setting);
    expect(account.kept).toBe(60);
    expect(watch.most).toBe(8);
  });

  test('keep nothing of what a failed attempt has done to the event, or has emitted', async () => {
    const retry = { attempts: 2, initialMs: 0, maxMs: 0 };
    const setting = { handler: messy, topics: TOPICS, work: work({ retry }) };
    const { output, emitted } = await run(engine, ['{"n":1.0}'], setting);
    expect(output).toBe('{"n":1.0}\n');
    expect(emitted).toEqual([[0, '{"attempt":2}\n']]);
  });

  test('wait while the breaker is open, and none is given up for it', async () => {
    let calls = 0;
    const handler: Handler = () => {
      calls++;
      if (calls <= 4) throw new Error('down');
      return true;
    };
    const breaker = { failures: 2, pauseMs: 1 };
    const retry = { attempts: 5, initialMs: 0, maxMs: 0 };
    const { account } = await run(engine, ['1', '2', '3', '4'], { handler, work: work({ breaker, retry }) });
    expect(account.kept).toBe(4);
  });

  test('that fail while the breaker is open are tried again when it is closed', async () => {
    let calls = 0;
    const handler: Handler = async () => {
      const failing = ++calls <= 4;
      await turns(1);
      if (failing) throw new Error('down');
      return true;
    };
    const breaker = { failures: 2, pauseMs: 1 };
    const lines = ['1', '2', '3', '4', '5'];
    const { account } = await run(engine, lines, { handler, work: work({ breaker, concurrency: 4 }) });
    // The first one has failed when nobody knew yet.
    expect(account).toMatchObject({ kept: 4, dead: 1 });
  });

  test('that only fail keep nobody waiting for ever', async () => {
    const breaker = { failures: 2, pauseMs: 1 };
    const setting = { handler: fourOnly, work: work({ breaker }) };
    const { output, account } = await run(engine, ['1', '2', '3', '4'], setting);
    expect(output).toBe('4\n');
    expect(account).toMatchObject({ kept: 1, dead: 3 });
  });
});
