import { MillraceError } from '../base/errors.ts';
import type { KeyedState } from '../base/keyed-state.ts';
import { LANE_DEATHS_MAX } from '../base/limits.ts';
import { groupOfKey } from '../kernel/key-group.ts';
import { watchForHang } from './hang-watch.ts';
import { diesTooOften } from './lane-errors.ts';
import { batchStep, type Job, type Step, stepsAgain } from './lane-steps.ts';
import { LaneThread } from './lane-thread.ts';
import {
  type Batch,
  type BatchResult,
  type HandlerFile,
  type HandlerTraits,
  type LaneSetup,
  Progress,
  type ScanResult,
  type ScanTask,
} from './protocol.ts';
import { StateChanges } from './state-changes.ts';

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
  /** Scans and batches that are not done. */
  outstanding = 0;
  /** Time that the thread has spent on batches. */
  busyMs = 0;
  #options: LaneOptions;
  readonly #progress = new Int32Array(new SharedArrayBuffer(Progress.fields * 4));
  /** What is not known to be done, in order. */
  #pending: Step[] = [];
  #tasks = 0;
  #thread: Promise<LaneThread> | undefined;
  /** Grows with every thread, so that what an old one answers is told from what the present one does. */
  #generation = 0;
  #deathsInARow = 0;
  #endWatch: (() => void) | undefined;
  #failure: unknown;
  #isConcurrent = false;
  /** All changes of the state of this lane's keys whose results have come. */
  #state = new StateChanges();
  #isPuttingTogether = false;
  #closed = false;
  /** Threads that are being closed. */
  readonly #closing = new Set<Promise<void>>();

  constructor(options: LaneOptions) {
    this.#options = options;
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

  /** Adds changes to the state of the lane's keys, before anything that is run later. */
  async addState(changes: Uint8Array): Promise<void> {
    if (changes.length === 0) return;
    const { started } = this;
    this.#state.add(changes, ++this.#tasks);
    if (!started) return;
    const generation = this.#generation;
    const thread = await this.#thread!;
    // Another thread begins with all of them.
    if (generation === this.#generation) await thread.addState([changes]).catch(() => undefined);
  }

  /**
   * Gives away the state of the key groups that `lost` names (a byte other than 0 for each of the 256), as changes that
   * lead to it. Nothing may be outstanding.
   */
  async giveState(lost: Uint8Array): Promise<Uint8Array> {
    const generation = this.#generation;
    const thread = await this.#thread?.catch(() => undefined);
    const split = await thread?.splitState(lost).catch(() => undefined);
    // A thread that is gone, or has none, leaves it to what its results have told.
    const { moved, kept } = split ?? splitHere(this.#state.toState(), lost);
    if (split === undefined && generation === this.#generation) await this.rest();
    this.#state = new StateChanges();
    this.#state.replace(kept, this.#tasks);
    return moved;
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
    return this.#add(job => batchStep(job, batch, ++this.#tasks));
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

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.rest(), ...this.#closing]);
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
    this.#isPuttingTogether = false;
  }

  async #send(step: Step): Promise<void> {
    const generation = this.#generation;
    try {
      this.#thread ??= this.#startThread();
      const thread = await this.#thread;
      if (generation !== this.#generation) return;
      if (this.#failure !== undefined) throw this.#failure;
      if (step.verdict !== undefined) return this.#passVerdicts();
      const result = await thread.run(step.task, step.kind);
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

  /** The first steps may need no thread. */
  #passVerdicts(): void {
    for (let step = this.#pending[0]; step?.verdict !== undefined; step = this.#pending[0]) {
      this.#finish(step, step.verdict);
    }
  }

  #finish(step: Step, result: BatchResult | ScanResult): void {
    this.#pending.splice(this.#pending.indexOf(step), 1);
    const { job } = step;
    if (step.kind === 'work') this.#keepState(step.task.number, result as BatchResult);
    job.results.push(result);
    job.left--;
    if (job.left === 0) job.resolve(job.results as never);
  }

  #keepState(number: number, { state }: BatchResult): void {
    if (state === undefined) return;
    this.#state.add(state.bytes, number);
    if (this.#state.areLong && !this.#isPuttingTogether) void this.#putStateTogether();
  }

  /** The thread has the state as a whole, but where several batches are under way, in part that of those to come. */
  async #putStateTogether(): Promise<void> {
    const state = this.#state;
    if (this.#isConcurrent) return state.replace(state.toState().toBytes(), this.#tasks);
    this.#isPuttingTogether = true;
    const generation = this.#generation;
    // All that was given to the thread so far will be in it.
    const number = this.#tasks;
    try {
      const thread = await this.#thread!;
      const { kept } = await thread.splitState(NO_GROUPS);
      if (generation === this.#generation && state === this.#state) state.replace(kept, number);
    } catch {
      // The thread is gone; whoever waits for its batches finds out.
    }
    if (generation === this.#generation) this.#isPuttingTogether = false;
  }

  /** The thread is gone, or hangs: takes out the event that it was at, and sends everything to a new one. */
  async #rebuild(cause: unknown, hungMs: number | undefined): Promise<void> {
    const thread = this.#thread;
    this.#generation++;
    this.#endWatch?.();
    await thread?.then(
      started => started.end(),
      () => undefined,
    );
    if (this.#closed) return;
    const end = { cause, hungMs, progress: this.#progress, isConcurrent: this.#isConcurrent };
    const tools = { slots: this.#options.setup.slots, number: () => ++this.#tasks };
    this.#pending = this.#pending.flatMap(step => stepsAgain(step, end, tools));
    this.#leaveThread();
    this.#deathsInARow++;
    if (this.#deathsInARow > LANE_DEATHS_MAX) {
      this.#fail(diesTooOften(this.#options.handlerName, cause));
      return;
    }
    // All wait for the same start, and the pool is first in, first out.
    for (const step of this.#pending) void this.#send(step);
  }

  #fail(error: unknown): void {
    this.#failure = error;
    for (const step of this.#pending) step.job.reject(error);
    this.#pending = [];
  }
}

const NO_GROUPS = new Uint8Array(256);

/** The same as a thread would do, here: the state of the groups that are lost, and of the others. */
function splitHere(state: KeyedState, lost: Uint8Array): { moved: Uint8Array; kept: Uint8Array } {
  const moved = state.split(key => lost[groupOfKey(key)] !== 0).toBytes();
  return { moved, kept: state.toBytes() };
}
