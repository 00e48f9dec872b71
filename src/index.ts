/** What a handler's author imports: the types of a handler, and `defineHandler`. */

/** What a handler learns about the event besides its value. */
export interface Context {
  /** The event's key as text, or undefined where the run has no key or the event lacks it (or has null). */
  readonly key: string | undefined;
  /**
   * The event's source and the byte at which its line begins (`access.ndjson:1834`): the same at every attempt and
   * after every restart, so that side effects can be made idempotent with it.
   */
  readonly id: string;
  /** 1, and 2 where the event is tried again alone after its worker thread died. */
  readonly attempt: number;
  /** Aborted when the event's time is up (`--timeout`). */
  readonly signal: AbortSignal;
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

/** A handler with its options. */
// oxlint-disable-next-line typescript/no-explicit-any
export interface HandlerDefinition<Event = any> {
  readonly handle: Handler<Event>;
  /** Dotted path (`user.id`) or JSON Pointer (`/id.orig_h`) of the value that selects order. */
  readonly key?: string;
  /** Milliseconds that one event may take; 0 is for ever. */
  readonly timeoutMs?: number;
}

/** Returns `definition` as it is; there for its types. */
// oxlint-disable-next-line typescript/no-explicit-any
export function defineHandler<Event = any>(definition: HandlerDefinition<Event>): HandlerDefinition<Event> {
  return definition;
}
