import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchContext, BatchHandler, Handler } from '../../src/index.ts';
import { groupOfKey } from '../../src/kernel/key-group.ts';
import { AS_THEY_COME, type ParcelOptions, type WorkOptions } from '../../src/worker/work-options.ts';
import { Progress } from '../../src/worker/protocol.ts';
import { environmentOf, run, runOf, type Setting } from './batch-runs.ts';
import { type EngineName, LANES, lay, placeOf, slotOf } from './slots.ts';

/** Handlers of batches against handlers of single events, which say what must come out. */

interface Event {
  readonly id: string | null;
  readonly n: number;
  /** Whether the batch that it is in fails, or it alone: as an Error, or as a promise. */
  readonly fails: 'no' | 'throws' | 'error' | 'rejects' | 'bad';
}

const PARCELS: ParcelOptions = { size: 5, bytesMax: 1e6, lingerMs: 0, perKey: false, split: true };
const TOPICS = ['odd', 'even'];

function work(batch: Partial<ParcelOptions>, options: Partial<WorkOptions> = {}): WorkOptions {
  return { ...AS_THEY_COME, ...options, batch: { ...PARCELS, ...batch } };
}

/** What becomes of an event, by itself. */
function resultOf({ n, fails }: Event): unknown {
  if (fails === 'bad') return Symbol('bad');
  if (n % 4 === 0) return true;
  if (n % 4 === 1) return [{ n }, true];
  return n % 4 === 2 ? { n, was: 'two' } : null;
}

function topicOf({ n }: Event): string {
  return TOPICS[n % 2]!;
}

const single: Handler<Event> = (event, context) => {
  if (event.fails !== 'no' && event.fails !== 'bad') throw new Error(`event ${event.n}`);
  context.emit(topicOf(event), { from: event.n });
  return resultOf(event);
};

function itemOf(event: Event, index: number, context: BatchContext): unknown {
  const error = new Error(`event ${event.n}`);
  if (event.fails === 'error') return error;
  if (event.fails === 'rejects') return Promise.reject(error);
  context.of(index).emit(topicOf(event), { from: event.n });
  return event.n % 3 === 0 ? Promise.resolve(resultOf(event)) : resultOf(event);
}

/** Lets some turns of the event loop pass, and looks that no key is handled twice at a time and none out of order. */
class Batches {
  readonly sizes: number[] = [];
  readonly keys: (readonly string[])[] = [];
  readonly #busy = new Set<string>();
  readonly #last = new Map<string, number>();

  readonly handle: BatchHandler<Event> = async (events, context) => {
    const keys = [...new Set(events.map(({ id }) => id))].filter(id => id !== null);
    for (const key of keys) {
      expect(this.#busy.has(key)).toBe(false);
      this.#busy.add(key);
    }
    this.sizes.push(events.length);
    this.keys.push(keys);
    await new Promise(resolve => {
      setImmediate(resolve);
    });
    for (const [index, { id, n }] of events.entries()) {
      expect(context.of(index).key).toBe(id ?? undefined);
      if (id === null || context.attempt > 1) continue;
      expect(n).toBeGreaterThan(this.#last.get(id) ?? -1);
      this.#last.set(id, n);
    }
    for (const key of keys) this.#busy.delete(key);
    const thrower = events.find(({ fails }) => fails === 'throws');
    if (thrower !== undefined) throw new Error(`event ${thrower.n}`);
    return events.map((event, index) => itemOf(event, index, context));
  };
}

/** Letters without their stacks: these differ as the functions do. */
function plain(letters: readonly string[]): unknown[] {
  return letters.map(letter => {
    const parsed = JSON.parse(letter) as { error: { stack?: string } };
    delete parsed.error.stack;
    return parsed;
  });
}

const someEvents = fc.array(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', null),
    fails: fc.constantFrom<Event['fails'][]>(
      'no',
      'no',
      'no',
      'no',
      'no',
      'throws',
      'error',
      'rejects',
      'bad',
    ),
  }),
  { maxLength: 40 },
);

function linesOf(events: readonly Omit<Event, 'n'>[]): string[] {
  return events.map((event, n) => JSON.stringify({ ...event, n }));
}

const summing: BatchHandler<Event> = (events, { state, key }) => {
  const sum = state.update<number>(before => events.reduce((all, { n }) => all + n, before ?? 0));
  if (events.some(({ fails }) => fails === 'throws')) throw new Error('no');
  return events.map(event => (event.fails === 'error' ? new Error('no') : { key, sum }));
};

/** What comes out where a handler gives this for a batch of two: outputs, and what their dead letters say. */
async function givenBy(engine: EngineName, value: unknown): Promise<string> {
  const { output, letters, account } = await run(engine, ['1', '2'], {
    handler: (() => value) as Handler,
    work: work({}, { retry: { attempts: 3, initialMs: 0, maxMs: 0 } }),
  });
  account.check();
  return output + letters.map(letter => /"error":{"message":"(.*?)"}/.exec(letter)![1]).join(', ');
}

describe.each(['plain', 'wasm'] as const)('batches of events, by the %s engine', engine => {
  const listed: Setting = { key: 'id', lines: 'listed', topics: TOPICS };

  test('give what events give one by one, however they were cut, and one that fails does so alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        someEvents,
        fc.record({
          size: fc.integer({ min: 1, max: 9 }),
          bytesMax: fc.integer({ min: 1, max: 400 }),
          perKey: fc.boolean(),
        }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(1, 3),
        async (events, batch, concurrency, attempts) => {
          const lines = linesOf(events);
          const retry = attempts === 1 ? undefined : { attempts, initialMs: 0, maxMs: 0 };
          const one = await run(engine, lines, {
            ...listed,
            handler: single,
            work: { ...AS_THEY_COME, concurrency: 2, retry },
          });
          const batches = new Batches();
          const handler = batches.handle as unknown as Handler;
          const many = await run(engine, lines, {
            ...listed,
            handler,
            work: work(batch, { concurrency, retry }),
          });
          expect(many.output).toBe(one.output);
          expect(plain(many.letters)).toEqual(plain(one.letters));
          expect(many.emitted).toEqual(one.emitted);
          expect(many.account).toEqual(one.account);
          expect(Math.max(0, ...batches.sizes)).toBeLessThanOrEqual(batch.size);
          if (batch.perKey) expect(batches.keys.every(keys => keys.length <= 1)).toBe(true);
        },
      ),
      { numRuns: 80 },
    );
  });

  test('are as large as wanted, by number or by bytes, also for each key', async () => {
    const [a, b] = Array.from({ length: 100 }, (_, n) => `k${n}`).filter(
      key => groupOfKey(key) % LANES === 0,
    );
    const lines = linesOf(
      Array.from({ length: 40 }, (_, n) => ({ id: n % 2 === 0 ? a! : b!, fails: 'no' as const })),
    );
    const sizes = async (batch: Partial<ParcelOptions>): Promise<number[]> => {
      const batches = new Batches();
      const handler = batches.handle as unknown as Handler;
      await run(engine, lines, { ...listed, handler, work: work(batch) });
      return batches.sizes;
    };
    expect(await sizes({ size: 15 })).toEqual([15, 15, 10]);
    expect(await sizes({ size: 15, perKey: true })).toEqual([15, 15, 5, 5]);
    expect(await sizes({ size: 100, bytesMax: 10 * lines[10]!.length })).toEqual([11, 10, 10, 9]);
  });

  test('have the state of their key, which counts where the handler does not throw', async () => {
    const events = ['no', 'no', 'throws', 'error', 'no'].map(fails => ({
      id: 'a',
      fails: fails as Event['fails'],
    }));
    const { output, stateChanges, account } = await run(engine, linesOf(events), {
      ...listed,
      handler: summing as unknown as Handler,
      work: work({ perKey: true }),
    });
    // Whole: 0 to 4, throws. Halves: 0 and 1; 2 to 4, throws. Then 2, throws; 3 and 4.
    expect(output).toBe('{"key":"a","sum":1}\n{"key":"a","sum":1}\n{"key":"a","sum":8}\n');
    expect(stateChanges.join('')).toBe('{"key":"a","value":8}\n');
    expect(account).toMatchObject({ kept: 3, dead: 2 });
  });

  test('have no state where their events are of several keys, or of none', async () => {
    const handler = ((_: unknown, { state }: BatchContext) => state.get()) as unknown as Handler;
    const of = async (setting: Setting): Promise<string> =>
      (
        JSON.parse((await run(engine, ['{"id":"a"}'], { ...setting, handler })).letters[0]!) as {
          error: Error;
        }
      ).error.message;
    expect(await of({ ...listed, work: work({}) })).toBe(
      'a batch has a state only where its events have one key: say batch: { per: "key" }',
    );
    expect(await of({ work: work({ perKey: true }) })).toMatch('the events have no key');
  });

  test('may be passed on or dropped as a whole, and nothing else is a result for all', async () => {
    expect(await givenBy(engine, true)).toBe('1\n2\n');
    expect(await givenBy(engine, Promise.resolve([true, null]))).toBe('1\n');
    for (const none of [false, null, undefined]) expect(await givenBy(engine, none)).toBe('');
    const wrong = 'the handler returned 1 results for a batch of 2 events';
    expect(await givenBy(engine, [true])).toBe(`${wrong}, ${wrong}`);
    expect(await givenBy(engine, 'yes')).toMatch('the handler returned a string for a batch, and no array');
    expect(await givenBy(engine, [true, Symbol('no')])).toMatch(/^1\nthe handler returned a symbol/);
  });

  test('fail as a whole where that is wanted', async () => {
    let calls = 0;
    const handler = (() => {
      calls++;
      throw new Error('no');
    }) as Handler;
    const { account } = await run(engine, ['1', '2', '3'], { handler, work: work({ split: false }) });
    expect({ dead: account.dead, calls }).toEqual({ dead: 3, calls: 1 });
  });

  test('are of one event where the run ends at the first that fails', async () => {
    const batches = new Batches();
    const events = ['no', 'no', 'throws', 'no'].map(fails => ({ id: 'a', fails: fails as Event['fails'] }));
    await run(engine, linesOf(events), {
      ...listed,
      handler: batches.handle as unknown as Handler,
      work: work({}),
      onError: 'stop',
    });
    expect(new Set(batches.sizes)).toEqual(new Set([1]));
  });

  test.each([
    [1, 0],
    [3, 1],
  ])(
    'of %i events tell of %i batches that they are begun, as long as the first call goes on',
    async (size, begun) => {
      const place = placeOf(engine);
      const slot = slotOf(place);
      const { range } = lay(slot, ['1', '2']);
      let end!: () => void;
      const ended = new Promise<void>(resolve => {
        end = resolve;
      });
      const handler = (async () => ended) as unknown as Handler;
      const environment = environmentOf(place, slot, 0, { handler });
      const task = { slot: 0, source: 'in.ndjson', base: 0, lines: range, number: 1, attempt: 1 };
      const done = runOf(environment, work({ size })).run(task);
      expect(environment.progress[Progress.begun]).toBe(begun);
      end();
      await done;
      expect(environment.progress[Progress.begun]).toBe(1);
    },
  );

  test('are in time as a whole, with the promises in their results', async () => {
    const never = new Promise(() => undefined);
    const handler: BatchHandler<Event> = events => events.map(({ n }) => (n === 1 ? never : true));
    const events = [0, 1, 2].map(() => ({ id: 'a', fails: 'no' as const }));
    const { account, letters } = await run(engine, linesOf(events), {
      ...listed,
      handler: handler as unknown as Handler,
      work: work({}),
      timeoutMs: 20,
    });
    expect(account).toMatchObject({ kept: 2, dead: 1 });
    expect(letters[0]).toMatch('timed-out');
  });
});
