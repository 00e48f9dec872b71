import type { Piscina } from 'piscina';
import { HANDLER_LOAD_MS_MAX, LANE_DEATHS_MAX } from '../base/limits.ts';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { LineTable, Row } from '../kernel/line-table.ts';
import { deadMembers, type DeadReason } from './dead-letter.ts';
import {
  type Batch,
  type BatchLines,
  type BatchResult,
  type BatchTask,
  type HandlerTraits,
  type LaneSetup,
  type LoadFailure,
  Progress,
} from './protocol.ts';
import { watchForHang } from './hang-watch.ts';
import { diedMessage, diesTooOften, loadError } from './lane-errors.ts';
import { type SplitLines, splitAt } from './split-lines.ts';
import { timedOutMessage } from './within-time.ts';

/**
 * One worker thread, and the batches that it was given.
 *
 * A lane is a Piscina pool of exactly one thread, which makes it first in, first out: batches are done in the order
 * in which they come, and their results arrive in it. When the thread dies or hangs, the event that it was at is
 * taken out of its batch: what came before is run again in a new thread (its outputs died with the old one), then
 * the event alone, then the rest. An event that kills the thread when it is alone, or takes too long, is dead.
 */

/** Where new objects are made. Events die young, so more would not spare work, but grow with the length of the run. */
const YOUNG_MIB_MAX = 12;
/** Result buffers that are kept for the next batches. */
const SPARE_MAX = 4;

interface Job {
  readonly batch: Batch;
  readonly results: BatchResult[];
  /** Steps that are not done. */
  left: number;
  readonly resolve: (results: readonly BatchResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A part of a job: lines for the thread, or what is known of them without it. */
interface Step {
  readonly job: Job;
  readonly lines: BatchLines;
  /** Whether this is one event, alone, at which the thread has died before. */
  readonly suspect: boolean;
  readonly verdict: BatchResult | undefined;
}

export interface LaneOptions {
  readonly setup: Omit<LaneSetup, 'progress'>;
  /** The handler as the user named it, for messages. */
  readonly handlerName: string;
  readonly heapMiBMax: number;
  /** Called when a batch is done, so that there may be room for another. */
  readonly onRoom: () => void;
}

export class Lane {
  /** Batches that are not done. */
  outstanding = 0;
  /** Time that the thread has spent on batches. */
  busyMs = 0;
  readonly #options: LaneOptions;
  readonly #progress = new Int32Array(new SharedArrayBuffer(Progress.fields * 4));
  /** What is not done, in order; the thread is at the first that has no verdict. */
  #pending: Step[] = [];
  readonly #spare: ArrayBuffer[] = [];
  #pool: Piscina | undefined;
  #traits: Promise<HandlerTraits> | undefined;
  /** Grows with every thread, so that what an old one answers is told from what the present one does. */
  #generation = 0;
  #deathsInARow = 0;
  #endWatch: (() => void) | undefined;
  #failure: unknown;
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

  /** Runs a batch after those before it; gives its results in order, mostly one. */
  run(batch: Batch): Promise<readonly BatchResult[]> {
    this.outstanding++;
    const done = new Promise<readonly BatchResult[]>((resolve, reject) => {
      const job: Job = { batch, results: [], left: 1, resolve, reject };
      const step: Step = { job, lines: batch.lines, suspect: false, verdict: undefined };
      this.#pending.push(step);
      void this.#send(step);
    });
    return done.finally(() => {
      this.outstanding--;
      this.#options.onRoom();
    });
  }

  /** Gives a result's buffer back, to be used for another. */
  recycle(buffer: ArrayBuffer): void {
    if (buffer.byteLength > 0 && this.#spare.length < SPARE_MAX) this.#spare.push(buffer);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#generation++;
    this.#endWatch?.();
    await this.#pool?.destroy();
  }

  async #load(): Promise<HandlerTraits> {
    const { Piscina: Pool } = await import('piscina');
    const { setup, handlerName, heapMiBMax } = this.#options;
    this.#pool = new Pool({
      filename: new URL('./thread.js', import.meta.url).href,
      minThreads: 1,
      maxThreads: 1,
      // More than one only so that the next batch waits in the thread; it is not begun before the first is done.
      concurrentTasksPerWorker: Number.MAX_SAFE_INTEGER,
      atomics: 'disabled',
      recordTiming: false,
      resourceLimits: { maxOldGenerationSizeMb: heapMiBMax, maxYoungGenerationSizeMb: YOUNG_MIB_MAX },
      workerData: { ...setup, progress: this.#progress.buffer } satisfies LaneSetup,
    });
    // A thread that dies while it has nothing to do: the next batch finds out.
    this.#pool.on('error', () => undefined);
    const traits = await this.#loadWithinTime(this.#pool, handlerName);
    if ('failed' in traits) throw loadError(handlerName, traits);
    const { timeoutMs } = traits;
    this.#endWatch = watchForHang(this.#progress, timeoutMs, () => void this.#rebuild(undefined, timeoutMs));
    return traits;
  }

  async #loadWithinTime(pool: Piscina, handlerName: string): Promise<HandlerTraits | LoadFailure> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), HANDLER_LOAD_MS_MAX);
    try {
      return (await pool.run(undefined, { name: 'load', signal: abort.signal })) as
        | HandlerTraits
        | LoadFailure;
    } catch (error) {
      const reason = abort.signal.aborted
        ? `it is not loaded after ${HANDLER_LOAD_MS_MAX} ms`
        : reasonOf(error);
      throw loadError(handlerName, { failed: 'load', message: reason, stack: undefined });
    } finally {
      clearTimeout(timer);
    }
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
      if (this.#pending[0] !== step) throw new Error('a lane gave its results out of order');
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

  #post(step: Step): Promise<BatchResult> {
    const spare = this.#spare.pop();
    const task: BatchTask = { ...step.job.batch, lines: step.lines, attempt: step.suspect ? 2 : 1, spare };
    const transferList = spare === undefined ? [] : [spare];
    return this.#pool!.run(task, { name: 'work', transferList }) as Promise<BatchResult>;
  }

  /** The first steps may need no thread. */
  #passVerdicts(): void {
    for (let step = this.#pending[0]; step?.verdict !== undefined; step = this.#pending[0]) {
      this.#finish(step, step.verdict);
    }
  }

  #finish(step: Step, result: BatchResult): void {
    this.#pending.shift();
    const { job } = step;
    job.results.push(result);
    job.left--;
    if (job.left === 0) job.resolve(job.results);
  }

  /** The thread is gone, or hangs: takes out the event that it was at, and sends everything to a new one. */
  async #rebuild(cause: unknown, hungMs: number | undefined): Promise<void> {
    this.#generation++;
    this.#endWatch?.();
    await this.#pool?.destroy();
    if (this.#closed) return;
    const [culprit, ...others] = this.#pending;
    if (culprit !== undefined && this.#progress[Progress.busy] === 1) {
      this.#pending = [...this.#takeApart(culprit, cause, hungMs), ...others];
    }
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

  #takeApart(culprit: Step, cause: unknown, hungMs: number | undefined): Step[] {
    const { job } = culprit;
    const shared = this.#options.setup.slots[job.batch.slot]!;
    const slot = new Uint8Array(shared.buffer, shared.bytesAt, shared.bytesLength);
    const table = new LineTable(shared);
    const split = splitAt(culprit.lines, this.#progress[Progress.lineStart]!, slot, table);
    const { before, event, after } = split;
    let verdict: BatchResult | undefined;
    if (hungMs !== undefined) verdict = deadResult(split, slot, 'timed-out', timedOutMessage(hungMs));
    else if (culprit.suspect) verdict = deadResult(split, slot, 'worker-died', diedMessage(cause));
    if (verdict !== undefined && event.kind === 'listed') table.rows[split.line] = Row.dead;
    const steps: Step[] = [{ job, lines: event, suspect: true, verdict }];
    if (before !== undefined) steps.unshift({ job, lines: before, suspect: false, verdict: undefined });
    if (after !== undefined) steps.push({ job, lines: after, suspect: false, verdict: undefined });
    job.left += steps.length - 1;
    return steps;
  }

  #fail(error: unknown): void {
    this.#failure = error;
    for (const step of this.#pending) step.job.reject(error);
    this.#pending = [];
  }
}

/** The result of one event that is dead without being run again. */
function deadResult(
  { start, end }: SplitLines,
  slot: Uint8Array,
  reason: DeadReason,
  message: string,
): BatchResult {
  const members = deadMembers(reason, { message }, slot.subarray(start, end));
  const none = { blank: 0, kept: 0, dropped: 0, written: 0, busyMs: 0, out: new Uint8Array(0) };
  return { ...none, lines: 1, dead: [{ index: 0, start, members }] };
}
