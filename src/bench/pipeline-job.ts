import type { InputOptions } from '../source/table.ts';
import type { OpenLoopFigures } from './open-loop-source.ts';
import type { Percentiles } from './quantiles.ts';
import type { Calling } from './subject.ts';

/** What a process of its own is asked to run, and what it answers: a pipeline, measured over some time. */

export interface PipelineJob {
  readonly handler: string;
  readonly calling: Calling;
  readonly inputs: readonly string[];
  readonly reading: InputOptions & { readonly store: string; readonly spool: boolean };
  readonly workers: number;
  /** A store of its own for the log; undefined where nothing is to be written. */
  readonly store: string | undefined;
  readonly warmMs: number;
  readonly measureMs: number;
  /** Events a second; undefined is as many as go through. */
  readonly perSecond: number | undefined;
  /**
   * Milliseconds, on average, for which the time at each place is taken, and then not, by turns; undefined is always. Only
   * scripts/bench-cost.mjs, which asks what it costs to take them, does it by turns.
   */
  readonly turnMs: number | undefined;
}

/** Milliseconds at each place, from the end of the warm-up on. */
export interface PlaceTimes {
  readonly read: number;
  readonly scatter: number;
  readonly wait: number;
  readonly gather: number;
  readonly write: number;
  readonly fsync: number;
  /** Of all lanes together. */
  readonly lanes: number;
  /** In which the main thread did not wait for anything. */
  readonly main: number;
}

export interface Throughput {
  readonly kind: 'throughput';
  readonly seconds: number;
  readonly events: number;
  readonly bytes: number;
  /** Of the processor, in all threads. */
  readonly cpuSeconds: number;
  readonly places: PlaceTimes;
  readonly peakBytes: number;
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Events that had come so far, at times since the start of the measurement. */
  readonly progress: readonly { readonly ms: number; readonly events: number }[];
  /** Where times are taken by turns, what came of each turn. */
  readonly turns: readonly Turn[];
}

export interface Turn {
  readonly isTimed: boolean;
  readonly seconds: number;
  readonly events: number;
  readonly cpuSeconds: number;
}

/** What the load has found out (open-loop-source.ts). */
export interface AtLoad extends Omit<OpenLoopFigures, 'latencyMs'> {
  readonly kind: 'at-load';
  readonly latencyMs: Percentiles & { readonly max: number };
  readonly bins: { readonly edges: readonly number[]; readonly counts: readonly number[] };
}

export type PipelineAnswer =
  | Throughput
  | AtLoad
  | {
      readonly kind: 'failed';
      readonly code: string | undefined;
      readonly message: string;
      readonly hint: string | undefined;
    };
