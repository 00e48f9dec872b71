import { MillraceError } from '../base/errors.ts';
import { meanInterval } from './bootstrap.ts';
import type { PipelineJob, Throughput } from './pipeline-job.ts';
import { runPipeline } from './pipeline-process.ts';
import { mean, median } from './quantiles.ts';
import { Random } from '../base/random.ts';
import type { PipelineReport, Stage } from './report.ts';
import type { Subject } from './subject.ts';

/** Handlers in the pipeline, with one worker, two, and so on: in rounds, each in another order. */

export interface PipelinePlan {
  readonly workers: readonly number[];
  readonly rounds: number;
  readonly warmMs: number;
  readonly measureMs: number;
  readonly log: boolean;
}

export interface PipelineOptions {
  readonly subjects: readonly Subject[];
  readonly plan: PipelinePlan;
  readonly job: Pick<PipelineJob, 'calling' | 'inputs' | 'reading'>;
  readonly random: Random;
  readonly interrupted: AbortSignal;
  readonly onRun: () => void;
}

/** What came of each handler with each number of workers, as far as it went. */
export type PipelineFigures = ReadonlyMap<Subject, ReadonlyMap<number, readonly Throughput[]>>;

export async function measurePipeline(options: PipelineOptions): Promise<PipelineFigures> {
  const { subjects, plan, job, random, interrupted, onRun } = options;
  const figures = new Map(
    subjects.map(subject => [subject, new Map(plan.workers.map(count => [count, [] as Throughput[]]))]),
  );
  const settings = subjects.flatMap(subject => plan.workers.map(workers => ({ subject, workers })));
  const { warmMs, measureMs, log } = plan;
  for (let round = 0; round < plan.rounds; round++) {
    for (const { subject, workers } of random.shuffled(settings)) {
      if (interrupted.aborted) return figures;
      const asked = { handler: subject.path, workers, warmMs, measureMs, log };
      const run = { ...job, ...asked, perSecond: undefined, turnMs: undefined };
      try {
        figures
          .get(subject)!
          .get(workers)!
          .push(await runPipeline<'throughput'>(run, interrupted));
      } catch (error) {
        if (interrupted.aborted) return figures;
        // What else was measured is not to be lost with it; the report tells that it is missing.
        if (!(error instanceof MillraceError) || error.code !== 'MILLRACE_NO_INPUT') throw error;
      }
      onRun();
    }
  }
  return figures;
}

const LEVEL = 0.95;

/** Settings that were run at least once. */
export function pipelineReports(
  byWorkers: ReadonlyMap<number, readonly Throughput[]>,
  log: boolean,
): PipelineReport[] {
  const reports: PipelineReport[] = [];
  for (const [workers, runs] of byWorkers) {
    if (runs.length === 0) continue;
    const perRun = runs.map(({ events, seconds }) => events / seconds);
    const eventsPerSecond = mean(perRun);
    const first = reports.find(report => report.workers === 1);
    const speedUp = eventsPerSecond / (first?.eventsPerSecond ?? eventsPerSecond);
    const stages = stagesOf(runs, workers);
    reports.push({
      workers,
      to: log ? 'log' : 'nowhere',
      eventsPerSecond,
      bytesPerSecond: mean(runs.map(({ bytes, seconds }) => bytes / seconds)),
      interval: meanInterval(perRun, LEVEL, new Random(1)),
      speedUp: first === undefined && workers > 1 ? Number.NaN : speedUp,
      efficiency: first === undefined && workers > 1 ? Number.NaN : speedUp / workers,
      stages,
      bottleneck: bottleneckOf(runs, stages),
      peakBytes: Math.max(...runs.map(({ peakBytes }) => peakBytes)),
      loopDelayMs: {
        p50: median(runs.map(({ loopDelayMs }) => loopDelayMs.p50)),
        p99: median(runs.map(({ loopDelayMs }) => loopDelayMs.p99)),
        max: Math.max(...runs.map(({ loopDelayMs }) => loopDelayMs.max)),
      },
      rounds: perRun,
      overTime: overTime(runs.at(-1)!),
    });
  }
  return reports;
}

function stagesOf(runs: readonly Throughput[], workers: number): Record<Stage, number> {
  const share = (of: (run: Throughput) => number): number =>
    Math.min(1, mean(runs.map(run => of(run) / 1000 / run.seconds)));
  return {
    read: share(({ places }) => places.read),
    scatter: share(({ places }) => places.scatter),
    wait: share(({ places }) => places.wait),
    handle: share(({ places }) => places.lanes / workers),
    gather: share(({ places }) => places.gather),
    write: share(({ places }) => places.write),
    fsync: share(({ places }) => places.fsync),
  };
}

/** Of those that work beside one another, the one that is at work for the most of the time. */
function bottleneckOf(runs: readonly Throughput[], stages: Readonly<Record<Stage, number>>): string {
  const main = mean(runs.map(({ places, seconds }) => places.main / 1000 / seconds));
  const busiest = stages.gather > stages.scatter ? 'gather' : 'scatter';
  const at = [
    { name: 'handle, in the workers', share: stages.handle },
    { name: `the main thread (most of all ${busiest})`, share: main },
    { name: 'the disk (write)', share: stages.write },
    { name: 'the disk (fsync)', share: stages.fsync },
    // The main thread reads as well; only what it waits for is the source's own.
    { name: 'read', share: stages.read - main },
  ];
  const { name, share } = at.reduce((most, next) => (next.share > most.share ? next : most));
  return `${name}, busy ${Math.round(Math.min(1, share) * 100)} % of the time`;
}

/** What came in each step of time. */
function overTime({ progress }: Throughput): PipelineReport['overTime'] {
  return progress.slice(1).map(({ ms, events }, at) => ({
    seconds: ms / 1000,
    eventsPerSecond: ((events - progress[at]!.events) / (ms - progress[at]!.ms)) * 1000,
  }));
}
