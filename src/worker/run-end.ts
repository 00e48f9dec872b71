import type { Cache, EndContext, State } from '../index.ts';
import { groupOfKey } from '../kernel/key-group.ts';
import { LastChanges } from './batch-state.ts';
import { Counts } from './counts.ts';
import { describeThrown } from './describe-thrown.ts';
import { Emissions, EmittedLines, type EmittedTexts } from './emitted.ts';
import { EventState } from './event-state.ts';
import { type EndOutcome, type EndResult, type EndTask, Progress } from './protocol.ts';
import { type BatchEnvironment, talliesOf } from './run-batch.ts';
import { settledResult } from './settled-result.ts';
import { BadResult, toJson } from './to-json.ts';
import { withinTime } from './within-time.ts';

/**
 * Calls what a handler has for the end of the input (`end`), for each key that has a state: by key groups, and in the order
 * of the keys, so that what comes out is the same with any number of lanes.
 */

export class EndRun {
  readonly #env: BatchEnvironment;
  readonly #end: (context: EndContext) => unknown;
  /** The keys with a state at the end of the input. */
  #keys: ReadonlyMap<number, readonly string[]> | undefined;

  constructor(env: BatchEnvironment, end: (context: EndContext) => unknown) {
    this.#env = env;
    this.#end = end;
  }

  /** All keys of one group; stops at the first that fails. */
  async run({ group }: EndTask): Promise<EndOutcome> {
    const { state: all, countNames, cache, progress } = this.#env;
    const startedMs = performance.now();
    this.#keys ??= keysByGroup(all.entries());
    const emitted = new EmittedLines();
    const state = new LastChanges(all);
    const counts = new Counts(countNames);
    const given = new GivenByKeys();
    for (const key of this.#keys.get(group) ?? []) {
      const context = new KeyEnd(this.#env, key);
      try {
        const events = eventsOf(await this.#call(context));
        const emissions = context.end({ state, counts });
        if (events.length + emissions.length > 0) emitted.add(given.add(key, events), emissions);
      } catch (error) {
        return { failed: { key, error: describeThrown(error) } };
      } finally {
        progress[Progress.busy] = 0;
      }
    }
    return {
      ...given.result(),
      emitted: emitted.result(),
      state: state.result(),
      ...talliesOf(counts, cache),
      busyMs: performance.now() - startedMs,
    };
  }

  async #call(context: KeyEnd): Promise<unknown> {
    const { progress, timeoutMs } = this.#env;
    progress[Progress.count]!++;
    progress[Progress.busy] = 1;
    const end = this.#end;
    const value = end(context);
    return withinTime(settledResult(value, undefined), timeoutMs, error => context.timeOut(error));
  }
}

/** The events of keys, one behind the other. */
class GivenByKeys {
  readonly #keys: string[] = [];
  readonly #texts: string[] = [];
  readonly #ends: number[] = [];
  #bytes = 0;
  #events = 0;

  /** Gives the number of the key among those that were added. */
  add(key: string, events: readonly string[]): number {
    const text = events.map(json => `${json}\n`).join('');
    this.#texts.push(text);
    this.#bytes += Buffer.byteLength(text);
    this.#events += events.length;
    this.#ends.push(this.#bytes);
    return this.#keys.push(key) - 1;
  }

  result(): Pick<EndResult, 'events' | 'bytes' | 'keys' | 'ends'> {
    const bytes = new Uint8Array(Buffer.from(this.#texts.join('')));
    return { events: this.#events, bytes, keys: this.#keys, ends: Uint32Array.from(this.#ends) };
  }
}

function keysByGroup(entries: Iterable<readonly [string, string]>): ReadonlyMap<number, readonly string[]> {
  const byGroup = new Map<number, string[]>();
  for (const [key] of entries) {
    const group = groupOfKey(key);
    const keys = byGroup.get(group);
    if (keys === undefined) byGroup.set(group, [key]);
    else keys.push(key);
  }
  for (const keys of byGroup.values()) keys.sort((a, b) => (a < b ? -1 : 1));
  return byGroup;
}

/** What `end` gave as the texts of events: as a handler's result counts, only that there is no event to pass on. */
function eventsOf(value: unknown): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values
    .filter(one => one !== undefined && one !== null && one !== false)
    .map(one => {
      if (one === true) throw new BadResult('"end" returned true, and there is no event to pass on');
      return toJson(one);
    });
}

/** The context of one key at the end. */
class KeyEnd implements EndContext {
  readonly key: string;
  readonly #env: BatchEnvironment;
  readonly #state: EventState;
  readonly #emissions: Emissions;
  readonly #counts: Counts;
  readonly #abort = new AbortController();

  constructor(env: BatchEnvironment, key: string) {
    this.#env = env;
    this.key = key;
    this.#state = new EventState(env.state, key);
    this.#emissions = new Emissions(env.topics);
    this.#counts = new Counts(env.countNames);
  }

  get state(): State {
    return this.#state;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get cache(): Cache {
    const { cache } = this.#env;
    if (cache === undefined) throw new Error('the handler has no cache: cache: { size: 1000 }');
    return cache;
  }

  readonly emit = (topic: string, event: unknown): void => this.#emissions.add(topic, event);
  readonly count = (name: string, by?: number): void => this.#counts.add(name, by);
  readonly log = (...values: unknown[]): void => console.error(`${this.key}:`, ...values);

  timeOut(error: Error): void {
    this.#abort.abort(error);
  }

  /** Gives what was emitted. */
  end({ state, counts }: { state: LastChanges; counts: Counts }): EmittedTexts {
    counts.addAll(this.#counts);
    this.#state.end(0, state);
    return this.#emissions.end();
  }
}
