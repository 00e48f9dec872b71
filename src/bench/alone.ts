import { permitsMemory } from '../worker/permits.ts';
import { CONCURRENCY_MAX } from '../worker/work-options.ts';
import type { BenchThreadOptions } from './bench-thread.ts';
import { BenchThread } from './bench-thread.ts';
import type { Round, StepTimes, WarmUp, Work } from './protocol.ts';
import type { Random } from '../base/random.ts';
import { OneCore } from './one-core.ts';
import type { Sample } from './sample.ts';
import type { Calling, Subject } from './subject.ts';

/**
 * Handlers alone, each in a thread of its own, one at work at a time.
 *
 * A launch starts a thread for each and measures them in rounds, by turns: the rounds of one turn lie side by side in time,
 * so that whatever else the machine does falls on all of them. How the compiler takes a handler, and where its objects
 * come to lie, is settled anew by each launch; so launches, and not rounds, are what is independent of one another, and
 * what intervals are made from.
 */

export interface AlonePlan {
  /** How many there are, at least; and at most, where those are not enough. */
  readonly launches: number;
  readonly launchesMax: number;
  /** No launch that is not one of the least begins after so long. */
  readonly secondsMax: number;
  /** How many rounds each handler has in a launch, at least; and at most. */
  readonly rounds: number;
  readonly roundsMax: number;
  readonly roundMs: number;
  readonly warmMsMin: number;
  readonly warmMsMax: number;
  /** For each handler, how long single events are timed in each of the first launches. */
  readonly stepMs: number;
}

/** What was measured of one handler. */
export interface AloneFigures {
  readonly subject: Subject;
  /** Rounds of each launch. Round `i` of all subjects in a launch are of the same events, side by side in time. */
  readonly launches: Round[][];
  /** For each round what the yardstick took, where that is asked for. */
  readonly yardsticks: number[][];
  readonly warmUps: WarmUp[];
  readonly steps: StepTimes[];
  readonly bytesPerEvent: number[];
  concurrent: boolean;
  key: string | undefined;
}

export interface AloneOptions {
  readonly subjects: readonly Subject[];
  readonly sample: Sample;
  readonly calling: Calling;
  readonly plan: AlonePlan;
  readonly random: Random;
  /** Whether rounds are to be compared with those of another time. */
  readonly withYardstick: boolean;
  /** Aborted when there is to be no further launch. */
  readonly interrupted: AbortSignal;
  /** Whether there are enough launches, as soon as there are as many as planned; and the same of the last launch's rounds. */
  readonly areLaunchesEnough: (all: readonly AloneFigures[]) => boolean;
  readonly areRoundsEnough: (all: readonly AloneFigures[]) => boolean;
  /** Told when a launch has ended. */
  readonly onLaunch: (launch: number) => void;
}

/** Launches in which single events are timed, and what they allocate. */
const LAUNCHES_LOOKED_AT = 3;
/** Events that are timed in all where that is not limited by the time. */
const STEP_LINES_MAX = 400_000;
/** Batches for which it is seen how much they allocate, and how many lines they have at most. */
const ALLOCATION_BATCHES = 41;
const ALLOCATION_LINES_MAX = 200;
/** How long such a batch takes: so little is allocated in it that most of them pass without a collection. */
const ALLOCATION_MS = 0.5;

interface Launched {
  readonly figures: AloneFigures;
  readonly thread: BenchThread;
}

export async function measureAlone(options: AloneOptions): Promise<AloneFigures[]> {
  const { subjects, plan, interrupted, areLaunchesEnough, onLaunch } = options;
  const startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  const all = subjects.map(
    (subject): AloneFigures => ({
      subject,
      launches: [],
      yardsticks: [],
      warmUps: [],
      steps: [],
      bytesPerEvent: [],
      concurrent: false,
      key: undefined,
    }),
  );
  const pace = new Pace();
  const core = subjects.length > 1 || options.withYardstick ? await OneCore.find() : undefined;
  for (let launch = 0; !interrupted.aborted && isAnotherDue(launch, plan, elapsedMs()); launch++) {
    if (launch >= plan.launches && areLaunchesEnough(all)) break;
    await core?.keep(launch);
    const isOver = (): boolean => interrupted.aborted || elapsedMs() > plan.secondsMax * 1000;
    await measureLaunch(all, { ...options, isOver }, pace, launch).finally(() => core?.release());
    onLaunch(launch + 1);
  }
  return all;
}

/** Whether there is to be one more launch after so many, unless what was measured is enough. */
export function isAnotherDue(
  launches: number,
  plan: Pick<AlonePlan, 'launches' | 'launchesMax' | 'secondsMax'>,
  elapsedMs: number,
): boolean {
  return launches < plan.launches || (launches < plan.launchesMax && elapsedMs < plan.secondsMax * 1000);
}

/** How many lines are a round: the same in all launches, for all handlers. */
class Pace {
  #nsPerEvent = 0;

  /** By the slowest handler of the first launch. */
  settle(warmUps: readonly WarmUp[]): void {
    if (this.#nsPerEvent === 0) this.#nsPerEvent = Math.max(...warmUps.map(({ nsPerEvent }) => nsPerEvent));
  }

  lines(ms: number): number {
    return Math.max(1, Math.round((ms * 1e6) / this.#nsPerEvent));
  }
}

/** What a batch of the warm-up takes at least, and a round in which several events are handled at a time. */
export const BATCH_MS_MIN = 3;
const CONCURRENT = { batchMsMin: 25, longer: 12, fewer: 4, roundsMin: 6 };

/**
 * Where several events are handled at a time, there are fewer of them at the beginning and at the end of a round than in the middle:
 * so rounds are longer, and there are fewer.
 */
export function pacedFor(
  { rounds, roundsMax, roundMs, warmMsMin, warmMsMax }: AlonePlan,
  { concurrent }: { readonly concurrent: boolean },
): Pick<AlonePlan, 'rounds' | 'roundsMax' | 'roundMs' | 'warmMsMin' | 'warmMsMax'> & {
  readonly batchMsMin: number;
} {
  if (!concurrent) return { rounds, roundsMax, roundMs, warmMsMin, warmMsMax, batchMsMin: BATCH_MS_MIN };
  const { batchMsMin, longer, fewer, roundsMin } = CONCURRENT;
  const fewerOf = (count: number): number => Math.max(roundsMin, Math.round(count / fewer));
  return {
    rounds: fewerOf(rounds),
    roundsMax: fewerOf(roundsMax),
    roundMs: roundMs * longer,
    warmMsMin,
    warmMsMax: Math.max(warmMsMax, 32 * batchMsMin),
    batchMsMin,
  };
}

async function measureLaunch(
  all: readonly AloneFigures[],
  options: AloneOptions & { readonly isOver: () => boolean },
  pace: Pace,
  launch: number,
): Promise<void> {
  const { sample, calling, plan, random } = options;
  const launched: Launched[] = [];
  try {
    // Where a handler's memory lies is part of what is settled anew by each launch.
    const starting = random.shuffled(all).map(async (figures, at) => {
      const thread = await BenchThread.start(threadOptions(figures.subject, 1 + at, sample, calling));
      figures.concurrent = thread.traits.concurrent;
      figures.key = thread.traits.key;
      launched.push({ figures, thread });
    });
    // Those that do start are to be closed where another one does not.
    for (const started of await Promise.allSettled(starting)) {
      if (started.status === 'rejected') throw started.reason;
    }
    const paced = pacedFor(plan, { concurrent: launched.some(({ figures }) => figures.concurrent) });
    const { warmMsMin: msMin, warmMsMax: msMax, batchMsMin } = paced;
    for (const { figures, thread } of random.shuffled(launched)) {
      figures.warmUps.push(await thread.ask('warm', { msMin, msMax, batchMsMin }));
    }
    pace.settle(all.flatMap(({ warmUps }) => warmUps));
    const lines = pace.lines(paced.roundMs);
    const areEnough = (turns: number): boolean =>
      turns >= paced.roundsMax ||
      (turns >= paced.rounds && (options.isOver() || options.areRoundsEnough(all)));
    await measureRounds(launched, { lines, areEnough }, options);
    if (launch < LAUNCHES_LOOKED_AT) {
      for (const one of random.shuffled(launched)) await lookAt(one, pace, plan);
    }
  } finally {
    await Promise.all(launched.map(({ thread }) => thread.close()));
  }
}

async function measureRounds(
  launched: readonly Launched[],
  { lines, areEnough }: { readonly lines: number; readonly areEnough: (turns: number) => boolean },
  { withYardstick, random, interrupted }: Pick<AloneOptions, 'withYardstick' | 'random' | 'interrupted'>,
): Promise<void> {
  for (const { figures } of launched) {
    figures.launches.push([]);
    figures.yardsticks.push([]);
  }
  let work: Work = { first: 0, lines };
  // One more at first: the memory of the processor is full of what the others have done.
  for (let turn = 0; !interrupted.aborted && (turn === 0 || !areEnough(turn - 1)); turn++) {
    let next = work.first;
    for (const { figures, thread } of random.shuffled(launched)) {
      const round = await thread.ask('round', work);
      const yardstick = withYardstick ? await thread.ask('yardstick', work) : undefined;
      if (turn > 0) figures.launches.at(-1)!.push(round);
      if (turn > 0 && yardstick !== undefined) figures.yardsticks.at(-1)!.push(yardstick.ownNs);
      ({ next } = round);
    }
    work = { first: next, lines };
  }
  // A launch that was ended before its first turn says nothing.
  for (const { figures } of launched) {
    if (figures.launches.at(-1)!.length > 0) continue;
    figures.launches.pop();
    figures.yardsticks.pop();
  }
}

async function lookAt({ figures, thread }: Launched, pace: Pace, plan: AlonePlan): Promise<void> {
  const batchLines = Math.min(ALLOCATION_LINES_MAX, pace.lines(ALLOCATION_MS));
  const { bytesPerEvent } = await thread.ask('allocation', {
    first: 0,
    lines:
      batchLines *
      Math.min(ALLOCATION_BATCHES, Math.max(3, Math.round(pace.lines(plan.stepMs) / batchLines))),
    batchLines,
  });
  figures.bytesPerEvent.push(bytesPerEvent);
  // Several events at a time have no steps one after the other.
  if (figures.concurrent) return;
  const lines = Math.min(STEP_LINES_MAX, pace.lines(plan.stepMs));
  // Once to warm up: the timing is code that was never run before.
  await thread.ask('steps', { first: 0, lines: Math.ceil(lines / 4) });
  figures.steps.push(await thread.ask('steps', { first: 0, lines }));
}

export function threadOptions(
  subject: Subject,
  instance: number,
  sample: Sample,
  calling: Calling,
): BenchThreadOptions {
  const { key, where, select, timeoutMs, lineBytesMax, heapMiBMax, overrides } = calling;
  const setup = {
    sample: sample.shared,
    slots: sample.slots,
    wasm: sample.wasm,
    instance,
    lanes: 1,
    rateClock: new SharedArrayBuffer(8),
    permits: permitsMemory(CONCURRENCY_MAX),
    // How fast it would let itself be called is not what is asked for.
    overrides: { ...overrides, rate: undefined },
    handler: subject.handler,
    where,
    select,
    lineBytesMax,
    timeoutMs,
    key,
    stopAtDead: false,
  };
  return { setup, name: subject.name, heapMiBMax };
}
