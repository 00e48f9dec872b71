import type { LoadPlan } from './at-load.ts';
import type { BenchOptions } from './options.ts';
import type { AlonePlan } from './pace.ts';
import type { PipelinePlan } from './pipeline-runs.ts';
import type { ProfilePlan } from './profile.ts';

/** How much is measured, and so how long it takes. */

/**
 * With fewer than eight launches a comparison could never claim anything (bootstrap.ts), and with fewer than twelve not where
 * one of them is unlike the others.
 */
const COMPARED: AlonePlan = {
  launches: 12,
  launchesMax: 60,
  secondsMax: 240,
  rounds: 48,
  roundsMax: 200,
  roundMs: 10,
  warmMsMin: 200,
  warmMsMax: 2000,
  stepMs: 250,
};
const COMPARED_QUICK: AlonePlan = {
  launches: 12,
  launchesMax: 40,
  secondsMax: 45,
  rounds: 24,
  roundsMax: 120,
  roundMs: 8,
  warmMsMin: 60,
  warmMsMax: 600,
  stepMs: 40,
};
const ALONE: AlonePlan = {
  ...fixed(6, 40),
  roundMs: 12,
  warmMsMin: 300,
  warmMsMax: 2000,
  stepMs: 400,
};
const ALONE_QUICK: AlonePlan = {
  ...fixed(6, 12),
  roundMs: 6,
  warmMsMin: 60,
  warmMsMax: 600,
  stepMs: 60,
};

export function alonePlan(
  { quick, launches }: Pick<BenchOptions, 'quick' | 'launches'>,
  subjects: number,
): AlonePlan {
  const compares = subjects > 1;
  const plan = compares ? (quick ? COMPARED_QUICK : COMPARED) : quick ? ALONE_QUICK : ALONE;
  return launches === undefined ? plan : { ...plan, launches, launchesMax: launches };
}

/** Where nothing is compared, there is nothing to be found out with more of them. */
function fixed(
  launches: number,
  rounds: number,
): Pick<AlonePlan, 'launches' | 'launchesMax' | 'secondsMax' | 'rounds' | 'roundsMax'> {
  return { launches, launchesMax: launches, secondsMax: Number.POSITIVE_INFINITY, rounds, roundsMax: rounds };
}

/** About how long a launch takes, for so many handlers: threads are started in a tenth of a second. */
export function launchSeconds({ rounds, roundMs, warmMsMin, stepMs }: AlonePlan, subjects: number): number {
  return (subjects * (120 + warmMsMin * 1.5 + (rounds + 1) * roundMs + stepMs * 0.4)) / 1000;
}

/** How long a handler may take for those events whose outputs are compared. */
export function outputsMsMax({ quick }: Pick<BenchOptions, 'quick'>): number {
  return quick ? 3000 : 15_000;
}

const PIPELINE = { rounds: 3, warmMs: 600, measureMs: 1500 };
const PIPELINE_QUICK = { rounds: 1, warmMs: 200, measureMs: 400 };

export function pipelinePlan({ quick, workers, log, pipelineMs }: BenchOptions): PipelinePlan {
  const plan = { ...(quick ? PIPELINE_QUICK : PIPELINE), workers, log };
  return pipelineMs === undefined ? plan : { ...plan, measureMs: pipelineMs };
}

const LOAD = { warmMs: 1500, measureMs: 5000 };
const LOAD_QUICK = { warmMs: 300, measureMs: 700 };

export function loadPlan(perSecond: number, { quick, workers, pipelineMs }: BenchOptions): LoadPlan {
  const plan = { ...(quick ? LOAD_QUICK : LOAD), perSecond, workers: Math.max(...workers) };
  return pipelineMs === undefined ? plan : { ...plan, measureMs: pipelineMs };
}

const PROFILE = { warmMsMin: 300, warmMsMax: 2000, profileMs: 2500 };
const PROFILE_QUICK = { warmMsMin: 80, warmMsMax: 400, profileMs: 400 };

export function profilePlan({ quick }: BenchOptions): ProfilePlan {
  return quick ? PROFILE_QUICK : PROFILE;
}

export function profileSeconds({ warmMsMin, profileMs }: ProfilePlan): number {
  return (150 + warmMsMin * 1.5 + profileMs * 1.3) / 1000;
}

/** What a process of its own takes, besides the time over which it measures. */
const PROCESS_SECONDS = 0.5;

export function runSeconds({ warmMs, measureMs }: { warmMs: number; measureMs: number }): number {
  return PROCESS_SECONDS + (warmMs + measureMs) / 1000;
}
