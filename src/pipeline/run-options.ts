import type { SourceSpec } from '../source/contract.ts';
import type { InputOptions } from '../source/table.ts';
import type { Keeping } from '../store/housekeeper.ts';
import type { Cut } from '../store/recovery.ts';
import type { HotKey } from '../partition/key-load.ts';
import type { Lane } from '../worker/lane.ts';
import type { RunAccount } from './account.ts';
import type { EndsView, LinesView, UnreadLine } from './lines-view.ts';
import type { Stopwatch } from './stopwatch.ts';

/** What a run is told, what it tells while it goes on, and what it gives in the end. */

/** What becomes of an event that cannot be handled. */
export type OnError = 'dead-letter' | 'skip' | 'stop';

export interface RunOptions {
  /** The handler's file; undefined where `where` and `select` are all there is to do. */
  readonly handler: string | undefined;
  /** `--where` and `--select`, as they were written. */
  readonly where: string | undefined;
  readonly select: string | undefined;
  /** Inputs as the user named them, and what is wanted of them. */
  readonly inputs: readonly string[];
  /** What is read in their place, where the caller has opened it. */
  readonly sources?: readonly SourceSpec[];
  readonly reading: InputOptions & {
    /** The store of the topics that are read. */
    readonly store: string;
    /** Whether standard input is committed to a topic of its own before it is handled. */
    readonly spool: boolean;
  };
  /** Dotted path or JSON Pointer; undefined leaves it to the handler. */
  readonly key: string | undefined;
  /** Whether the handler is taken anew when its source changes. */
  readonly watch: boolean;
  readonly to: ToLog | ToStdout | ToCaller;
  /** Worker threads: the fewest and the most; with 0 there are none while there is nothing to do. */
  readonly workers: WorkerRange;
  readonly onError: OnError;
  readonly lineBytesMax: number;
  /** Time for one event; undefined leaves it to the handler, 0 is for ever. */
  readonly timeoutMs: number | undefined;
  readonly heapMiBMax: number;
  /** Options that come before those of the handler's definition, under the same names. */
  readonly overrides: Readonly<Record<string, unknown>>;
}

export interface WorkerRange {
  readonly min: number;
  readonly max: number;
  /** Lets sizes of chunks, the number of lanes, and the lanes of key groups change by chance and all the time: nobody may notice. */
  readonly isShuffled?: boolean;
}

export interface ToLog {
  readonly kind: 'log';
  readonly store: string;
  readonly topic: string;
  readonly job: string;
  readonly fresh: boolean;
  readonly segmentBytesMax: number;
  readonly commitIntervalMs: number;
  readonly sync: boolean;
  /** What becomes of sealed segments. */
  readonly keeping: Keeping;
}

export interface ToStdout {
  readonly kind: 'stdout';
  /** File for the dead letters. */
  readonly deadFile: string | undefined;
}

/** To whoever has called, who keeps it in memory or not at all. What the functions throw ends the run. */
export interface ToCaller {
  readonly kind: 'caller';
  /** Told of the topics to which the handler may emit, before anything comes out. */
  readonly onTopics: (topics: readonly string[]) => void;
  /** Told of whole events, each with its newline, in order; with the topic of those that were emitted to one. */
  readonly onEvents: (bytes: Uint8Array, topic: string | undefined) => void;
  /** Told of each dead letter: one line of JSON and its newline. */
  readonly onDead: (letter: string) => void;
  /**
   * Where it is there, the caller is told what became of each line instead (lines-view.ts), and of the end of each chunk, when
   * all its dead letters have been told. A line that is too long is in a chunk or between two, as the reads fall. Behind all
   * chunks it is told what came of keys at the end of the input, each time before the end of what counts as a chunk.
   */
  readonly onLines?: (lines: LinesView) => void;
  readonly onUnreadLine?: (line: UnreadLine) => void;
  readonly onEnds?: (ends: EndsView) => void;
  readonly onChunkEnd?: () => void;
  /** Undefined where the caller can take more, or is not asked; else resolves when it can. */
  readonly ready?: () => Promise<void> | undefined;
}

export interface RunHooks {
  /** Aborted when the run is to stop reading, finish what is in flight, and commit. */
  readonly interrupted: AbortSignal;
  /** Inputs, topics, that are followed in any case: each until its signal is aborted, when nothing is added any more. */
  readonly growing?: ReadonlyMap<string, AbortSignal>;
  /** Told when reading begins; the view stays up to date. */
  readonly onStart?: (view: RunView) => void;
  /** Told what the user should know of the sources, and what is no error. */
  readonly onNote?: (note: string) => void;
  /** Told of each dead letter of a run to standard output. */
  readonly onDead?: (letter: string) => void;
  /** Where the run is measured. */
  readonly stopwatch?: Stopwatch;
}

/** What a progress display may look at, at any time. */
export interface RunView {
  readonly account: RunAccount;
  readonly lanes: readonly Pick<Lane, 'busyMs'>[];
  /** Bytes of all inputs, and of them those that earlier runs have read; undefined where an input has no known end. */
  readonly inputBytes: () => { readonly total: number; readonly earlier: number } | undefined;
  /** What recovery cut off before the run. */
  readonly cuts: readonly Cut[];
  /** Whether the job goes on from an earlier run. */
  readonly resumed: boolean;
}

export interface RunOutcome {
  readonly account: RunAccount;
  /** The most worker threads that there were at the same time. */
  readonly threadsMost: number;
  /** Keys that have a good part of the events, and which part, about. */
  readonly hotKeys: readonly HotKey[];
  readonly seconds: number;
  readonly interrupted: boolean;
  readonly resumed: boolean;
}
