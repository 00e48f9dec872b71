import type { AloneFigures } from './alone.ts';
import type { PipelineFigures } from './pipeline-runs.ts';
import type { CpuReport, HeapReport, LoadReport, OutputsReport } from './report.ts';
import type { Subject } from './subject.ts';

/** All that was measured; what was not asked for, or not come to, is not there. */
export interface Measured {
  readonly alone: readonly AloneFigures[];
  readonly outputs: ReadonlyMap<Subject, OutputsReport>;
  readonly pipeline: PipelineFigures;
  readonly atLoad: ReadonlyMap<Subject, LoadReport>;
  readonly profiles: ReadonlyMap<Subject, Profiles>;
}

export interface Profiles {
  readonly profile: CpuReport | undefined;
  readonly heap: HeapReport | undefined;
}
