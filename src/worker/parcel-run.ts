import { Admission, type SharedLimits } from './admission.ts';
import { Attempts } from './attempts.ts';
import { type Job, JobSource } from './job-source.ts';
import { ParcelContext } from './parcel-context.ts';
import { type ParcelResults, readResults } from './parcel-results.ts';
import { createParcels, type Parcels } from './parcels.ts';
import { Presence } from './presence.ts';
import type { BatchResult, BatchTask } from './protocol.ts';
import type { BatchEnvironment } from './run-batch.ts';
import { BadResult } from './to-json.ts';
import { withinTime } from './within-time.ts';
import type { ParcelOptions, WorkOptions } from './work-options.ts';

/**
 * Runs a handler that takes several events at once: what its author calls a batch, and the code a parcel, because a batch
 * here is what a lane gets of a chunk.
 *
 * Each event has a result of its own. Those that fail are tried again without the others; where all fail together, because
 * the handler throws, its halves are called again, until it is known which event it was.
 */

/** Some events of a parcel have failed, and the others have not. */
class SomeFailed extends Error {}

/** What is left of a parcel, as it gets done: events that are not, each with its error where it has one of its own. */
interface Rest {
  jobs: readonly Job[];
  errors: readonly unknown[];
  calls: number;
  /** Calls that their dead letters tell of: not those of halves, whose number depends on which events came together. */
  tries: number;
}

export class ParcelRun {
  readonly #env: BatchEnvironment;
  readonly #work: WorkOptions;
  readonly #options: ParcelOptions;
  readonly #attempts: Attempts;
  readonly #admission: Admission;
  readonly #source: JobSource;
  readonly #presence: Presence;
  readonly #parcels: Parcels;
  /** Parcels that may be begun now, after they had to wait. */
  readonly #ready: (readonly Job[])[] = [];
  #running = 0;
  #isHeld = false;

  constructor(env: BatchEnvironment, work: WorkOptions, options: ParcelOptions, limits: SharedLimits) {
    this.#env = env;
    this.#work = work;
    // Where the run ends at an event that fails, what was done of those behind it must not count.
    this.#options = env.stopAtDead ? { ...options, size: 1 } : options;
    this.#attempts = new Attempts(work);
    this.#admission = new Admission(work, limits);
    this.#presence = new Presence(env.progress, env.timeoutMs);
    this.#source = new JobSource(env, this.#presence);
    this.#parcels = createParcels(this.#source, this.#options);
  }

  /** Handles the events of a batch together with those of others; resolves in the order of the batches. */
  run(task: BatchTask): Promise<BatchResult> {
    return this.#source.add(task, () => this.#pump());
  }

  #pump(): void {
    while (!this.#isHeld && this.#running < (this.#source.isOneAtATime ? 1 : this.#work.concurrency)) {
      const parcel = this.#ready.shift() ?? this.#parcels.take();
      if (parcel === undefined) {
        this.#admission.rest();
        break;
      }
      const verdict = this.#admission.ask(parcel[0]!.key, parcel.length);
      if ('wait' in verdict) void this.#delay(parcel, verdict.wait, verdict.forAll);
      else void this.#handle(parcel, verdict.permit);
    }
  }

  async #delay(parcel: readonly Job[], wait: Promise<void>, forAll: boolean): Promise<void> {
    this.#isHeld ||= forAll;
    await wait;
    if (forAll) this.#isHeld = false;
    this.#ready.unshift(parcel);
    this.#pump();
  }

  async #handle(parcel: readonly Job[], permit: number | undefined): Promise<void> {
    const startedMs = performance.now();
    this.#running++;
    for (const { batch } of parcel) batch.begin();
    await this.#settle(parcel);
    this.#admission.leave(permit);
    this.#running--;
    parcel[0]!.batch.busyMs += (performance.now() - startedMs) / this.#work.concurrency;
    this.#parcels.free(parcel);
    for (const { batch } of parcel) batch.left--;
    for (const batch of new Set(parcel.map(job => job.batch))) batch.finishIfDone();
    this.#pump();
  }

  /** Calls the handler as often as it is to be tried; then every event has its result. */
  async #settle(parcel: readonly Job[]): Promise<void> {
    const rest: Rest = { jobs: parcel, errors: [], calls: 0, tries: 0 };
    try {
      await this.#attempts.run(async () => {
        rest.tries++;
        return this.#call(rest);
      });
    } catch (error) {
      await this.#giveUp(rest, error);
    }
  }

  /** What is left has failed so often that it is not tried again as it is. */
  async #giveUp({ jobs, errors, calls, tries }: Rest, error: unknown): Promise<void> {
    if (error instanceof SomeFailed) {
      for (const [index, { batch, line }] of jobs.entries()) batch.fail(line, errors[index], tries);
    } else if (jobs.length === 1 || !this.#options.split) {
      for (const { batch, line } of jobs) batch.fail(line, error, tries);
    } else {
      const middle = jobs.length >> 1;
      // One after the other: events of one key may be in both.
      for (const half of [jobs.slice(0, middle), jobs.slice(middle)]) {
        const rest: Rest = { jobs: half, errors: [], calls, tries };
        try {
          await this.#attempts.once(async () => this.#call(rest));
        } catch (again) {
          await this.#giveUp(rest, again);
        }
      }
    }
  }

  /** Calls the handler once with what is left, and takes out what is done; throws where anything has failed. */
  async #call(rest: Rest): Promise<void> {
    const { jobs } = rest;
    rest.calls++;
    rest.errors = [];
    const most = jobs.reduce((attempt, { batch }) => Math.max(attempt, batch.task.attempt), 1);
    const context = new ParcelContext(jobs, this.#options.perKey, most + rest.calls - 1);
    const events = jobs.map(({ batch, line }) => JSON.parse(batch.textOf(line)) as unknown);
    const results = await this.#callHandler(jobs, events, context);
    if (results instanceof BadResult) {
      for (const { batch, line } of jobs) batch.fail(line, results, 1);
      rest.jobs = [];
      return;
    }
    context.end();
    const failed: Job[] = [];
    const errors: unknown[] = [];
    for (const [index, result] of results.entries()) {
      const job = jobs[index]!;
      const { batch, line } = job;
      if (result.status === 'rejected') {
        failed.push(job);
        errors.push(result.reason);
        continue;
      }
      try {
        batch.results.take(result.value, batch.at(line, events[index]));
        context.endOf(index);
      } catch (error) {
        // What it gave is no result, and would be none again.
        batch.fail(line, error, 1);
      }
    }
    rest.jobs = failed;
    rest.errors = errors;
    if (failed.length > 0) throw new SomeFailed();
  }

  /** How it goes stands in the progress memory (Presence). */
  async #callHandler(
    jobs: readonly Job[],
    events: readonly unknown[],
    context: ParcelContext,
  ): Promise<ParcelResults | BadResult> {
    const { handler, timeoutMs } = this.#env;
    const cells = this.#presence.enter(jobs);
    try {
      const value: unknown = handler!([...events], context as never);
      this.#presence.wait();
      const results = readResults(value, events);
      return await withinTime(results, timeoutMs, error => context.timeOut(error));
    } finally {
      this.#presence.leave(cells);
    }
  }
}
