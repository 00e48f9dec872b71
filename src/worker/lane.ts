import { MillraceError } from '../base/errors.ts';
import { LANE_DEATHS_MAX } from '../base/limits.ts';
import { watchForHang } from './hang-watch.ts';
import { diesTooOften, endDied, endedWell } from './lane-errors.ts';
import {
  batchStep,
  endStep,
  type Job,
  NOTHING_ENDED,
  overtakes,
  scanStep,
  type Step,
  stepsAgain,
} from './lane-steps.ts';
import { LaneState } from './lane-state.ts';
import { LaneThread } from './lane-thread.ts';
import { Outstanding } from './outstanding.ts';
import { takeBackPermits } from './permits.ts';
import {
  type Batch,
  type BatchResult,
  type EndOutcome,
  type EndResult,
  type HandlerFile,
  type HandlerTraits,
  type LaneSetup,
  Progress,
  PROGRESS_BYTES,
  type ScanResult,
  type ScanTask,
  type TaskResult,
} from './protocol.ts';

/**
 * One worker thread at a time, and the scans and batches that it was given.
 *
 * What a lane is given is done in the order in which it comes, and results arrive in it. When the thread dies or hangs, a
 * new one takes its place and goes on (lane-steps.ts), with the state of the lane's keys as the results have told it.
 */

export interface LaneOptions {
  readonly setup: Omit<LaneSetup, 'progress'>;
  /** Called when what was asked for is done, so that there may be room for more. */
  readonly onRoom: () => void;
  /** The handler as the user named it, for messages. */
  readonly handlerName: string;
  readonly heapMiBMax: number;
}

export class Lane {
  /** Scans and batches that are not done, and how long there were some. */
  readonly outstanding = new Outstanding();
  /** Time that the thread has spent on batches. */
  busyMs = 0;
  #options: LaneOptions;
  readonly #progress = new Int32Array(new SharedArrayBuffer(PROGRESS_BYTES));
  /** What is not known to be done, in order. */
  #pending: Step[] = [];
  #tasks = 0;
  #thread: Promise<LaneThread> | undefined;
  /** Grows with every thread, so that what an old one answers is told from what the present one does. */
  #generation = 0;
  /** Set while a thread that is gone is being ended, and its place is empty. */
  #rebuilding: Promise<void> | undefined;
  #deathsInARow = 0;
  #endWatch: (() => void) | undefined;
  #failure: unknown;
  #isConcurrent = false;
  /** By the present thread. */
  #batchesDone = 0;
  readonly #state: LaneState;
  /** What the next batch waits for, and the last one that was asked for. */
  #held: Promise<unknown> = Promise.resolve();
  #lastBatch: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** Threads that are being closed. */
  readonly #closing = new Set<Promise<void>>();

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#state = new LaneState(options.setup.instance - 1, {
      current: () => this.#thread && { thread: this.#thread, generation: this.#generation },
      isConcurrent: () => this.#isConcurrent,
      tasks: () => this.#tasks,
      number: () => ++this.#tasks,
      gone: error => this.#rebuild(error, undefined),
    });
  }

  /** Of what is outstanding, how much there is of which the handler was not called with every event. */
  get waiting(): number {
    if (!this.#isConcurrent) return this.outstanding.count;
    return Math.max(0, this.outstanding.count - (this.#progress[Progress.begun]! - this.#batchesDone));
  }

  get started(): boolean {
    return this.#thread !== undefined;
  }

  /** Starts the thread and loads the handler in it; rejects with MILLRACE_HANDLER_…. */
  async start(): Promise<HandlerTraits> {
    this.#thread ??= this.#startThread();
    const { traits } = await this.#thread;
    return traits;
  }

  /** Adds changes to the state of the lane's keys; what is to see them waits for that (`hold`). */
  addState(changes: Uint8Array): Promise<void> {
    return this.#state.addFromOutside(changes);
  }

  /** Lets what is run from now on wait until `arrived`; what was asked for before goes on. */
  hold(arrived: Promise<unknown>): void {
    this.#held = Promise.all([this.#held, arrived]);
    this.#held.catch(() => undefined);
  }

  /**
   * Gives away the state of those keys whose groups are not this lane's by `laneOfGroup` (nothing may be run for them from
   * now on), when all that was run before is done: changes that lead to it, by lane.
   */
  async giveState(laneOfGroup: Uint8Array): Promise<ReadonlyMap<number, Uint8Array>> {
    this.outstanding.begin();
    try {
      await this.#lastBatch;
      return await this.#state.split(laneOfGroup);
    } finally {
      this.#end();
    }
  }

  /** Ends the thread as long as there is nothing to do: another one is started when there is. Nothing may be outstanding. */
  rest(): Promise<void> {
    const thread = this.#thread;
    this.#leaveThread();
    if (thread === undefined) return Promise.resolve();
    const closing = thread.then(
      started => started.close(),
      () => undefined,
    );
    this.#closing.add(closing);
    return closing.finally(() => this.#closing.delete(closing));
  }

  /** Takes another version of the handler from the next thread on. Nothing may be outstanding. */
  async use(handler: HandlerFile): Promise<void> {
    this.#options = { ...this.#options, setup: { ...this.#options.setup, handler } };
    await this.rest();
  }

  /** Runs a batch after all that was asked for before; gives its results in order, mostly one. */
  run(batch: Batch): Promise<readonly BatchResult[]> {
    const results = this.#add<readonly BatchResult[]>(job =>
      batchStep(job, batch, ++this.#tasks, this.#held),
    );
    this.#lastBatch = results;
    return results;
  }

  /** Scans a chunk for all lanes, after all that was asked for before. */
  async scan(task: ScanTask): Promise<ScanResult> {
    const [result] = await this.#add<readonly ScanResult[]>(job => scanStep(job, task));
    return result!;
  }

  /** Calls what the handler has for the end of the input, for the keys of this group. */
  async end(group: number): Promise<EndResult> {
    await this.#held.catch(() => undefined);
    if (!this.started && this.#state.isEmpty) return NOTHING_ENDED;
    const stepOf = (job: Job): Step => endStep(job, { group, number: ++this.#tasks }, this.#held);
    return endedWell(this.#options.handlerName, await this.#add<readonly EndOutcome[]>(stepOf));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.rest(), ...this.#closing]);
  }

  #add<Results>(stepOf: (job: Job) => Step): Promise<Results> {
    this.outstanding.begin();
    const done = new Promise<Results>((resolve, reject) => {
      const step = stepOf({ results: [], left: 1, resolve, reject });
      this.#pending.push(step);
      // Else it is sent with the others.
      if (this.#rebuilding === undefined) void this.#send(step);
    });
    return done.finally(() => this.#end());
  }

  #end(): void {
    this.outstanding.end();
    this.#options.onRoom();
  }

  async #startThread(): Promise<LaneThread> {
    const { setup, handlerName, heapMiBMax } = this.#options;
    const generation = this.#generation;
    const state = this.#state.all();
    const ownSetup = { ...setup, progress: this.#progress.buffer };
    const thread = await LaneThread.start({ setup: ownSetup, handlerName, heapMiBMax, state });
    if (generation !== this.#generation) return thread;
    const { timeoutMs, concurrent } = thread.traits;
    this.#isConcurrent = concurrent;
    this.#endWatch = watchForHang(this.#progress, timeoutMs, () => void this.#rebuild(undefined, timeoutMs));
    return thread;
  }

  #leaveThread(): void {
    this.#generation++;
    this.#endWatch?.();
    this.#thread = undefined;
    this.#progress.fill(0);
    this.#batchesDone = 0;
  }

  async #send(step: Step): Promise<void> {
    const generation = this.#generation;
    try {
      // What does not arrive will not do so for another thread.
      if (step.kind !== 'scan') await step.held.catch((error: unknown) => (this.#failure ??= error));
      if (generation !== this.#generation) return;
      if (this.#failure !== undefined) return this.#fail(this.#failure);
      this.#thread ??= this.#startThread();
      const thread = await this.#thread;
      if (generation !== this.#generation) return;
      if (step.verdict !== undefined) return this.#passVerdicts();
      const result = await thread.run(step.task, step.kind);
      if (generation !== this.#generation) return;
      if (overtakes(this.#pending, step)) throw new Error('a lane gave its results out of order');
      this.#deathsInARow = 0;
      if (step.kind === 'work') this.#batchesDone++;
      if ('busyMs' in result) this.busyMs += result.busyMs;
      this.#finish(step, result);
      this.#passVerdicts();
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error instanceof MillraceError) this.#fail(error);
      else await this.#rebuild(error, undefined);
    }
  }

  /** The first steps may need no thread. */
  #passVerdicts(): void {
    for (let step = this.#pending[0]; step?.verdict !== undefined; step = this.#pending[0]) {
      this.#finish(step, step.verdict);
    }
  }

  #finish(step: Step, result: TaskResult): void {
    this.#pending.splice(this.#pending.indexOf(step), 1);
    const { job } = step;
    if (step.kind !== 'scan') {
      const { state } = result as Partial<BatchResult>;
      if (state !== undefined) this.#state.add(state.bytes, step.task.number);
    }
    job.results.push(result);
    job.left--;
    if (job.left === 0) job.resolve(job.results as never);
  }

  /** The thread is gone, or hangs: another takes its place, once, whoever finds out. */
  #rebuild(cause: unknown, hungMs: number | undefined): Promise<void> {
    this.#rebuilding ??= this.#replaceThread(cause, hungMs);
    return this.#rebuilding;
  }

  /** Takes out the event that the thread was at, and sends everything to a new one. */
  async #replaceThread(cause: unknown, hungMs: number | undefined): Promise<void> {
    const thread = this.#thread;
    // What is added while the thread is being ended has no part in this.
    const isAtEnd = this.#pending.some(({ kind }) => kind === 'end');
    this.#generation++;
    this.#endWatch?.();
    await thread?.then(
      started => started.end(),
      () => undefined,
    );
    const { setup, handlerName } = this.#options;
    takeBackPermits(setup.permits, setup.instance);
    // Without a pause from here on: what is added sees either this one or the next.
    this.#rebuilding = undefined;
    if (this.#closed) return;
    if (isAtEnd) return this.#fail(endDied(handlerName, cause, hungMs));
    const end = { cause, hungMs, progress: this.#progress, isConcurrent: this.#isConcurrent };
    const tools = { setup, number: () => ++this.#tasks };
    this.#pending = this.#pending.flatMap(step => stepsAgain(step, end, tools));
    this.#leaveThread();
    this.#deathsInARow++;
    if (this.#deathsInARow > LANE_DEATHS_MAX) return this.#fail(diesTooOften(handlerName, cause));
    // All wait for the same start, and the pool is first in, first out.
    for (const step of this.#pending) void this.#send(step);
  }

  #fail(error: unknown): void {
    this.#failure = error;
    for (const step of this.#pending) step.job.reject(error);
    this.#pending = [];
  }
}
