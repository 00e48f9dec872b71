import { MillraceError } from '../base/errors.ts';
import type { SourceSpec } from '../source/contract.ts';
import { resolveInputs } from '../source/table.ts';
import { type AloneFigures, measureAlone } from './alone.ts';
import { measureAtLoad } from './at-load.ts';
import { watchMachine } from './machine.ts';
import { checkBaseline } from './baseline.ts';
import { areLaunchesEnough, areTurnsEnough } from './compare.ts';
import type { Measured, Profiles } from './measured.ts';
import type { BenchHooks, BenchOptions } from './options.ts';
import { digestAllOutputs } from './outputs.ts';
import { measurePipeline, type PipelineFigures } from './pipeline-runs.ts';
import {
  alonePlan,
  launchSeconds,
  loadPlan,
  outputsMsMax,
  pipelinePlan,
  profilePlan,
  profileSeconds,
  runSeconds,
} from './plan.ts';
import { profileCpu, profileHeap } from './profile.ts';
import { Random } from '../base/random.ts';
import type { BenchReport, LoadReport, OutputsReport } from './report.ts';
import { readSample, type Sample } from './sample.ts';
import { Schedule } from './schedule.ts';
import { scratchPlace } from './scratch.ts';
import type { Subject } from './subject.ts';
import { closeSubjects, openSubjects } from './subjects.ts';
import { writeReport } from './write-report.ts';

/**
 * The whole bench:
 *
 *     sample ──▶ each handler alone, side by side ──▶ in the pipeline ──▶ at a load ──▶ report
 *
 * Ended early, it gives what there is by then.
 */
export async function bench(options: BenchOptions, hooks: BenchHooks): Promise<BenchReport> {
  const startedMs = performance.now();
  const machineOf = watchMachine();
  const { interrupted } = hooks;
  const schedule = new Schedule(hooks.onProgress);
  const specs = await openInputs(options, hooks);
  const subjects = await openSubjects(options);
  try {
    const { sampleBytesMax: bytesMax, calling } = options;
    const { lineBytesMax } = calling;
    const sample = await readSample({ specs, bytesMax, lineBytesMax, threads: subjects.length });
    if (options.against?.kind === 'baseline') {
      checkBaseline(options.against.baseline, options.handlers, sample.digest);
    }
    const random = new Random(options.seed);
    const told = { specs, sample, subjects, random, schedule, options, interrupted };
    planAll(told);
    const measured = await measureAll(told);
    const seconds = (performance.now() - startedMs) / 1000;
    return writeReport({
      ...told,
      ...measured,
      machine: machineOf(),
      isLogMemory: (await scratchPlace(options.reading.store)).isMemory,
      seconds,
      interrupted: interrupted.aborted,
    });
  } finally {
    await closeSubjects(subjects);
  }
}

interface Told {
  readonly specs: readonly SourceSpec[];
  readonly sample: Sample;
  readonly subjects: readonly Subject[];
  readonly random: Random;
  readonly schedule: Schedule;
  readonly options: BenchOptions;
  readonly interrupted: AbortSignal;
}

function planAll({ subjects, schedule, options }: Told): void {
  if (options.alone) {
    const plan = alonePlan(options, subjects.length);
    schedule.plan(plan.launches, launchSeconds(plan, subjects.length));
  }
  if (options.pipeline) {
    const plan = pipelinePlan(options);
    schedule.plan(subjects.length * plan.workers.length * plan.rounds, runSeconds(plan));
  }
  if (options.perSecond !== undefined) {
    schedule.plan(subjects.length, runSeconds(loadPlan(options.perSecond, options)));
  }
  const kinds = [options.profile, options.heap].filter(isWanted => isWanted).length;
  schedule.plan(subjects.length * kinds, profileSeconds(profilePlan(options)));
}

async function measureAll(told: Told): Promise<Measured> {
  const { subjects, options } = told;
  const compares = subjects.length > 1 || options.saves || options.against !== undefined;
  const outputs = compares ? await digestAll(told) : new Map<Subject, OutputsReport>();
  const alone = options.alone ? await aloneAll(told) : [];
  const pipeline = options.pipeline ? await pipelineAll(told) : new Map();
  const atLoad = options.perSecond === undefined ? new Map() : await atLoadAll(told, options.perSecond);
  const profiles = options.profile || options.heap ? await profileAll(told) : new Map();
  return { alone, outputs, pipeline, atLoad, profiles };
}

function digestAll({ subjects, sample, options, schedule, interrupted }: Told): Promise<Measured['outputs']> {
  schedule.begin('comparing outputs');
  return digestAllOutputs(subjects, sample, { job: options, msMax: outputsMsMax(options), interrupted });
}

function aloneAll({
  subjects,
  sample,
  options,
  random,
  schedule,
  interrupted,
}: Told): Promise<AloneFigures[]> {
  const plan = alonePlan(options, subjects.length);
  const seconds = launchSeconds(plan, subjects.length);
  let planned = plan.launches;
  schedule.begin(`alone, launch 1 of ${planned}`);
  return measureAlone({
    subjects,
    sample,
    calling: options.calling,
    plan,
    random,
    withYardstick: options.saves || options.against?.kind === 'baseline',
    interrupted,
    areRoundsEnough: areTurnsEnough,
    areLaunchesEnough: all => {
      if (areLaunchesEnough(all)) return true;
      schedule.plan(1, seconds);
      planned++;
      return false;
    },
    onLaunch: launch =>
      schedule.done({ seconds, what: `alone, launch ${Math.min(planned, launch + 1)} of ${planned}` }),
  });
}

function pipelineAll({ subjects, options, random, schedule, interrupted }: Told): Promise<PipelineFigures> {
  const plan = pipelinePlan(options);
  const what = 'in the pipeline';
  const seconds = runSeconds(plan);
  schedule.begin(what);
  const onRun = (): void => schedule.done({ seconds, what });
  return measurePipeline({ subjects, plan, job: options, random, interrupted, onRun });
}

async function atLoadAll(told: Told, perSecond: number): Promise<Measured['atLoad']> {
  const { subjects, options, schedule, interrupted } = told;
  const plan = loadPlan(perSecond, options);
  const what = `at ${perSecond} events a second`;
  schedule.begin(what);
  const reports = new Map<Subject, LoadReport>();
  for (const subject of subjects) {
    if (interrupted.aborted) break;
    try {
      reports.set(subject, await measureAtLoad(subject, plan, options, interrupted));
    } catch (error) {
      if (interrupted.aborted) break;
      throw error;
    }
    schedule.done({ seconds: runSeconds(plan), what });
  }
  return reports;
}

async function profileAll({
  subjects,
  sample,
  random,
  options,
  schedule,
  interrupted,
}: Told): Promise<Measured['profiles']> {
  const { calling, profileDirectory: directory } = options;
  const plan = profilePlan(options);
  const what = 'looking where the time goes';
  schedule.begin(what);
  const place = random.next();
  const profiles = new Map<Subject, Profiles>();
  for (const [at, subject] of subjects.entries()) {
    if (interrupted.aborted) break;
    const number = subjects.length > 1 ? at + 1 : undefined;
    const profiling = { sample, calling, plan, place, directory, number };
    const profile = options.profile ? await profileCpu(subject, profiling) : undefined;
    const heap = options.heap ? await profileHeap(subject, profiling) : undefined;
    profiles.set(subject, { profile, heap });
    schedule.done({ seconds: profileSeconds(plan), what });
  }
  return profiles;
}

/** Rejects with MILLRACE_USAGE where an input cannot be read again and again. */
async function openInputs(
  { inputs, reading }: BenchOptions,
  hooks: BenchHooks,
): Promise<readonly SourceSpec[]> {
  const { specs } = await resolveInputs(inputs, reading, hooks);
  const once = specs.find(spec => spec.live || spec.id === undefined);
  if (once !== undefined) {
    throw new MillraceError('MILLRACE_USAGE', `cannot measure with "${once.name}": it can be read but once`, {
      hint: 'name a file, a glob or a topic; keep what a stream brings in a file first',
    });
  }
  for (const spec of specs) await spec.check();
  return specs;
}
