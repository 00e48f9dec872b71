import type { PipelineJob } from './pipeline-job.ts';
import { runPipeline } from './pipeline-process.ts';
import type { LoadReport } from './report.ts';
import type { Subject } from './subject.ts';

/** A handler in the pipeline, with as many events a second as are asked for, whether it can keep up or not. */

export interface LoadPlan {
  readonly perSecond: number;
  readonly workers: number;
  readonly warmMs: number;
  readonly measureMs: number;
}

/** It falls behind where events are left, or the latency grows by more than this, in seconds a second. */
const GROWTH_MAX = 0.05;

export async function measureAtLoad(
  subject: Subject,
  plan: LoadPlan,
  job: Pick<PipelineJob, 'calling' | 'inputs' | 'reading'>,
  interrupted: AbortSignal,
): Promise<LoadReport> {
  const answer = await runPipeline<'at-load'>(
    { ...job, ...plan, handler: subject.path, log: true, turnMs: undefined },
    interrupted,
  );
  const { committed, left, committedPerSecond, growth, latencyMs, bins } = answer;
  const kept = left === 0 && growth <= GROWTH_MAX;
  const reached = left > 0 ? Math.min(plan.perSecond, committedPerSecond) : plan.perSecond / (1 + growth);
  return {
    askedPerSecond: plan.perSecond,
    reachedPerSecond: kept ? plan.perSecond : reached,
    kept,
    workers: plan.workers,
    events: committed,
    latencyMs,
    bins,
  };
}
