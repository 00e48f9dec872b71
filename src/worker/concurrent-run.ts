import { Admission, type SharedLimits } from './admission.ts';
import { Attempts } from './attempts.ts';
import { EventContext } from './event-context.ts';
import { type Job, JobSource } from './job-source.ts';
import { Presence } from './presence.ts';
import type { BatchResult, BatchTask } from './protocol.ts';
import type { BatchEnvironment } from './run-batch.ts';
import { settledResult } from './settled-result.ts';
import { withinTime } from './within-time.ts';
import type { WorkOptions } from './work-options.ts';

/**
 * Runs the handler over several events at the same time, of one batch or of several, and calls it as fast and as often as
 * it wants to be called (WorkOptions).
 *
 * Events of one key are handled one after the other, in order; an event whose key is busy waits, and those behind it
 * go on. What becomes of an event is written when it is known; batches are done in the order in which they came.
 */

/** Events that may wait for their keys: with one key that is slow, that many others are looked for behind it. */
export const WAITING_MAX = 20_000;

export class ConcurrentRun {
  readonly #env: BatchEnvironment;
  readonly #work: WorkOptions;
  readonly #attempts: Attempts;
  readonly #admission: Admission;
  readonly #source: JobSource;
  readonly #presence: Presence;
  /** Keys of which an event is being handled, each with the jobs that wait for it. */
  readonly #busy = new Map<string, Job[]>();
  /** Jobs whose key has come free, in order. */
  readonly #ready: Job[] = [];
  #waiting = 0;
  #running = 0;
  /** Whether none may be begun just now, of whatever key. */
  #isHeld = false;

  constructor(env: BatchEnvironment, work: WorkOptions, limits: SharedLimits) {
    this.#env = env;
    this.#work = work;
    this.#attempts = new Attempts(work);
    this.#admission = new Admission(work, limits);
    this.#presence = new Presence(env.progress, env.timeoutMs);
    this.#source = new JobSource(env, this.#presence);
  }

  /** Handles the events of a batch beside those of the batches before; resolves in their order. */
  run(task: BatchTask): Promise<BatchResult> {
    return this.#source.add(task, () => this.#pump());
  }

  /** Begins as many events as may be. */
  #pump(): void {
    while (this.#running < this.#limit) {
      const job = this.#ready.shift() ?? this.#next();
      if (job === undefined) {
        this.#admission.rest();
        break;
      }
      const verdict = this.#admission.ask(job.key);
      if ('wait' in verdict) void this.#delay(job, verdict.wait, verdict.forAll);
      else void this.#handle(job, verdict.permit);
    }
  }

  get #limit(): number {
    if (this.#isHeld) return 0;
    return this.#source.isOneAtATime ? 1 : this.#work.concurrency;
  }

  /** Puts aside a job that comes too early. Its key stays busy: those behind it must not pass it. */
  async #delay(job: Job, wait: Promise<void>, forAll: boolean): Promise<void> {
    if (forAll) {
      this.#ready.unshift(job);
      this.#isHeld = true;
      await wait;
      this.#isHeld = false;
    } else {
      await wait;
      this.#ready.unshift(job);
    }
    this.#pump();
  }

  /** The next event whose key is free. */
  #next(): Job | undefined {
    while (this.#waiting < WAITING_MAX) {
      const job = this.#source.next();
      if (job?.key === undefined) return job;
      const queue = this.#busy.get(job.key);
      if (queue === undefined) {
        this.#busy.set(job.key, []);
        return job;
      }
      queue.push(job);
      this.#waiting++;
    }
    return undefined;
  }

  async #handle(job: Job, permit: number | undefined): Promise<void> {
    const { batch, line } = job;
    const startedMs = performance.now();
    this.#running++;
    batch.begin();
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
      batch.fail(line, error, attempts);
    }
    this.#admission.leave(permit);
    this.#running--;
    batch.busyMs += (performance.now() - startedMs) / this.#work.concurrency;
    this.#free(job);
    batch.left--;
    batch.finishIfDone();
    this.#pump();
  }

  #contextOf({ batch, line, key }: Job, attempt: number): EventContext {
    const { context, task, slot } = batch;
    const own = { ...context, attempt: task.attempt + attempt - 1 };
    return new EventContext(own, slot.table.starts[line]!, key ?? null);
  }

  /** Calls the handler once; how it goes stands in the progress memory, for whoever looks when the thread dies. */
  async #call(job: Job, event: unknown, context: EventContext): Promise<unknown> {
    const { handler, timeoutMs } = this.#env;
    const cells = this.#presence.enter([job]);
    try {
      const value: unknown = handler!(event, context);
      this.#presence.wait();
      return await withinTime(settledResult(value, event), timeoutMs, error => context.timeOut(error));
    } finally {
      this.#presence.leave(cells);
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
}
