import type { TimeTaken } from './own-time.ts';
import type { HandlerTraits, LaneSetup, LoadFailure } from '../worker/protocol.ts';

/** What crosses between the bench and the thread in which a handler is measured alone: one question, then its answer. */

/** What the thread is started with: what a lane is, and the events. */
export interface BenchSetup extends LaneSetup {
  readonly sample: SharedSample;
}

/** Events in the slots, in the same memory for all threads. */
export interface SharedSample {
  readonly source: string;
  readonly chunks: readonly SampleChunk[];
  readonly lines: number;
}

/** A slot that is filled: the bytes from `from` to the last line's end. */
export interface SampleChunk {
  readonly slot: number;
  readonly base: number;
  readonly from: number;
  readonly lines: number;
  /** Int32: for each line where the one after it begins. */
  readonly nextStarts: SharedArrayBuffer;
}

/** Lines to be handled, in pieces that lie evenly over the sample: the first from its line `first` on, and round again at its end. */
export interface Work {
  readonly first: number;
  readonly lines: number;
  readonly pieces: number;
}

/** How works lie in the sample, one after the other (course.ts). */
export interface Course {
  /** Where it begins, as a share of the sample. */
  readonly place: number;
  /** Whether each work goes on where the one before it has ended, and has one piece. */
  readonly isGapless: boolean;
}

export interface Questions {
  readonly load: { readonly ask: undefined; readonly answer: HandlerTraits | LoadFailure };
  readonly warm: {
    /** With events of this course, each batch in so many pieces. */
    readonly ask: WarmUpTimes & { readonly course: Course; readonly pieces: number };
    readonly answer: WarmUp & {
      /** How many lines were handled, and whether any of them has changed a state. */
      readonly lines: number;
      readonly keepsState: boolean;
    };
  };
  readonly round: { readonly ask: Work; readonly answer: Round };
  /** The own time of the yardstick for the same events (yardstick.ts). */
  readonly yardstick: { readonly ask: Work; readonly answer: { readonly ownNs: number } };
  readonly steps: { readonly ask: Work; readonly answer: StepTimes };
  readonly allocation: {
    readonly ask: Work & { readonly batchLines: number };
    readonly answer: { readonly bytesPerEvent: number };
  };
  readonly profile: {
    readonly ask: Work & { readonly what: ProfileKind };
    /** What the inspector gives, as JSON: it is deep, and large. */
    readonly answer: { readonly json: string };
  };
  readonly close: { readonly ask: undefined; readonly answer: undefined };
}

export type ProfileKind = 'cpu' | 'heap';

export type Question = keyof Questions;

export interface WarmUpTimes {
  readonly msMin: number;
  readonly msMax: number;
  /** What a batch is to take at least. */
  readonly batchMsMin: number;
}

export interface WarmUp {
  readonly ms: number;
  readonly steady: boolean;
  /** Of the last batches, own time. */
  readonly nsPerEvent: number;
}

/** Lines handled one after the other, timed as a whole. */
export interface Round extends TimeTaken {
  readonly events: number;
  readonly bytes: number;
  readonly dead: number;
  readonly gcPausesMs: readonly number[];
}

/** Single events, of which some were timed. What the timing costs is taken out. */
export interface StepTimes {
  readonly events: number;
  /** Events that were given to JavaScript; about the others the kernel has decided alone. */
  readonly looked: number;
  /** The kernel's time for each event, be it looked at or not. */
  readonly scanNs: number;
  /** Times of some events that were looked at: decoded, handled, encoded. */
  readonly decodeNs: Float64Array;
  readonly handleNs: Float64Array;
  readonly encodeNs: Float64Array;
}
