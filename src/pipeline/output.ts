import type { Cut } from '../store/recovery.ts';
import type { RunAccount } from './account.ts';

/** Where the flow ends: a topic of the store, or standard output. */
export interface Output {
  /** Positions of the sources that the job has kept, by id. */
  readonly positions: Readonly<Record<string, unknown>>;
  /** What recovery cut off when the output was opened. */
  readonly cuts: readonly Cut[];
  /** Adds `bytes[start..end)`, whole events; they are copied. */
  readonly append: (bytes: Uint8Array, start: number, end: number) => void;
  /** Adds a dead letter: one line of JSON and its newline. */
  readonly dead: (letter: string) => void;
  /** Ends a chunk that gave `events` outputs: what was added so far belongs to the positions reached so far. */
  readonly endChunk: (events: number) => void;
  /** Undefined where more can be added; else resolves when it can. Rejects once the output has failed. */
  readonly ready: () => Promise<void> | undefined;
  /** Makes all that was added last, with the positions that belong to it. */
  readonly commit: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What an output needs to know of the run at the moment of a commit. */
export interface CommitView {
  /** The positions of the sources as they are at the moment of the call. */
  readonly takePositions: () => Promise<Record<string, unknown>>;
  /** What this run has done; kept up to date. */
  readonly account: RunAccount;
}
