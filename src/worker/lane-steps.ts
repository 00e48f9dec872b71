import { LineTable } from '../kernel/line-table.ts';
import { deadResult } from './dead-result.ts';
import { diedMessage } from './lane-errors.ts';
import { linesAtHand } from './presence.ts';
import {
  type Batch,
  type BatchResult,
  type BatchTask,
  type EndResult,
  type EndTask,
  type LaneSetup,
  Progress,
  type ScanTask,
} from './protocol.ts';
import { reopen, splitAt, type SplitLines } from './split-lines.ts';
import { timedOutMessage } from './within-time.ts';

/**
 * What a lane has to do, step by step, and what becomes of the steps when its thread dies or hangs.
 *
 * The event that the thread was at is taken out of its batch: what came before is done again as far as it died with the
 * thread, then the event alone, then the rest. An event that ends the thread when it is alone, or takes too long, is dead.
 * A batch that was done, but whose result had not arrived, is asked for again.
 */

/** Something that was asked for, which may take several steps. */
export interface Job {
  readonly results: unknown[];
  /** Steps that are not done. */
  left: number;
  readonly resolve: (results: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A task for the thread, or what is known of its result without it. */
export type Step = ScanStep | BatchStep | EndStep;

export interface ScanStep {
  readonly kind: 'scan';
  readonly job: Job;
  readonly task: ScanTask;
  readonly verdict: undefined;
}

export interface EndStep {
  readonly kind: 'end';
  readonly job: Job;
  readonly task: EndTask;
  readonly verdict: undefined;
  readonly held: Promise<unknown>;
}

export interface BatchStep {
  readonly kind: 'work';
  readonly job: Job;
  /** Its second attempt is one event, alone, at which the thread has died before. */
  readonly task: BatchTask;
  readonly verdict: BatchResult | undefined;
  /** What it must wait for before it is begun. */
  readonly held: Promise<unknown>;
}

/** How a thread came to its end: with an error, or at an event that took longer than `hungMs`. */
export interface ThreadEnd {
  readonly cause: unknown;
  readonly hungMs: number | undefined;
  /** What the thread said last (`Progress`). */
  readonly progress: Int32Array;
  /** Whether it was at several events at the same time. */
  readonly isConcurrent: boolean;
}

export interface StepTools {
  readonly setup: Pick<LaneSetup, 'slots' | 'handler' | 'where'>;
  /** A number for a further task. */
  readonly number: () => number;
}

export function batchStep(
  job: Job,
  batch: Batch,
  number: number,
  held: Promise<unknown>,
  attempt = 1,
): BatchStep {
  return { kind: 'work', job, task: { ...batch, number, attempt }, verdict: undefined, held };
}

export function scanStep(job: Job, task: ScanTask): ScanStep {
  return { kind: 'scan', job, task, verdict: undefined };
}

export function endStep(job: Job, task: EndTask, held: Promise<unknown>): EndStep {
  return { kind: 'end', job, task, verdict: undefined, held };
}

/** What comes of keys that are not there. */
export const NOTHING_ENDED: EndResult = {
  events: 0,
  bytes: new Uint8Array(0),
  keys: [],
  ends: new Uint32Array(0),
  emitted: [],
  state: undefined,
  busyMs: 0,
};

/** Whether a batch before this one is not done. A scan may be done before batches that take their time. */
export function overtakes(pending: readonly Step[], step: Step): boolean {
  if (step.kind !== 'work') return false;
  return pending.find(({ kind, verdict }) => kind === 'work' && verdict === undefined) !== step;
}

/** What is to be done in the place of a step, in a new thread. */
export function stepsAgain(step: Step, end: ThreadEnd, tools: StepTools): Step[] {
  if (step.kind !== 'work' || step.verdict !== undefined) return [step];
  const { progress, isConcurrent } = end;
  const { slot, lines, number, oneAtATime } = step.task;
  const isBegun = progress[Progress.busy] === 1 && progress[Progress.task] === number;
  if (isBegun) return takeApart(step, end, tools);
  const hasMore = progress[Progress.withResult] === 1;
  if (lines.kind === 'listed') reopen(lines, new LineTable(tools.setup.slots[slot]!), hasMore);
  // It was at several events at the same time, and between two steps of all of them.
  const isSuspect = isConcurrent && progress[Progress.busy] !== 1 && oneAtATime === undefined;
  if (!isSuspect) return [step];
  const suspects = linesAtHand(progress, number);
  if (suspects === undefined) return [{ ...step, task: { ...step.task, oneAtATime: true } }];
  return setApart(step, suspects, hasMore, tools);
}

/** Each of these events is handled by itself, in its place among the others: it may be the one that the thread died of. */
function setApart(
  step: BatchStep,
  suspects: readonly number[],
  hasMore: boolean,
  { setup: { slots }, number }: StepTools,
): Step[] {
  const { job, task, held } = step;
  const table = new LineTable(slots[task.slot]!);
  const steps: Step[] = [];
  const add = (lines: Batch['lines'], isAlone: boolean): void => {
    if (lines.kind === 'listed') reopen(lines, table, hasMore);
    const next = batchStep(job, { ...task, lines }, number(), held);
    steps.push(isAlone ? { ...next, task: { ...next.task, oneAtATime: true } } : next);
  };
  let rest: Batch['lines'] | undefined = task.lines;
  for (const line of suspects) {
    if (rest === undefined) break;
    const { before, event, after }: SplitLines = splitAt(rest, line, table);
    if (before !== undefined) add(before, false);
    add(event, true);
    rest = after;
  }
  if (rest !== undefined) add(rest, false);
  job.left += steps.length - 1;
  return steps;
}

function takeApart({ job, task, held }: BatchStep, end: ThreadEnd, { setup, number }: StepTools): Step[] {
  const { cause, hungMs, progress } = end;
  const shared = setup.slots[task.slot]!;
  const version = setup.handler?.version;
  const table = new LineTable(shared);
  const line = progress[Progress.line]!;
  const hasMore = progress[Progress.withResult] === 1;
  const { before, event, after } = splitAt(task.lines, line, table);
  let verdict: BatchResult | undefined;
  if (hungMs !== undefined)
    verdict = deadResult(shared, table, line, 'timed-out', timedOutMessage(hungMs, workOf(setup)), version);
  else if (task.attempt > 1)
    verdict = deadResult(shared, table, line, 'worker-died', diedMessage(cause), version);
  const step = (lines: Batch['lines'], attempt: number, known?: BatchResult): BatchStep => ({
    ...batchStep(job, { ...task, lines }, number(), held, attempt),
    verdict: known,
  });
  const steps = [step(event, 2, verdict)];
  // It may have been done, and what became of it was still to be told.
  if (verdict === undefined) reopen(event, table, hasMore);
  if (before !== undefined) {
    reopen(before, table, hasMore);
    steps.unshift(step(before, 1));
  }
  if (after !== undefined) {
    // Where several events are handled at the same time, some of these were begun.
    if (after.kind === 'listed') reopen(after, table, hasMore);
    steps.push(step(after, 1));
  }
  job.left += steps.length - 1;
  return steps;
}

/** What an event may keep busy, in words. */
function workOf({ handler, where }: StepTools['setup']): string {
  if (handler === undefined) return '--where';
  return where === undefined ? 'the handler' : 'the handler or --where';
}
