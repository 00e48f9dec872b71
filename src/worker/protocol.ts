import type { SharedSlot, WasmMemory } from '../kernel/slot-memory.ts';
import type { EventReading } from '../query/handler-reader.ts';
import type { Counted } from './counts.ts';
import type { DeadError } from './dead-letter.ts';
import type { CacheFigures } from './load-cache.ts';

/**
 * What crosses between the main thread and a worker thread.
 *
 * Bytes are read into slots of shared memory, and outputs are written there as well; what is sent names positions in a
 * slot. Only outputs that find no room there are moved with a result.
 */

/** What a worker thread is started with. */
export interface LaneSetup {
  readonly slots: readonly SharedSlot[];
  /** Memory and module of the WebAssembly engine, and which piece of it is this lane's; undefined for the plain one. */
  readonly wasm: WasmMemory | undefined;
  readonly instance: number;
  /** The most lanes that there may be. */
  readonly lanes: number;
  /** Eight bytes that all lanes share: when the next event is due by the rate of the run (rate-limit.ts). */
  readonly rateClock: SharedArrayBuffer;
  /** Calls of the handler in all lanes (permits.ts). */
  readonly permits: SharedArrayBuffer;
  /** Options of the command line that come before those of the handler's definition, under the same names. */
  readonly overrides: Readonly<Record<string, unknown>>;
  /** Int32: see `Progress`. */
  readonly progress: SharedArrayBuffer;
  /** The compiled handler; undefined where lines are only looked at with `where` and `select`. */
  readonly handler: HandlerFile | undefined;
  /** Texts of `--where` and `--select`. */
  readonly where: string | undefined;
  readonly select: string | undefined;
  readonly lineBytesMax: number;
  /** Time for one event; undefined leaves it to the handler's definition, and 0 is for ever. */
  readonly timeoutMs: number | undefined;
  /** `--key`; undefined leaves it to the handler's definition. */
  readonly key: string | undefined;
  /** Whether a batch ends at the first event that fails (`--on-error stop`). */
  readonly stopAtDead: boolean;
}

/** A compiled handler, and which parts of an event it was found to look at. */
export interface HandlerFile {
  readonly url: string;
  /** Told from others by its source and that of what it imports by relative paths, wherever these lie: digits of a SHA-256. */
  readonly version: string;
  /** The files that it was compiled from. */
  readonly inputs: readonly string[];
  readonly reading: EventReading | undefined;
}

/** What the handler says about itself, told once it is loaded. */
export interface HandlerTraits {
  readonly key: string | undefined;
  readonly timeoutMs: number;
  /** Whether several events, of several batches, may be handled at the same time. */
  readonly concurrent: boolean;
  /** Whether it takes several with one call. */
  readonly inBatches: boolean;
  /** How long events of a live source are to wait for others, and for how many of them; undefined where they are not. */
  readonly linger: { readonly ms: number; readonly events: number } | undefined;
  /** Whether it has something to do for each key at the end of the input. */
  readonly hasEnd: boolean;
  /** Topics beside that of the run to which the handler emits. */
  readonly topics: readonly string[];
}

/** Why a handler could not be loaded. */
export interface LoadFailure {
  readonly failed: 'export' | 'option' | 'load';
  readonly message: string;
  readonly stack: string | undefined;
}

/** Fields of the progress memory, by which the main thread sees a thread that hangs, and what it died of. */
export const Progress = {
  /** 1 while a handler is at an event, `atSeveral` while it is at several and it cannot be said at which; else 0. */
  busy: 0,
  /** Counts the events that were begun. */
  count: 1,
  /** The number in the slot's table of the event's line. */
  line: 2,
  /** The number of the batch (`BatchTask`). */
  task: 3,
  /** 1 once something had to come with the result of a batch: then its lines are not done before it is. */
  withResult: 4,
  /** Events that it is at and that are not on the list of them: of each the number of its batch, and its line. */
  unlisted: 5,
  /** Where several events are handled at the same time: counts the batches of which the handler was called with every event. */
  begun: 6,
  fields: 7,
  /** A value of `busy`. */
  atSeveral: 2,
} as const;

/** Events that may stand on the list behind the fields. */
export const SUSPECTS_MAX = 4096;
export const PROGRESS_BYTES = (Progress.fields + 2 * SUSPECTS_MAX) * 4;

/** How much is known of the text in a chunk: pure ASCII, valid UTF-8, or anything. */
export type TextKind = 'ascii' | 'utf8' | 'bytes';

/** Bytes of a slot whose lines are not known yet; the first one will have the number `line`. */
export interface LineRange {
  readonly kind: 'range';
  readonly from: number;
  readonly to: number;
  readonly line: number;
}

/**
 * Lines of a slot that a scan has found: of those from `from` to before `to` the ones that the table gives to `lane`. The
 * slot's memory holds the first `records` records, of lines before number `recordsTo`; the lane makes the others.
 */
export interface ListedLines {
  readonly kind: 'listed';
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  readonly text: TextKind;
  readonly records: number;
  readonly recordsTo: number;
}

/** Asks a lane to find the lines of a chunk, and the lane of each by its key, for all lanes. */
export interface ScanTask {
  readonly slot: number;
  readonly from: number;
  readonly to: number;
  /** For each of the 256 key groups its lane. */
  readonly laneOfGroup: Uint8Array;
  /** What each lane has to do already, in bytes: events without a key go where the least is to be done. */
  readonly loads: Uint32Array;
}

export interface ScanResult {
  /** Lines in the table. */
  readonly lines: number;
  readonly text: TextKind;
  readonly records: number;
  readonly recordsTo: number;
  /** Bytes that the chunk brings to each lane. */
  readonly laneBytes: readonly number[];
  /** The keys of some events, evenly over the chunk, and their groups. */
  readonly keys: readonly string[];
  readonly groups: readonly number[];
  readonly busyMs: number;
}

/** The lines that a lane is to handle. */
export interface Batch {
  readonly slot: number;
  /** The name of the source. */
  readonly source: string;
  /** The offset in the source of the slot's first byte. */
  readonly base: number;
  readonly lines: LineRange | ListedLines;
}

export interface BatchTask extends Batch {
  /** Tells the batches of a lane apart. */
  readonly number: number;
  /** 2 where the batch is one event whose first attempt killed the thread. */
  readonly attempt: number;
  /** Set after the death of a thread that was at several events: one at a time tells which one it dies of. */
  readonly oneAtATime?: true;
}

/** Asks for what the handler makes of the end of the input, for all keys of a group. */
export interface EndTask {
  readonly group: number;
  /** Tells the tasks of a lane apart. */
  readonly number: number;
}

export interface EndResult extends Pick<BatchResult, 'emitted' | 'state' | 'counts' | 'cache' | 'busyMs'> {
  /** So many events, each with its newline. */
  readonly events: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The keys of which something came, in order: what `keys[i]` gave ends at `ends[i]`, and what it emitted has `i` for its line. */
  readonly keys: readonly string[];
  readonly ends: Uint32Array;
}

/** What came of it; or the key at which the handler has failed. */
export type EndOutcome = EndResult | { readonly failed: { readonly key: string; readonly error: DeadError } };

export interface BatchResult {
  /** The number of the line after the last one that was handled; that is not the end where it stopped at a dead one. */
  readonly linesTo: number;
  /** Dead events, in order. */
  readonly dead: readonly DeadLine[];
  /** Outputs that found no room in the slot. */
  readonly overflow: readonly Overflow[];
  /** Events for the topics that the handler has declared. */
  readonly emitted: readonly Emitted[];
  /** What has changed of the state of the lane's keys. */
  readonly state: StateChange | undefined;
  readonly ways: Ways;
  /** What the handler has counted. */
  readonly counts?: Counted;
  /** What its cache was good for. */
  readonly cache?: CacheFigures;
  /** Time that the thread was at work. */
  readonly busyMs: number;
}

export type TaskResult = BatchResult | ScanResult | EndOutcome;

/** How many events were decoded in which way: only the parts that the handler looks at, or whole. */
export interface Ways {
  readonly inPart: number;
  readonly whole: number;
}

export interface DeadLine {
  /** The line's number in the table. */
  readonly line: number;
  /** Where it begins in the slot. */
  readonly start: number;
  /** Members of the dead letter's JSON object, without braces. */
  readonly members: string;
}

/** Events for one topic (its number among the handler's): event `i` is that of line `lines[i]`, and ends at `ends[i]`. */
export interface Emitted {
  readonly topic: number;
  readonly lines: Int32Array;
  readonly ends: Int32Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** `count` lines that say what has become of keys (base/keyed-state.ts). */
export interface StateChange {
  readonly count: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** In a run that may end at any event: the changes are those of `lines`, in order, and end at `ends`. */
  readonly each: { readonly lines: readonly number[]; readonly ends: readonly number[] } | undefined;
}

/** The outputs of some lines: those of `lines[i]` end at `ends[i]` and begin where the one before ends. */
export interface Overflow {
  readonly lines: readonly number[];
  readonly ends: readonly number[];
  readonly events: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}
