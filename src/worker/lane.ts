import type { Piscina } from 'piscina';
import { LANE_DEATHS_MAX } from '../base/limits.ts';
import { MillraceError } from '../base/errors.ts';
import { LineTable } from '../kernel/line-table.ts';
import { deadResult } from './dead-result.ts';
import {
  type Batch,
  type BatchResult,
  type BatchTask,
  type HandlerTraits,
  type LaneSetup,
  Progress,
  type ScanResult,
  type ScanTask,
} from './protocol.ts';
import { watchForHang } from './hang-watch.ts';
import { diedMessage, diesTooOften } from './lane-errors.ts';
import { closeHandler, createPool, loadHandler } from './lane-pool.ts';
import { StateChanges } from './state-changes.ts';
import { reopen, splitAt } from './split-lines.ts';
import { timedOutMessage } from './within-time.ts';

/**
 * One worker thread, and the scans and batches that it was given.
 *
 * A lane is a Piscina pool of exactly one thread, which makes it first in, first out: what it is given is done in the
 * order in which it comes, and results arrive in it. When the thread dies or hangs, the event that it was at is taken out
 * of its batch: of what came before, those lines are run again in a new thread whose outputs died with the old one, then
 * the event alone, then the rest. An event that kills the thread when it is alone, or takes too long, is dead. A batch that
 * was done, but whose result had not arrived, is asked for again: only what has to come with the result is made anew.
 */

/** Something that was asked for, which may take several steps. */
interface Job {
  readonly results: unknown[];
  /** Steps that are not done. */
  left: number;
  readonly resolve: (results: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A task for the thread, or what is known of its result without it. */
type Step = ScanStep | BatchStep;

interface ScanStep {
  readonly kind: 'scan';
  readonly job: Job;
  readonly task: ScanTask;
  readonly verdict: undefined;
}

interface BatchStep {
  readonly kind: 'work';
  readonly job: Job;
  /** Its second attempt is one event, alone, at which the thread has died before. */
  readonly task: BatchTask;
  readonly verdict: BatchResult | undefined;
}

export interface LaneOptions {
  readonly setup: Omit<LaneSetup, 'progress'>;
  /** Called when what was asked for is done, so that there may be room for more. */
  readonly onRoom: () => void;
  /** The handler as the user named it, for messages. */
  readonly handlerName: string;
  readonly heapMiBMax: number;
}

export class Lane {
  /** Scans and batches that are not done. */
  outstanding = 0;
  /** Time that the thread has spent on batches. */
  busyMs = 0;
  readonly #options: LaneOptions;
  readonly #progress = new Int32Array(new SharedArrayBuffer(Progress.fields * 4));
  /** What is not known to be done, in order. */
  #pending: Step[] = [];
  #tasks = 0;
  #pool: Piscina | undefined;
  #traits: Promise<HandlerTraits> | undefined;
  /** Grows with every thread, so that what an old one answers is told from what the present one does. */
  #generation = 0;
  #deathsInARow = 0;
  #endWatch: (() => void) | undefined;
  #failure: unknown;
  #isConcurrent = false;
  /** All changes of the state of this lane's keys whose results have come: what a new thread begins with. */
  readonly #stateChanges = new StateChanges();
  #stateTopic = 0;
  #closed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  get started(): boolean {
    return this.#traits !== undefined;
  }

  /** Starts the thread and loads the handler in it; rejects with MILLRACE_HANDLER_…. */
  start(): Promise<HandlerTraits> {
    this.#traits ??= this.#load();
    return this.#traits;
  }

  /** Says what the state of the keys is, before anything is run. */
  async setState(changes: Uint8Array): Promise<void> {
    this.#stateChanges.add(changes);
    if (!this.started) return;
    await this.start();
    await this.#pool!.run([changes], { name: 'addState' });
  }

  /** Runs a batch after all that was asked for before; gives its results in order, mostly one. */
  run(batch: Batch): Promise<readonly BatchResult[]> {
    return this.#add(job => this.#batchStep(job, batch, 1));
  }

  /** Scans a chunk for all lanes, after all that was asked for before. */
  async scan(task: ScanTask): Promise<ScanResult> {
    const [result] = await this.#add<readonly ScanResult[]>(job => ({
      kind: 'scan',
      job,
      task,
      verdict: undefined,
    }));
    return result!;
  }

  #add<Results>(stepOf: (job: Job) => Step): Promise<Results> {
    this.outstanding++;
    const done = new Promise<Results>((resolve, reject) => {
      const step = stepOf({ results: [], left: 1, resolve, reject });
      this.#pending.push(step);
      void this.#send(step);
    });
    return done.finally(() => {
      this.outstanding--;
      this.#options.onRoom();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#generation++;
    this.#endWatch?.();
    if (this.#pool !== undefined) await closeHandler(this.#pool);
    await this.#pool?.destroy();
  }

  async #load(): Promise<HandlerTraits> {
    const { setup, handlerName, heapMiBMax } = this.#options;
    const pool = await createPool({ ...setup, progress: this.#progress.buffer }, heapMiBMax);
    this.#pool = pool;
    const traits = await loadHandler(pool, handlerName);
    const { timeoutMs, concurrent, topics } = traits;
    this.#stateTopic = topics.length;
    const changes = this.#stateChanges.all();
    if (changes.length > 0) await pool.run(changes, { name: 'addState' });
    this.#isConcurrent = concurrent;
    this.#endWatch = watchForHang(this.#progress, timeoutMs, () => void this.#rebuild(undefined, timeoutMs));
    return traits;
  }

  async #send(step: Step): Promise<void> {
    const generation = this.#generation;
    try {
      await this.start();
      if (generation !== this.#generation) return;
      if (this.#failure !== undefined) throw this.#failure;
      if (step.verdict !== undefined) return this.#passVerdicts();
      const result = await this.#post(step);
      if (generation !== this.#generation) return;
      if (this.#overtakes(step)) throw new Error('a lane gave its results out of order');
      this.#deathsInARow = 0;
      this.busyMs += result.busyMs;
      this.#finish(step, result);
      this.#passVerdicts();
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error instanceof MillraceError) this.#fail(error);
      else await this.#rebuild(error, undefined);
    }
  }

  /** Whether a batch before this one is not done. A scan may be done before batches that take their time. */
  #overtakes(step: Step): boolean {
    if (step.kind === 'scan') return false;
    const first = this.#pending.find(({ kind, verdict }) => kind === 'work' && verdict === undefined);
    return first !== step;
  }

  #post({ kind, task }: Step): Promise<BatchResult | ScanResult> {
    return this.#pool!.run(task, { name: kind }) as Promise<BatchResult | ScanResult>;
  }

  /** The first steps may need no thread. */
  #passVerdicts(): void {
    for (let step = this.#pending[0]; step?.verdict !== undefined; step = this.#pending[0]) {
      this.#finish(step, step.verdict);
    }
  }

  #finish(step: Step, result: BatchResult | ScanResult): void {
    this.#pending.splice(this.#pending.indexOf(step), 1);
    const { job } = step;
    if ('emitted' in result) {
      for (const { topic, bytes } of result.emitted)
        if (topic === this.#stateTopic) this.#stateChanges.add(bytes);
    }
    job.results.push(result);
    job.left--;
    if (job.left === 0) job.resolve(job.results as never);
  }

  /** The thread is gone, or hangs: takes out the event that it was at, and sends everything to a new one. */
  async #rebuild(cause: unknown, hungMs: number | undefined): Promise<void> {
    this.#generation++;
    this.#endWatch?.();
    await this.#pool?.destroy();
    if (this.#closed) return;
    this.#pending = this.#pending.flatMap(step => this.#again(step, cause, hungMs));
    this.#progress.fill(0);
    this.#traits = undefined;
    this.#deathsInARow++;
    if (this.#deathsInARow > LANE_DEATHS_MAX) {
      this.#fail(diesTooOften(this.#options.handlerName, cause));
      return;
    }
    // All wait for the same start, and the pool is first in, first out.
    for (const step of this.#pending) void this.#send(step);
  }

  #batchStep(job: Job, batch: Batch, attempt: number, verdict?: BatchResult): BatchStep {
    return { kind: 'work', job, task: { ...batch, number: ++this.#tasks, attempt }, verdict };
  }

  /** What is to be done in the place of a step, after the death of the thread that was to do it. */
  #again(step: Step, cause: unknown, hungMs: number | undefined): Step[] {
    if (step.kind === 'scan' || step.verdict !== undefined) return [step];
    const { slot, lines, number, oneAtATime } = step.task;
    const isBegun = this.#progress[Progress.busy] === 1 && this.#progress[Progress.task] === number;
    if (isBegun) return this.#takeApart(step, cause, hungMs);
    if (lines.kind === 'listed') reopen(lines, new LineTable(this.#options.setup.slots[slot]!));
    // It was at several events at the same time, and between two steps of all of them.
    const isSuspect = this.#isConcurrent && this.#progress[Progress.busy] === 0 && oneAtATime === undefined;
    return isSuspect ? [{ ...step, task: { ...step.task, oneAtATime: true } }] : [step];
  }

  #takeApart({ job, task }: BatchStep, cause: unknown, hungMs: number | undefined): Step[] {
    const shared = this.#options.setup.slots[task.slot]!;
    const table = new LineTable(shared);
    const line = this.#progress[Progress.line]!;
    const { before, event, after } = splitAt(task.lines, line, table);
    let verdict: BatchResult | undefined;
    if (hungMs !== undefined) verdict = deadResult(shared, table, line, 'timed-out', timedOutMessage(hungMs));
    else if (task.attempt > 1) verdict = deadResult(shared, table, line, 'worker-died', diedMessage(cause));
    const step = (lines: Batch['lines'], attempt: number, known?: BatchResult): BatchStep =>
      this.#batchStep(job, { ...task, lines }, attempt, known);
    const steps = [step(event, 2, verdict)];
    // It may have been done, and what became of it was still to be told.
    if (verdict === undefined) reopen(event, table);
    if (before !== undefined) {
      reopen(before, table);
      steps.unshift(step(before, 1));
    }
    if (after !== undefined) {
      // Where several events are handled at the same time, some of these were begun.
      if (after.kind === 'listed') reopen(after, table);
      steps.push(step(after, 1));
    }
    job.left += steps.length - 1;
    return steps;
  }

  #fail(error: unknown): void {
    this.#failure = error;
    for (const step of this.#pending) step.job.reject(error);
    this.#pending = [];
  }
}
