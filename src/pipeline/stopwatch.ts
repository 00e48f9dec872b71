import type { Disk } from '../store/disk.ts';

/** Where the main thread spends the time of a run, besides reading and the disk: at scattering, waiting, gathering. */
export type TimedStage = 'scatter' | 'wait' | 'gather';

/** Looks at a run for whoever measures it; in others there is none. Asked once for each chunk, never for each event. */
export interface Stopwatch {
  /** Whether times are taken at the moment. */
  readonly isOn: boolean;
  /** The disk that the log is to write to. */
  readonly disk: Disk;
  /** Told how long the main thread was at a stage. */
  readonly spent: (stage: TimedStage, ms: number) => void;
}

/** Does `task`, and tells `stopwatch` how long that took, where there is one. */
export function timing<T>(stopwatch: Stopwatch | undefined, stage: TimedStage, task: () => T): T {
  if (stopwatch?.isOn !== true) return task();
  const beganMs = performance.now();
  const result = task();
  stopwatch.spent(stage, performance.now() - beganMs);
  return result;
}
