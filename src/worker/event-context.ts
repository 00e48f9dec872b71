import { type PathScanner, valueText } from '../kernel/scan.ts';
import type { Context } from '../index.ts';

/** What all events of a batch share: enough for a context to answer when it is asked. */
export interface BatchContext {
  readonly slot: Buffer;
  readonly sourceName: string;
  readonly base: number;
  readonly attempt: number;
  readonly scanner: PathScanner | undefined;
  /** Whether the slot still holds this batch. */
  live: boolean;
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

  constructor(batch: BatchContext, start: number) {
    this.#batch = batch;
    this.#start = start;
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

  get log(): (...values: unknown[]) => void {
    return (...values) => console.error(`${this.id}:`, ...values);
  }

  /** Reads the key, which must happen while the event's bytes are in the slot. */
  rememberKey(): void {
    const { scanner, slot, live } = this.#batch;
    if (!live) throw new Error('context.key was read for the first time after the handler had returned');
    if (scanner === undefined) {
      this.#key = null;
      return;
    }
    scanner.scanLine(slot, this.#start);
    this.#key = valueText(scanner, slot) ?? null;
  }

  /** Aborts the signal, also one that is asked for later. */
  timeOut(error: Error): void {
    this.#abort ??= new AbortController();
    this.#abort.abort(error);
  }
}
