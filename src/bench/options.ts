import type { InputHost } from '../source/table.ts';
import type { Baseline } from './baseline.ts';
import type { PipelineJob } from './pipeline-job.ts';
import type { Progress } from './schedule.ts';

/** A baseline of another time, or the one handler as of a revision. */
export type Against =
  | { readonly kind: 'baseline'; readonly baseline: Baseline }
  | { readonly kind: 'git'; readonly revision: string };

/** What a bench is told, and what it tells while it goes on. */

export interface BenchOptions extends Pick<PipelineJob, 'calling' | 'inputs' | 'reading'> {
  readonly handlers: readonly string[];
  /** What the handlers are compared with, besides one another. */
  readonly against: Against | undefined;
  /** Whether the report is to be a baseline for another time. */
  readonly saves: boolean;
  /** Bytes of the input that are taken. */
  readonly sampleBytesMax: number;
  /** What is asked for. */
  readonly alone: boolean;
  readonly pipeline: boolean;
  readonly workers: readonly number[];
  readonly log: boolean;
  /** Events a second; undefined where that is not asked for. */
  readonly perSecond: number | undefined;
  /** Whether profiles are taken, and where they are written; without a directory they are only looked at. */
  readonly profile: boolean;
  readonly heap: boolean;
  readonly profileDirectory: string | undefined;
  /** How much is measured. */
  readonly quick: boolean;
  readonly launches: number | undefined;
  readonly pipelineMs: number | undefined;
  readonly seed: number;
  /** The version of millrace that measures. */
  readonly millrace: string;
}

export interface BenchHooks extends InputHost {
  /** Aborted when it is to end with what there is so far. */
  readonly interrupted: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}
