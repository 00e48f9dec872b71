/**
 * What a source is: bytes in order, and a position that can be found again.
 *
 * A source hands out bytes, not lines: cutting them at line ends is the same for all and done by the pipeline. It
 * keeps no more than a bounded amount in memory, and reads only when asked to, which is how back pressure reaches it.
 */

/** Where a source was left: JSON that the journal keeps with the commit and hands back at the next start. */
export interface Position {
  /** Bytes of the source that the log reflects. */
  readonly offset: number;
  /** Lines that end before `offset`. */
  readonly line: number;
  /** True where the line before `offset` had no newline yet, so that what comes next may be its rest. */
  readonly unfinished: boolean;
  /** What else the source needs to know itself again. */
  readonly [detail: string]: unknown;
}

/** How far the log reflects a source: the part of a position that the pipeline counts. */
export type Reached = Pick<Position, 'offset' | 'line' | 'unfinished'>;

/** All that the journal keeps for the sources of a job, by id. In what is added to it, null forgets an id. */
export type Positions = Readonly<Record<string, unknown>>;

/** Where a line stands: what dead letters say. */
export interface Origin {
  readonly source: string;
  /** From 1. */
  readonly line: number;
  /** In bytes. */
  readonly offset: number;
}

export const AT_START: Reached = { offset: 0, line: 0, unfinished: false };

/** An input that was named, or found, before it is opened. */
export interface SourceSpec {
  /** As the user named it: stands in dead letters and in event ids. */
  readonly name: string;
  /** Names the source in the journal; undefined where it cannot be read again, and so not be resumed. */
  readonly id: string | undefined;
  /** Whether it has no end of its own, and is read beside the others; the rest are read one after the other, in order. */
  readonly live: boolean;
  /** Bytes that it has, undefined for a stream; rejects with MILLRACE_SOURCE_… where it cannot be read. */
  readonly check: () => Promise<number | undefined>;
  /** Opens the source where `positions` say that it was left, or at its start; rejects with MILLRACE_SOURCE_…. */
  readonly open: (positions: Positions) => Promise<Source>;
}

export interface Source {
  readonly start: Reached;
  /**
   * Undefined where `read` has something to give, be it the end; else resolves when it may have. Never rejects. May be
   * asked again before that: then all that was given out must resolve.
   */
  readonly readable: () => Promise<void> | undefined;
  /**
   * Reads up to `into.length` bytes into `into`; returns their number, which may be 0, or that there are no more. Both
   * the end and a failure are told again to whoever asks again.
   */
  readonly read: (into: Uint8Array) => Promise<number | 'end'>;
  /** When what was read last was committed, in milliseconds since 1970; only where that is known. */
  readonly committedMs?: () => number;
  /** Takes back the last `bytes` that were read: they will be read again. Only where that costs little. */
  readonly unread?: (bytes: number) => void;
  /** What the journal is to keep for `reached`; called only where the spec has an id. */
  readonly positions: (reached: Reached) => Promise<Positions>;
  /** Told when a commit is durable that reflects the source up to `reached`: whoever waits for that can be answered. */
  readonly committed?: (reached: Reached) => void;
  /**
   * Where the line stood first that has so many lines before it, in a source that hands out again what others gave: its
   * dead letter names that place. Only for lines that are not settled.
   */
  readonly originOf?: (linesBefore: number) => Origin | undefined;
  /** Told that nothing is asked any more about the first so many lines. */
  readonly settled?: (lines: number) => void;
  /**
   * Asks for the end, where bytes that have arrived must not be lost: nothing new is taken in, what is there is still
   * read, and then comes the end.
   */
  readonly quit?: () => void;
  readonly close: () => Promise<void>;
}

/** Finds sources while a run goes on. */
export interface Discovery {
  /** Begins to look, from what `positions` say of earlier runs; `found` is told of each new source once. */
  readonly start: (positions: Positions, found: (spec: SourceSpec) => void) => Promise<void>;
  readonly stop: () => Promise<void>;
}
