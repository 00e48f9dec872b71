import type { Interval } from './bootstrap.ts';
import type { LogBins, Percentiles } from './quantiles.ts';
import type { Verdict } from './verdict.ts';

/**
 * All that a bench has found out, as JSON (`--json`, `--save`, and the data in the HTML page). Times of an event are in
 * nanoseconds, all others in milliseconds or seconds, as their names say.
 */

/** With 1 only the beginning of the sample was measured: baselines of then say something else. */
export const REPORT_VERSION = 2;

export interface BenchReport {
  readonly version: typeof REPORT_VERSION;
  readonly millrace: string;
  readonly time: string;
  readonly seconds: number;
  readonly seed: number;
  /** Whether it was ended before it was done. */
  readonly interrupted: boolean;
  readonly machine: Machine;
  readonly input: InputReport;
  readonly handlers: readonly HandlerReport[];
  readonly comparisons: readonly Comparison[];
  /** What is to be known when the figures are read. */
  readonly notes: readonly string[];
}

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly v8: string;
  /** Processes that wanted a core in the minute before. */
  readonly load: number;
  /** The share of the cores that other processes had meanwhile; undefined where the system does not tell. */
  readonly othersShare: number | undefined;
}

export interface InputReport {
  readonly names: readonly string[];
  readonly bytes: number;
  readonly events: number;
  /** Whether there is more of it than was taken. */
  readonly isPart: boolean;
  /** How many of the events were measured in handlers alone; undefined where that was not asked for. */
  readonly measured: number | undefined;
  readonly digest: string;
}

export interface HandlerReport {
  readonly name: string;
  readonly isBaseline: boolean;
  readonly key: string | undefined;
  readonly alone: AloneReport | undefined;
  readonly outputs: OutputsReport | undefined;
  readonly pipeline: readonly PipelineReport[];
  readonly atLoad: LoadReport | undefined;
  readonly profile: CpuReport | undefined;
  readonly heap: HeapReport | undefined;
}

/** The handler on one thread, without the pipeline. */
export interface AloneReport {
  readonly nsPerEvent: number;
  /** Of the mean, from launch to launch. */
  readonly interval: Interval;
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Of single events; undefined where several are handled at a time. */
  readonly single: SingleReport | undefined;
  readonly allocatedBytesPerEvent: number;
  readonly gc: { readonly pauses: number; readonly longestMs: number; readonly share: number };
  readonly deadShare: number;
  readonly idleShare: number;
  readonly warmUp: { readonly ms: number; readonly steady: boolean };
  /** For each launch the time over that of the yardstick, where that was measured (yardstick.ts). */
  readonly yardsticks: readonly number[];
  /** For each launch the time of an event in each round: on the wall, and of its own (own-time.ts). */
  readonly wallNs: readonly (readonly number[])[];
  readonly ownNs: readonly (readonly number[])[];
  /** Pauses for garbage in each round; they are part of both. */
  readonly gcNs: readonly (readonly number[])[];
}

/** The times of single events. */
export interface SingleReport extends Percentiles {
  readonly max: number;
  readonly timed: number;
  /** Shares of the time of all events. */
  readonly parse: number;
  readonly handle: number;
  readonly encode: number;
  /** The handler's own time for each event that it was given, and which share of them that were. */
  readonly handleNs: number;
  readonly lookedShare: number;
  readonly bins: LogBins;
}

/** What came out of the first `read` events of the sample. */
export interface OutputsReport {
  readonly digest: string;
  readonly read: number;
  readonly events: number;
  readonly bytes: number;
  readonly dead: number;
}

export type Stage = 'read' | 'scatter' | 'wait' | 'handle' | 'gather' | 'write' | 'fsync';

/** The handler in the pipeline, with so many workers. */
export interface PipelineReport {
  readonly workers: number;
  readonly to: 'log' | 'nowhere';
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly interval: Interval;
  /** Against one worker, and that by the number of workers. */
  readonly speedUp: number;
  readonly efficiency: number;
  /** Share of the time in which it was at each stage: of that of the main thread, or of all workers for `handle`. */
  readonly stages: Readonly<Record<Stage, number>>;
  readonly bottleneck: string;
  readonly peakBytes: number;
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Of each round: events in a second, and how that went over time. */
  readonly rounds: readonly number[];
  readonly overTime: readonly { readonly seconds: number; readonly eventsPerSecond: number }[];
}

/** From the time at which an event was due until it was committed. */
export interface LoadReport {
  readonly askedPerSecond: number;
  readonly reachedPerSecond: number;
  readonly kept: boolean;
  readonly workers: number;
  readonly events: number;
  readonly latencyMs: Percentiles & { readonly max: number };
  readonly bins: LogBins;
}

export interface Comparison {
  readonly name: string;
  readonly baseline: string;
  readonly verdict: Verdict;
  readonly ratios: readonly number[];
  readonly sameOutputs: boolean | undefined;
  /** Where the baseline was measured another time. */
  readonly saved: string | undefined;
}

export interface HotSpot {
  readonly name: string;
  readonly place: string;
  readonly share: number;
}

export interface FlameNode {
  readonly name: string;
  readonly place: string;
  /** Of this and all below it. */
  readonly value: number;
  readonly children: readonly FlameNode[];
}

export interface CpuReport {
  readonly file: string | undefined;
  readonly functions: readonly HotSpot[];
  readonly lines: readonly HotSpot[];
  readonly flame: FlameNode;
}

export interface HeapReport {
  readonly file: string | undefined;
  readonly functions: readonly HotSpot[];
  readonly bytes: number;
}
