import type { BatchContext, Cache, EventOfBatch, State } from '../index.ts';
import { Counts } from './counts.ts';
import { Emissions } from './emitted.ts';
import { EventContext } from './event-context.ts';
import { EventState } from './event-state.ts';
import type { Job } from './job-source.ts';
import { Progress } from './protocol.ts';

/**
 * The second argument of a handler that takes several events at once. What is said for all of them goes with the last; what
 * is said for one (`of`) goes with this one, if it does not fail.
 */
export class ParcelContext implements BatchContext {
  readonly attempt: number;
  readonly key: string | undefined;
  readonly #jobs: readonly Job[];
  readonly #isPerKey: boolean;
  readonly #events: (EventContext | undefined)[];
  readonly #emissions: Emissions;
  readonly #counts: Counts;
  #abort: AbortController | undefined;
  #state: EventState | undefined;

  constructor(jobs: readonly Job[], isPerKey: boolean, attempt: number) {
    this.#jobs = jobs;
    this.#isPerKey = isPerKey;
    this.attempt = attempt;
    this.key = isPerKey ? jobs[0]!.key : undefined;
    this.#events = jobs.map(() => undefined);
    const { topics, countNames } = this.#last.batch.context;
    this.#emissions = new Emissions(topics);
    this.#counts = new Counts(countNames);
  }

  get #last(): Job {
    return this.#jobs.at(-1)!;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  get state(): State {
    if (!this.#isPerKey) {
      throw new Error('a batch has a state only where its events have one key: say batch: { per: "key" }');
    }
    if (this.key === undefined) {
      throw new Error('the events have no key, and so no state: name one with --key, or beside the handler');
    }
    this.#state ??= new EventState(this.#last.batch.context.state, this.key);
    return this.#state;
  }

  get cache(): Cache {
    return this.#contextOf(this.#jobs.length - 1).cache;
  }

  readonly emit = (topic: string, event: unknown): void => this.#emissions.add(topic, event);

  readonly count = (name: string, by?: number): void => this.#counts.add(name, by);

  readonly log = (...values: unknown[]): void => this.#contextOf(0).log(...values);

  readonly of = (index: number): EventOfBatch => {
    if (this.#jobs[index] === undefined) throw new RangeError(`the batch has no event ${index}`);
    const context = this.#contextOf(index);
    const { id, key, emit, count, log } = context;
    return { id, key, emit, count, log };
  };

  /** Aborts the signal, also one that is asked for later. */
  timeOut(error: Error): void {
    this.#abort ??= new AbortController();
    this.#abort.abort(error);
  }

  /** One event has come to its end without an error. */
  endOf(index: number): void {
    const { batch, line } = this.#jobs[index]!;
    this.#events[index]?.end(line, batch.withResult);
  }

  /** All that is not of one event counts: the handler has come to its end. */
  end(): void {
    const { batch, line } = this.#last;
    const { emitted, counts, state, progress } = batch.withResult;
    const emissions = this.#emissions.end();
    const isMore = emissions.length > 0 || this.#state !== undefined || this.#counts.result() !== undefined;
    if (isMore) progress[Progress.withResult] = 1;
    emitted.add(line, emissions);
    counts.addAll(this.#counts);
    this.#state?.end(line, state);
  }

  #contextOf(index: number): EventContext {
    const { batch, line, key } = this.#jobs[index]!;
    const own = { ...batch.context, attempt: this.attempt };
    return (this.#events[index] ??= new EventContext(own, batch.slot.table.starts[line]!, key ?? null));
  }
}
