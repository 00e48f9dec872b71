import { Attempts } from './attempts.ts';
import { BatchAtWork } from './batch-at-work.ts';
import { type DeadError, deadMembers, type DeadReason } from './dead-letter.ts';
import { describeThrown } from './describe-thrown.ts';
import { EventContext } from './event-context.ts';
import { type BatchResult, type BatchTask, Progress } from './protocol.ts';
import { RateLimit } from './rate-limit.ts';
import { type BatchEnvironment, talliesOf } from './run-batch.ts';
import { BadResult } from './to-json.ts';
import { TimedOut, withinTime } from './within-time.ts';
import type { WorkOptions } from './work-options.ts';

/**
 * Runs the handler over several events at the same time, of one batch or of several, and calls it as fast and as often as
 * it wants to be called (WorkOptions).
 *
 * Events of one key are handled one after the other, in order; an event whose key is busy waits, and those behind it
 * go on. What becomes of an event is written when it is known; batches are done in the order in which they came.
 */

/** Events that may wait for their keys: with one key that is slow, that many others are looked for behind it. */
const WAITING_MAX = 20_000;

/** An event that is to be handled. */
interface Job {
  readonly batch: BatchAtWork;
  readonly line: number;
  readonly key: string | undefined;
}

export class ConcurrentRun {
  readonly #env: BatchEnvironment;
  readonly #work: WorkOptions;
  readonly #attempts: Attempts;
  readonly #rate: RateLimit | undefined;
  /** Batches with events that were not begun, in order. */
  readonly #batches: BatchAtWork[] = [];
  #last: Promise<unknown> = Promise.resolve();
  /** Keys of which an event is being handled, each with the jobs that wait for it. */
  readonly #busy = new Map<string, Job[]>();
  /** Jobs whose key has come free, in order. */
  readonly #ready: Job[] = [];
  #waiting = 0;
  #running = 0;
  /** Whether the rate of the run allows none just now. */
  #isHeld = false;

  /** `rateClock` is what the rate of the whole run is kept in. */
  constructor(env: BatchEnvironment, work: WorkOptions, rateClock: SharedArrayBuffer) {
    this.#env = env;
    this.#work = work;
    this.#attempts = new Attempts(work);
    this.#rate = work.rate && new RateLimit(work.rate, rateClock);
  }

  /** Handles the events of a batch beside those of the batches before; resolves in their order. */
  async run(task: BatchTask): Promise<BatchResult> {
    const before = this.#last;
    const batch = new BatchAtWork(this.#env, task);
    this.#last = batch.done;
    this.#batches.push(batch);
    this.#pump();
    await before;
    await batch.done;
    const { inPart, whole, to } = batch.lines;
    // They were found out in any order.
    const dead = batch.dead.sort((a, b) => a.line - b.line);
    const { busyMs } = batch;
    const { overflow } = batch.output;
    const emitted = batch.withResult.emitted.result();
    const state = batch.withResult.state.result();
    const tallies = talliesOf(batch.withResult.counts, this.#env.cache);
    return { linesTo: to, dead, overflow, emitted, state, ways: { inPart, whole }, busyMs, ...tallies };
  }

  /** Begins as many events as may be. */
  #pump(): void {
    while (this.#running < this.#limit) {
      const job = this.#ready.shift() ?? this.#next();
      if (job === undefined) break;
      const waitMs = this.#rate?.pass(job.key) ?? 0;
      if (waitMs > 0) {
        this.#delay(job, waitMs);
        continue;
      }
      void this.#handle(job);
    }
  }

  /** After the death of a thread events are handled one at a time, until it is known which one it died of. */
  get #limit(): number {
    if (this.#isHeld) return 0;
    return this.#batches[0]?.task.oneAtATime === true ? 1 : this.#work.concurrency;
  }

  /** Puts aside a job that comes too early. For a rate of all events that stops all of them. */
  #delay(job: Job, waitMs: number): void {
    if (this.#work.rate!.perKey && job.key !== undefined) {
      // Its key stays busy: those behind it must not pass it.
      setTimeout(() => {
        this.#ready.unshift(job);
        this.#pump();
      }, waitMs);
      return;
    }
    this.#ready.unshift(job);
    this.#isHeld = true;
    setTimeout(() => {
      this.#isHeld = false;
      this.#pump();
    }, waitMs);
  }

  /** The next event whose key is free; what needs no handler is settled on the way. */
  #next(): Job | undefined {
    while (this.#waiting < WAITING_MAX) {
      const batch = this.#batches[0];
      if (batch === undefined) return undefined;
      if (!batch.lines.next()) {
        // The next one must not begin before this one has ended, where events are handled one at a time.
        if (batch.task.oneAtATime === true && batch.left > 0) return undefined;
        this.#batches.shift();
        batch.isExhausted = true;
        this.#finishIfDone(batch);
        continue;
      }
      const job = this.#jobOf(batch);
      if (job === undefined) continue;
      batch.left++;
      const queue = job.key === undefined ? undefined : this.#busy.get(job.key);
      if (queue === undefined) {
        if (job.key !== undefined) this.#busy.set(job.key, []);
        return job;
      }
      queue.push(job);
      this.#waiting++;
    }
    return undefined;
  }

  /** The line at hand as a job, unless it is settled without one. */
  #jobOf(batch: BatchAtWork): Job | undefined {
    const { lines, output, context } = batch;
    const { line, treatment } = lines;
    if (typeof treatment === 'object') {
      this.#addDead(batch, line, treatment.members);
    } else if (treatment === 'drop') {
      output.drop(line);
    } else if (treatment === 'pass') {
      batch.results.take(true, batch.at(line, undefined));
    } else {
      const key = new EventContext(context, batch.slot.table.starts[line]!).key;
      return { batch, line, key };
    }
    return undefined;
  }

  async #handle(job: Job): Promise<void> {
    const { batch, line } = job;
    const startedMs = performance.now();
    this.#running++;
    let attempts = 0;
    let event: unknown;
    let context!: EventContext;
    try {
      const value = await this.#attempts.run(async attempt => {
        attempts = attempt;
        // Anew each time: an attempt that failed may have left anything in it.
        event = JSON.parse(batch.textOf(line)) as unknown;
        context = this.#contextOf(job, attempt);
        return this.#call(job, event, context);
      });
      batch.take(value, line, event, context);
    } catch (error) {
      batch.output.abandon();
      this.#fail(batch, line, error, attempts);
    }
    this.#running--;
    batch.busyMs += (performance.now() - startedMs) / this.#work.concurrency;
    this.#free(job);
    batch.left--;
    this.#finishIfDone(batch);
    this.#pump();
  }

  #contextOf({ batch, line, key }: Job, attempt: number): EventContext {
    const { context, task, slot } = batch;
    const own = { ...context, attempt: task.attempt + attempt - 1 };
    return new EventContext(own, slot.table.starts[line]!, key ?? null);
  }

  /** Calls the handler once; how it goes stands in the progress memory, for whoever looks when the thread dies. */
  async #call({ batch, line }: Job, event: unknown, context: EventContext): Promise<unknown> {
    const { handler, progress, timeoutMs } = this.#env;
    progress[Progress.task] = batch.task.number;
    progress[Progress.line] = line;
    progress[Progress.count]!++;
    progress[Progress.busy] = 1;
    try {
      const value: unknown = handler!(event, context);
      // While it is awaited, others are handled, and it could not be said at which one the thread died.
      if (batch.task.oneAtATime !== true) progress[Progress.busy] = 0;
      return await withinTime(Promise.resolve(value), timeoutMs, error => context.timeOut(error));
    } finally {
      progress[Progress.busy] = 0;
    }
  }

  /** Lets the next event of the key go on. */
  #free({ key }: Job): void {
    if (key === undefined) return;
    const next = this.#busy.get(key)!.shift();
    if (next === undefined) {
      this.#busy.delete(key);
      return;
    }
    this.#waiting--;
    this.#ready.push(next);
  }

  #finishIfDone(batch: BatchAtWork): void {
    if (!batch.isExhausted || batch.left > 0) return;
    batch.output.flush();
    batch.context.live = false;
    batch.finish();
  }

  #fail(batch: BatchAtWork, line: number, error: unknown, attempts: number): void {
    const tried = attempts > 1 ? { attempts } : {};
    if (error instanceof BadResult) this.#die(batch, line, 'bad-result', { message: error.message });
    else if (error instanceof TimedOut)
      this.#die(batch, line, 'timed-out', { message: error.message, ...tried });
    else this.#die(batch, line, 'handler-threw', { ...describeThrown(error), ...tried });
  }

  #die(batch: BatchAtWork, line: number, reason: DeadReason, error: DeadError): void {
    const { starts, ends } = batch.slot.table;
    this.#addDead(
      batch,
      line,
      deadMembers(reason, error, batch.slot.bytes.subarray(starts[line], ends[line])),
    );
  }

  #addDead(batch: BatchAtWork, line: number, members: string): void {
    batch.dead.push({ line, start: batch.slot.table.starts[line]!, members });
    batch.output.dead(line);
  }
}
