/** What a handler's author imports: the types of a handler, `defineHandler`, and windows on the time of events. */

export type { EventTime } from './window/event-time.ts';
export type {
  SessionOptions,
  SlidingOptions,
  TumblingOptions,
  WindowOptions,
} from './window/window-options.ts';
export type { WindowContext, WindowResult, Windows } from './window/windows.ts';
export { LateEvent, session, sliding, tumbling } from './window/windows.ts';

/** What is remembered for a key, from event to event and over restarts. Any JSON value. */
export interface State {
  /** The value, undefined where there is none; an object is another one each time. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it says what was set
  readonly get: <Value>() => Value | undefined;
  readonly set: (value: unknown) => void;
  readonly delete: () => void;
  /** Sets what `change` makes of the value, or deletes it where that is undefined; returns it. */
  readonly update: <Value>(change: (value: Value | undefined) => Value | undefined) => Value | undefined;
}

/** What a worker keeps of what was loaded: so many values as `cache` says, those that were used last. */
export interface Cache {
  /**
   * The value for this key, loaded where it is not there. Whoever asks for it meanwhile gets the same; a load that fails is
   * not kept.
   */
  readonly get: <Value>(
    key: string | number,
    load: (key: string | number) => Value | PromiseLike<Value>,
  ) => Promise<Value>;
  readonly delete: (key: string | number) => void;
}

/** What a handler learns about the event besides its value. */
export interface Context {
  /** The event's key as text, or undefined where the run has no key or the event lacks it (or has null). */
  readonly key: string | undefined;
  /**
   * The event's source and the byte at which its line begins (`access.ndjson:1834`): the same at every attempt and
   * after every restart, so that side effects can be made idempotent with it.
   */
  readonly id: string;
  /** 1, and more where the event is tried again: by `retry`, or alone after its worker thread died. */
  readonly attempt: number;
  /** Aborted when the event's time is up (`--timeout`). */
  readonly signal: AbortSignal;
  /**
   * Writes an event to another topic, one of those that the handler has declared (`topics`), in the same commit as what it
   * returns; nothing of it counts if the handler fails. Throws where the event is no JSON.
   */
  readonly emit: (topic: string, event: unknown) => void;
  /**
   * The state of the event's key. What is set counts if the handler does not fail, and is committed together with the
   * outputs: after any crash it is that of the events that are in the log. Its methods throw where the event has no key.
   */
  readonly state: State;
  /** The cache of this worker; throws where the handler has declared none (`cache`). */
  readonly cache: Cache;
  /** Adds to the number that the summary of the run tells under this name; it counts if the handler does not fail. */
  readonly count: (name: string, by?: number) => void;
  /** Writes a line to standard error, with the event's id before it. */
  readonly log: (...values: unknown[]) => void;
}

/**
 * What a handler may return. `true` passes the event on byte for byte; `false`, `null` and `undefined` drop it; an
 * array gives one event for each item (an item that is `true`, `false`, `null` or `undefined` as above); any other
 * JSON value replaces it. A promise is awaited, and what it resolves to counts.
 */
export type Result = unknown;

/** A handler: called once for each event, in source order for events with one key. */
// oxlint-disable-next-line typescript/no-explicit-any -- an event is whatever the user's data is
export type Handler<Event = any> = (event: Event, context: Context) => Result;

/** What is told at the end of the input about a key that has a state. */
export interface EndContext extends Pick<Context, 'signal' | 'emit' | 'state' | 'cache' | 'count' | 'log'> {
  readonly key: string;
}

/** One event of a batch: what is emitted and counted with it counts if this event does not fail. */
export type EventOfBatch = Pick<Context, 'id' | 'key' | 'emit' | 'count' | 'log'>;

/** What a handler that takes batches learns about its events. */
export interface BatchContext extends Omit<Context, 'id'> {
  /** The key of all events, where batches are `per: 'key'` and they have one; else undefined. */
  readonly key: string | undefined;
  /** The state of that key; throws where batches are not `per: 'key'`. */
  readonly state: State;
  /** The event at this index. */
  readonly of: (index: number) => EventOfBatch;
}

/**
 * A handler of batches. It returns an array with a result for each event, in which an Error says that this event has failed;
 * or `true` to pass all of them on, or `false`, `null` or `undefined` to drop them. Where it throws, all have failed, and
 * the halves are tried.
 */
// oxlint-disable-next-line typescript/no-explicit-any
export type BatchHandler<Event = any> = (events: Event[], context: BatchContext) => Result;

/** A handler with its options. */
// oxlint-disable-next-line typescript/no-explicit-any
export interface HandlerDefinition<Event = any> extends HandlerOptions {
  readonly handle: Handler<Event>;
  readonly batch?: undefined;
}

/** A handler that takes several events at once, with its options. */
// oxlint-disable-next-line typescript/no-explicit-any
export interface BatchHandlerDefinition<Event = any> extends HandlerOptions {
  readonly handle: BatchHandler<Event>;
  /**
   * Events with which it is called at once: at most `size` (100) of them, and no more when they have `bytes` (1 MiB). It is
   * called with those that are there; events of a live source wait `lingerMs` (0) for others. `per: 'key'` gives it events of
   * one key only. `split: false` leaves it at one call where that throws: then all of its events are dead letters.
   */
  readonly batch: {
    readonly size?: number;
    readonly bytes?: number;
    readonly lingerMs?: number;
    readonly per?: 'all' | 'key';
    readonly split?: boolean;
  };
}

export interface HandlerOptions {
  /** Dotted path (`user.id`) or JSON Pointer (`/id.orig_h`) of the value that selects order. */
  readonly key?: string;
  /**
   * Says that no order is needed: whichever worker is free takes the next events. So it is for every handler without a key; said
   * here, a `--key` is refused. Outputs still come in source order.
   */
  readonly unordered?: boolean;
  /** Milliseconds that one event may take, each time that it is tried; 0 is for ever. */
  readonly timeoutMs?: number;
  /**
   * Calls of the handler that a worker has at the same time, from 1 (the default) to 10,000. Events of one key are still
   * handled one after the other, and outputs still come in source order.
   */
  readonly concurrency?: number;
  /** Calls that all workers together have at the same time; each may have as many, unless `concurrency` says less. */
  readonly maxInFlight?: number;
  /** How often an event is tried before it becomes a dead letter, in all: with exponential back-off and jitter. */
  readonly retry?:
    | number
    | { readonly attempts: number; readonly initialMs?: number; readonly maxMs?: number };
  /**
   * Events that are handled in a time, evenly: `500/s`, `30/m`, `1000/h`, by all workers together, or for each key. `burst`
   * (1) may come at once after a pause.
   */
  readonly rate?: string | { readonly rate: string; readonly burst?: number; readonly per?: 'all' | 'key' };
  /**
   * After so many `failures` (5) one after the other nothing is handled for `pauseMs` (10,000), and then one event is tried:
   * the source waits, and no event is given up for it.
   */
  readonly breaker?: { readonly failures?: number; readonly pauseMs?: number };
  /** Most values that `context.cache` keeps in each worker, and for how long: for ever, unless `ttlMs` says so. */
  readonly cache?: { readonly size: number; readonly ttlMs?: number };
  /** Topics to which `context.emit` may write. */
  readonly topics?: readonly string[];
  /**
   * Called for each key that has a state when all inputs have come to their end (not when the run is interrupted): what it
   * returns is put out, what it sets and emits is committed. Not again, unless more was read.
   */
  readonly end?: (context: EndContext) => Result;
  /** Called once in each worker before its first event. */
  readonly open?: () => unknown;
  /** Called once in each worker after its last event, also where the run was interrupted. */
  readonly close?: () => unknown;
}

/** Returns `definition` as it is; there for its types. */
// oxlint-disable-next-line typescript/no-explicit-any
export function defineHandler<Event = any>(definition: HandlerDefinition<Event>): HandlerDefinition<Event>;
// oxlint-disable-next-line typescript/no-explicit-any
export function defineHandler<Event = any>(
  definition: BatchHandlerDefinition<Event>,
): BatchHandlerDefinition<Event>;
export function defineHandler(definition: object): object {
  return definition;
}
