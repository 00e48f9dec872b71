import { permitsMemory } from '../worker/permits.ts';
import { CONCURRENCY_MAX } from '../worker/work-options.ts';
import type { BenchThreadOptions } from './bench-thread.ts';
import { BenchThread } from './bench-thread.ts';
import { CourseWalk, piecesFor, placeOf } from './course.ts';
import { Coverage } from './coverage.ts';
import type { Questions, Round, StepTimes, WarmUp, Work } from './protocol.ts';
import type { Random } from '../base/random.ts';
import { OneCore } from './one-core.ts';
import { type AlonePlan, Pace, pacedFor } from './pace.ts';
import type { Sample } from './sample.ts';
import type { Calling, Subject } from './subject.ts';

/**
 * Handlers alone, each in a thread of its own, one at work at a time.
 *
 * A launch starts a thread for each and measures them in rounds, by turns: the rounds of one turn lie side by side in time,
 * so that whatever else the machine does falls on all of them. How the compiler takes a handler, and where its objects
 * come to lie, is settled anew by each launch; so launches, and not rounds, are what is independent of one another, and
 * what intervals are made from. Each begins at a place of the sample of its own, the same for all handlers (course.ts).
 */

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
  /** Whether it has changed a state in a warm-up. */
  keepsState: boolean;
  /** Events of the sample that rounds were of. */
  measured: number;
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
/** In how many pieces they lie in the sample: single events are not shared out, so there may be more than of a round. */
const STEP_PIECES_MAX = 64;
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
  const { subjects, sample, plan, random, interrupted, areLaunchesEnough, onLaunch } = options;
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
      keepsState: false,
      measured: 0,
    }),
  );
  const pace = new Pace();
  const drawn = random.next();
  const coverage = new Coverage({ lines: sample.shared.lines, events: sample.events });
  const core = subjects.length > 1 || options.withYardstick ? await OneCore.find() : undefined;
  for (let launch = 0; !interrupted.aborted && isAnotherDue(launch, plan, elapsedMs()); launch++) {
    if (launch >= plan.launches && areLaunchesEnough(all)) break;
    await core?.keep(launch);
    const isOver = (): boolean => interrupted.aborted || elapsedMs() > plan.secondsMax * 1000;
    const place = placeOf(launch, drawn);
    await measureLaunch(all, { ...options, isOver, coverage }, pace, { launch, place }).finally(() =>
      core?.release(),
    );
    onLaunch(launch + 1);
  }
  for (const figures of all) figures.measured = coverage.events;
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

async function measureLaunch(
  all: readonly AloneFigures[],
  options: AloneOptions & { readonly isOver: () => boolean; readonly coverage: Coverage },
  pace: Pace,
  { launch, place }: { readonly launch: number; readonly place: number },
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
    // Whether one keeps a state is first known when it has been warmed up.
    const mayKeepState = ({ figures }: Launched): boolean =>
      figures.keepsState || (launch === 0 && figures.key !== undefined);
    const course = { place, isGapless: launched.some(mayKeepState) };
    let handled = 0;
    for (const { figures, thread } of random.shuffled(launched)) {
      const ask = { msMin, msMax, batchMsMin, course, pieces: paced.pieces };
      const { lines: some, keepsState, ...warmUp } = await thread.ask('warm', ask);
      figures.warmUps.push(warmUp);
      figures.keepsState ||= keepsState;
      handled = Math.max(handled, some);
    }
    pace.settle(all.flatMap(({ warmUps }) => warmUps));
    const isGapless = all.some(({ keepsState }) => keepsState);
    const works = new CourseWalk({ place, isGapless }, sample.shared.lines);
    // The time of events that follow one another is not to go back behind the warm-up.
    works.skip(handled);
    const lines = pace.lines(paced.roundMs);
    const areEnough = (turns: number): boolean =>
      turns >= paced.roundsMax ||
      (turns >= paced.rounds && (options.isOver() || options.areRoundsEnough(all)));
    await measureRounds(launched, { works, lines, pieces: paced.pieces, areEnough }, options);
    if (launch < LAUNCHES_LOOKED_AT) {
      const looks = looksOf(works, pace, plan);
      for (const one of random.shuffled(launched)) await lookAt(one, looks);
    }
  } finally {
    await Promise.all(launched.map(({ thread }) => thread.close()));
  }
}

interface Turns {
  readonly works: CourseWalk;
  /** What each handler is given in a turn. */
  readonly lines: number;
  readonly pieces: number;
  readonly areEnough: (turns: number) => boolean;
}

async function measureRounds(
  launched: readonly Launched[],
  { works, lines, pieces, areEnough }: Turns,
  {
    withYardstick,
    random,
    interrupted,
    coverage,
  }: Pick<AloneOptions, 'withYardstick' | 'random' | 'interrupted'> & { readonly coverage: Coverage },
): Promise<void> {
  for (const { figures } of launched) {
    figures.launches.push([]);
    figures.yardsticks.push([]);
  }
  // One more at first: the memory of the processor is full of what the others have done.
  for (let turn = 0; !interrupted.aborted && (turn === 0 || !areEnough(turn - 1)); turn++) {
    const work = works.next(lines, pieces);
    if (turn > 0) coverage.add(work);
    for (const { figures, thread } of random.shuffled(launched)) {
      const round = await thread.ask('round', work);
      const yardstick = withYardstick ? await thread.ask('yardstick', work) : undefined;
      if (turn > 0) figures.launches.at(-1)!.push(round);
      if (turn > 0 && yardstick !== undefined) figures.yardsticks.at(-1)!.push(yardstick.ownNs);
    }
  }
  // A launch that was ended before its first turn says nothing.
  for (const { figures } of launched) {
    if (figures.launches.at(-1)!.length > 0) continue;
    figures.launches.pop();
    figures.yardsticks.pop();
  }
}

/** What each handler is given when single events are timed, and what they allocate. */
interface Looks {
  readonly allocation: Questions['allocation']['ask'];
  readonly first: Work;
  readonly steps: Work;
}

function looksOf(works: CourseWalk, pace: Pace, { stepMs }: AlonePlan): Looks {
  const batchLines = Math.min(ALLOCATION_LINES_MAX, pace.lines(ALLOCATION_MS));
  const batches = Math.min(ALLOCATION_BATCHES, Math.max(3, Math.round(pace.lines(stepMs) / batchLines)));
  const lines = Math.min(STEP_LINES_MAX, pace.lines(stepMs));
  const pieces = piecesFor(stepMs, STEP_PIECES_MAX);
  return {
    allocation: { ...works.next(batches * batchLines, batches), batchLines },
    first: works.next(Math.ceil(lines / 4), pieces),
    steps: works.next(lines, pieces),
  };
}

async function lookAt({ figures, thread }: Launched, { allocation, first, steps }: Looks): Promise<void> {
  const { bytesPerEvent } = await thread.ask('allocation', allocation);
  figures.bytesPerEvent.push(bytesPerEvent);
  // Several events at a time have no steps one after the other.
  if (figures.concurrent) return;
  // Once to warm up: the timing is code that was never run before.
  await thread.ask('steps', first);
  figures.steps.push(await thread.ask('steps', steps));
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
