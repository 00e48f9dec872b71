import type { SharedSlot } from '../kernel/slot-memory.ts';

/**
 * What crosses between the main thread and a worker thread.
 *
 * Bytes are read into slots of shared memory; a batch names positions in a slot, and a result brings back the bytes
 * that the handler made. Only the result's buffers are moved; they come back with a later batch to be used again.
 */

/** What a worker thread is started with. */
export interface LaneSetup {
  readonly slots: readonly SharedSlot[];
  /** Int32: see `Progress`. */
  readonly progress: SharedArrayBuffer;
  /** The compiled handler. */
  readonly handlerUrl: string;
  /** Names of the sources, by their number in a batch. */
  readonly sourceNames: readonly string[];
  readonly lineBytesMax: number;
  /** Time for one event; undefined leaves it to the handler's definition, and 0 is for ever. */
  readonly timeoutMs: number | undefined;
  /** `--key`; undefined leaves it to the handler's definition. */
  readonly key: string | undefined;
  /** Whether a batch ends at the first event that fails (`--on-error stop`). */
  readonly stopAtDead: boolean;
}

/** What the handler says about itself, told once it is loaded. */
export interface HandlerTraits {
  readonly key: string | undefined;
  readonly timeoutMs: number;
}

/** Why a handler could not be loaded. */
export interface LoadFailure {
  readonly failed: 'export' | 'load';
  readonly message: string;
  readonly stack: string | undefined;
}

/** Fields of the progress memory, by which the main thread sees a thread that hangs, and what it died of. */
export const Progress = {
  /** 1 while a handler is at an event, else 0. */
  busy: 0,
  /** Counts the events that were begun. */
  count: 1,
  /** Where the line of the event begins in its slot. */
  lineStart: 2,
  fields: 3,
} as const;

/** How much is known of the text in a chunk: pure ASCII, valid UTF-8, or anything. */
export type TextKind = 'ascii' | 'utf8' | 'bytes';

/** The lines that a lane gets of a chunk. */
export interface Batch {
  readonly slot: number;
  readonly source: number;
  /** The offset in the source of the slot's first byte. */
  readonly base: number;
  readonly text: TextKind;
  readonly lines: BatchLines;
}

/**
 * Either all lines in a range of bytes, which give one run of output; or the lines that the slot's table gives to a
 * lane, of those from `from` to before `to`, whose outputs can be told apart, so that they can be merged with those of
 * other lanes.
 */
export type BatchLines =
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'listed'; readonly lane: number; readonly from: number; readonly to: number };

export interface BatchTask extends Batch {
  /** 2 where the batch is one event whose first attempt killed the thread. */
  readonly attempt: number;
  /** A buffer of an earlier result to write into. */
  readonly spare: ArrayBuffer | undefined;
}

export interface BatchResult {
  /** Lines handled, blank ones of a range included; fewer than given where the batch was stopped at a dead one. */
  readonly lines: number;
  readonly blank: number;
  readonly kept: number;
  readonly dropped: number;
  /** Events in `out`; listed lines that were passed on count as well, though their bytes stay in the slot. */
  readonly written: number;
  readonly out: Uint8Array<ArrayBuffer>;
  readonly dead: readonly DeadLine[];
  /** Time that the thread was at work. */
  readonly busyMs: number;
}

export interface DeadLine {
  /** The line's number within the batch, from 0, blank ones counted. */
  readonly index: number;
  /** Where it begins in the slot. */
  readonly start: number;
  /** Members of the dead letter's JSON object, without braces. */
  readonly members: string;
}
