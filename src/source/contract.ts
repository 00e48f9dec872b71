/**
 * What a source is: bytes in order, and a position that can be found again.
 *
 * A source hands out bytes, not lines: cutting them at line ends is the same for all and done by the pipeline. It
 * keeps no more than one read's worth in memory, and reads only when asked to, which is how back pressure reaches it.
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

export const AT_START: Reached = { offset: 0, line: 0, unfinished: false };

/** An input that was named, before it is opened. */
export interface SourceSpec {
  /** As the user named it: stands in dead letters and in event ids. */
  readonly name: string;
  /** Names the source in the journal; undefined where it cannot be read again, and so not be resumed. */
  readonly id: string | undefined;
  /** Bytes that it has, undefined for a stream; rejects with MILLRACE_SOURCE_… where it cannot be read. */
  readonly check: () => Promise<number | undefined>;
  /** Opens the source where `position` left it, or at its start; rejects with MILLRACE_SOURCE_…. */
  readonly open: (position: Position | undefined) => Promise<Source>;
}

export interface Source {
  readonly start: Reached;
  /**
   * Undefined where `read` has something to give, be it the end; else resolves when it may have. Never rejects. May be
   * asked again before that: then all that was given out must resolve.
   */
  readonly readable: () => Promise<void> | undefined;
  /** Reads up to `into.length` bytes into `into`; returns their number, 0 at the end. */
  readonly read: (into: Uint8Array) => Promise<number>;
  /** The position to keep for `reached`; called only where the spec has an id. */
  readonly position: (reached: Reached) => Promise<Position>;
  readonly close: () => Promise<void>;
}
