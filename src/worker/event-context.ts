import { type PathScanner, valueText } from '../kernel/scan.ts';
import type { KeyedState } from '../base/keyed-state.ts';
import type { Cache, Context, State } from '../index.ts';
import type { BatchState } from './batch-state.ts';
import { Counts } from './counts.ts';
import { Emissions, type EmittedLines } from './emitted.ts';
import { EventState, NO_STATE } from './event-state.ts';
import type { LineNumbers } from './line-numbers.ts';
import { Progress } from './protocol.ts';
import { toJson } from './to-json.ts';

const NEWLINE = 0x0a;

/** What all events of a batch share: enough for a context to answer when it is asked. */
export interface BatchContext {
  readonly slot: Buffer;
  readonly sourceName: string;
  readonly base: number;
  readonly attempt: number;
  readonly scanner: PathScanner | undefined;
  /** Knows the key of the line at hand, mostly (DecodedLines). */
  readonly lines: { readonly key: string | null | undefined };
  /** Whether the slot still holds this batch. */
  live: boolean;
  /** Topics that the handler may emit to. */
  readonly topics: readonly string[];
  readonly numbers: LineNumbers;
  /** The state of all keys of this lane. */
  readonly state: KeyedState;
  /** What the thread keeps of what was loaded, where the handler has asked for that. */
  readonly cache: Cache | undefined;
  /** Names that were counted in this thread. */
  readonly countNames: Set<string>;
}

/** What comes with the result of a batch, beside what is written into its slot. */
export interface WithResult {
  readonly emitted: EmittedLines;
  readonly state: BatchState;
  readonly counts: Counts;
  readonly progress: Int32Array;
}

/**
 * The second argument of a handler. Made for every event, so it holds little and finds out the rest on demand.
 */
export class EventContext implements Context {
  readonly #batch: BatchContext;
  readonly #start: number;
  /** The key as soon as it has been read: undefined before, null where the event has none. */
  #key: string | null | undefined;
  #abort: AbortController | undefined;
  #emissions: Emissions | undefined;
  #state: EventState | undefined;
  #counts: Counts | undefined;

  /** `key` is given where it is known already. */
  constructor(batch: BatchContext, start: number, key?: string | null) {
    this.#batch = batch;
    this.#start = start;
    this.#key = key;
  }

  get key(): string | undefined {
    if (this.#key === undefined) this.rememberKey();
    return this.#key ?? undefined;
  }

  get id(): string {
    return `${this.#batch.sourceName}:${this.#batch.base + this.#start}`;
  }

  get attempt(): number {
    return this.#batch.attempt;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  get emit(): (topic: string, event: unknown) => void {
    this.#emissions ??= new Emissions(this.#batch.topics, event => this.#jsonOf(event));
    const emissions = this.#emissions;
    return (topic, event) => emissions.add(topic, event);
  }

  get state(): State {
    if (this.#state !== undefined) return this.#state;
    const { key } = this;
    if (key === undefined) return NO_STATE;
    this.#state = new EventState(this.#batch.state, key);
    return this.#state;
  }

  get cache(): Cache {
    const { cache } = this.#batch;
    if (cache === undefined) {
      throw new Error(
        'the handler has no cache: say beside it how much it is to keep, cache: { size: 1000 }',
      );
    }
    return cache;
  }

  get count(): (name: string, by?: number) => void {
    this.#counts ??= new Counts(this.#batch.countNames);
    const counts = this.#counts;
    return (name, by) => counts.add(name, by);
  }

  /** Adds what was emitted and counted, and the change of the state: the event of the line has come to its end. */
  end(line: number, { emitted, state, counts, progress }: WithResult): void {
    if (this.#emissions === undefined && this.#state === undefined && this.#counts === undefined) return;
    progress[Progress.withResult] = 1;
    if (this.#emissions !== undefined) emitted.add(line, this.#emissions.end());
    if (this.#counts !== undefined) counts.addAll(this.#counts);
    this.#state?.end(line, state);
  }

  get log(): (...values: unknown[]) => void {
    return (...values) => console.error(`${this.id}:`, ...values);
  }

  /** The JSON of something that is emitted, in which the numbers that stand in the line keep their digits. */
  #jsonOf(event: unknown): string {
    const json = toJson(event);
    const { slot, live, numbers } = this.#batch;
    if (typeof event !== 'object' || !live) return json;
    const start = this.#start;
    // Of all that is emitted for a line its text is decoded once.
    const at = {
      line: start,
      get text(): string {
        return slot.toString('utf8', start, slot.indexOf(NEWLINE, start));
      },
    };
    return numbers.keep(at, json, event);
  }

  /** Reads the key, which must happen while the event's bytes are in the slot. */
  rememberKey(): void {
    const { scanner, slot, live } = this.#batch;
    if (!live) throw new Error('context.key was read for the first time after the handler had returned');
    if (scanner === undefined) {
      this.#key = null;
      return;
    }
    this.#key = this.#batch.lines.key;
    if (this.#key !== undefined) return;
    scanner.scanLine(slot, this.#start);
    this.#key = valueText(scanner, slot) ?? null;
  }

  /** Aborts the signal, also one that is asked for later. */
  timeOut(error: Error): void {
    this.#abort ??= new AbortController();
    this.#abort.abort(error);
  }
}
