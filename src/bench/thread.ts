import {
  constants,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
  PerformanceObserver,
} from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { clearEdits } from '../kernel/edits.ts';
import { viewSlot } from '../worker/slot-view.ts';
import { close, handle, load, watchEvents, wayChoice } from '../worker/thread.ts';
import { CourseWalk } from './course.ts';
import { startClocks } from './own-time.ts';
import { profiled } from './profiler.ts';
import type { BenchSetup, Question, Questions, Round, Work } from './protocol.ts';
import { TRIMMED_SHARE } from './launch-time.ts';
import { trimmedMean } from './quantiles.ts';
import { StepClock } from './step-clock.ts';
import { type Batch, Walk } from './walk.ts';
import { type Warming, warmUp } from './warm-up.ts';
import { measureYardstick } from './yardstick.ts';

/**
 * What runs in the thread in which a handler is measured alone: what a lane does, to events that are there already. It is
 * the lane's own code that is called, and nothing but batches is timed, unless single events are asked for.
 */

const { slots, sample } = workerData as BenchSetup;
const walk = new Walk(sample);
const views = slots.map(viewSlot);

/** Garbage collections since they were last asked for. */
let pauses: PerformanceEntry[] = [];
const observer = new PerformanceObserver(list => pauses.push(...list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

type Answers = { readonly [Q in Question]: (ask: Questions[Q]['ask']) => Promise<Questions[Q]['answer']> };

const answers: Answers = {
  load: async () => {
    const traits = await load(workerData as BenchSetup);
    // Of several events at a time it is settled from the start.
    if (!('failed' in traits) && traits.concurrent) wayChoice().hold();
    return traits;
  },
  warm,
  round,
  yardstick: async work => ({ ownNs: measureYardstick(walk.batches(work), views) }),
  steps,
  allocation,
  profile: async ({ what, ...work }) => ({ json: await profiled(what, async () => void (await all(work))) }),
  close: async () => {
    await close();
    return undefined;
  },
};

parentPort!.on('message', ({ question, ask }: { question: Question; ask: never }) => {
  answers[question](ask).then(
    answer => parentPort!.postMessage({ answer }),
    (error: unknown) => parentPort!.postMessage({ error }),
  );
});

/** Whether an event has changed a state so far. */
let keepsState = false;

/** Handles one batch; gives the number of its dead letters. */
async function one({ task }: Batch): Promise<number> {
  clearEdits(views[task.slot]!.edits);
  const { dead, state } = await handle(task);
  keepsState ||= state !== undefined;
  return dead.length;
}

/** Handles all that is asked for; gives the number of dead letters. */
async function all(work: Work): Promise<number> {
  let dead = 0;
  for (const batch of walk.batches(work)) dead += await one(batch);
  return dead;
}

/** With events from all over the sample, as they are measured: what is compiled is compiled for what has been seen. */
async function warm({
  course,
  pieces,
  ...ask
}: Questions['warm']['ask']): Promise<Questions['warm']['answer']> {
  const works = new CourseWalk(course, sample.lines);
  let handled = 0;
  const handleNext: Warming['handle'] = async lines => {
    const work = works.next(lines, pieces);
    handled += lines;
    const taken = startClocks();
    await all(work);
    const { ownNs, wallNs } = taken();
    return { ownMs: ownNs / 1e6, wallMs: wallNs / 1e6 };
  };
  const told = await warmUp(ask, { ways: wayChoice(), lines: sample.lines, handle: handleNext });
  return { ...told, lines: handled, keepsState };
}

/** What was collected reaches the observer in a later turn. */
async function takePauses(): Promise<PerformanceEntry[]> {
  await nextTurn();
  await nextTurn();
  const taken = [...pauses, ...observer.takeRecords()];
  pauses = [];
  return taken.filter(isPause);
}

async function round(work: Work): Promise<Round> {
  const batches = walk.batches(work);
  await takePauses();
  let dead = 0;
  const taken = startClocks();
  for (const batch of batches) dead += await one(batch);
  const times = taken();
  const collections = await takePauses();
  return {
    events: work.lines,
    bytes: batches.reduce((sum, { bytes }) => sum + bytes, 0),
    ...times,
    dead,
    gcPausesMs: collections.map(({ duration }) => duration),
  };
}

/** What is done beside the thread is no pause of it. */
function isPause(entry: PerformanceEntry): boolean {
  const { detail } = entry as PerformanceEntry & { readonly detail: NodeGCPerformanceDetail };
  return detail.kind !== constants.NODE_PERFORMANCE_GC_WEAKCB;
}

async function steps(work: Work): Promise<Questions['steps']['answer']> {
  const clock = new StepClock();
  watchEvents(clock);
  try {
    await all(work);
  } finally {
    watchEvents(undefined);
  }
  return clock.times(work.lines);
}

/**
 * The mean of short batches: of those in which the heap has grown, since a collection of garbage takes away more than one of them makes.
 * Not the median: it says nothing of events that are fewer than the others.
 */
async function allocation({ batchLines, ...work }: Questions['allocation']['ask']): Promise<{
  bytesPerEvent: number;
}> {
  const perEvent: number[] = [];
  for (const batch of walk.batches(work, batchLines)) {
    const before = getHeapStatistics().used_heap_size;
    await one(batch);
    perEvent.push((getHeapStatistics().used_heap_size - before) / batch.lines);
  }
  const grown = perEvent.filter(bytes => bytes >= 0);
  return { bytesPerEvent: grown.length === 0 ? 0 : trimmedMean(grown, TRIMMED_SHARE) };
}
