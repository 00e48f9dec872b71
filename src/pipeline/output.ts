import type { KeyedState } from '../base/keyed-state.ts';
import type { Cut } from '../store/recovery.ts';
import type { Positions } from '../source/contract.ts';
import type { RunAccount } from './account.ts';
import type { EndsView, LinesView, UnreadLine } from './lines-view.ts';
import type { Taken } from './source-book.ts';

/** Where the flow ends: a topic of the store, or standard output. */
export interface Output {
  /** Positions of the sources that the job has kept, by id. */
  readonly positions: Positions;
  /** Events that the job had read before this run. */
  readonly readBefore: number;
  /** What recovery cut off when the output was opened. */
  readonly cuts: readonly Cut[];
  /** Told of the lines of a chunk before what they gave is added; only where somebody wants to know. */
  readonly lines?: (lines: LinesView) => void;
  /** Told of a line that stands between two chunks. */
  readonly unreadLine?: (line: UnreadLine) => void;
  /** Told of what keys gave at the end of the input before that is added. */
  readonly ends?: (ends: EndsView) => void;
  /** Adds `bytes[start..end)`, whole events; they are copied. */
  readonly append: (bytes: Uint8Array, start: number, end: number) => void;
  /** Opens topics beside that of the run, which are committed with it; rejects where there are none, or others write them. */
  readonly addTopics: (topics: readonly string[]) => Promise<void>;
  /** Adds `bytes[start..end)`, `events` whole events, to the topic with this number among those. */
  readonly emit: (topic: number, bytes: Uint8Array, start: number, end: number, events: number) => void;
  /** Adds the first `length` bytes, `count` changes of the state. */
  readonly changeState: (bytes: Uint8Array, length: number, count: number) => void;
  /** The state of all keys, as of the last commit; undefined where there is none. */
  readonly state: () => Promise<KeyedState | undefined>;
  /** Adds a dead letter: one line of JSON and its newline. */
  readonly dead: (letter: string) => void;
  /** Ends a chunk that gave `events` outputs: what was added so far belongs to the positions reached so far. */
  readonly endChunk: (events: number) => void;
  /** Says that there is no more of a source: its last position is to be committed as well. */
  readonly endSource: () => void;
  /** Undefined where more can be added; else resolves when it can. Rejects once the output has failed. */
  readonly ready: () => Promise<void> | undefined;
  /** Makes all that was added so far last, as the work of the version before; what is added from now on is this one's. */
  readonly useHandler: (version: string) => Promise<void>;
  /** Makes all that was added last, with the positions that belong to it. */
  readonly commit: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What an output needs to know of the run at the moment of a commit. */
export interface CommitView {
  /** What has changed of the sources since the last call. */
  readonly take: () => Taken;
  /** Whether somebody waits for what was put out last to be committed. */
  readonly isAwaited: () => boolean;
  /** What this run has done; kept up to date. */
  readonly account: RunAccount;
}
