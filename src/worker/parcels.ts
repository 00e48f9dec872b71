import { WAITING_MAX } from './concurrent-run.ts';
import type { Job, JobSource } from './job-source.ts';
import type { ParcelOptions } from './work-options.ts';

/**
 * Puts the events of a thread together into parcels: those that the handler is called with at once. Events of one key go in
 * order, and only one parcel with a key is handled at a time; an event whose key is busy waits, and those behind it go on.
 */
export interface Parcels {
  /** The next parcel; its keys are busy until it is freed. Undefined where there is none just now. */
  readonly take: () => Job[] | undefined;
  readonly free: (parcel: readonly Job[]) => void;
}

export function createParcels(source: JobSource, options: ParcelOptions): Parcels {
  return options.perKey ? new KeyParcels(source, options) : new MixedParcels(source, options);
}

/** Fills one parcel. */
class Filling {
  readonly jobs: Job[] = [];
  readonly #options: ParcelOptions;
  #bytes = 0;
  #isAlone = false;

  constructor(options: ParcelOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    const { size, bytesMax } = this.#options;
    return this.jobs.length >= size || this.#bytes >= bytesMax || this.#isAlone;
  }

  /** Whether a job may still be added. */
  takes(job: Job): boolean {
    return this.jobs.length === 0 || (!this.isFull && !isAlone(job));
  }

  add(job: Job): void {
    const { starts, ends } = job.batch.slot.table;
    this.jobs.push(job);
    this.#isAlone ||= isAlone(job);
    this.#bytes += ends[job.line]! - starts[job.line]!;
  }
}

/** Whether an event must be handled by itself, because the thread has died of it or of one beside it. */
function isAlone({ batch: { task } }: Job): boolean {
  return task.oneAtATime === true || task.attempt > 1;
}

/** Takes events as they come, of any key. */
class MixedParcels implements Parcels {
  readonly #source: JobSource;
  readonly #options: ParcelOptions;
  /** Keys of which events are being handled. */
  readonly #busy = new Set<string>();
  /** Events that wait for their keys, in order, and how many there are. */
  readonly #waiting = new Map<string, Job[]>();
  #count = 0;
  /** Keys that have come free and of which events wait, in order. */
  readonly #freed = new Set<string>();
  /** An event that did not go into the parcel before. */
  #next: Job | undefined;

  constructor(source: JobSource, options: ParcelOptions) {
    this.#source = source;
    this.#options = options;
  }

  take(): Job[] | undefined {
    const filling = new Filling(this.#options);
    for (const key of this.#freed) {
      if (filling.isFull) break;
      this.#takeWaiting(key, filling);
    }
    while (!filling.isFull && this.#count < WAITING_MAX) {
      const job = this.#next ?? this.#source.next();
      this.#next = undefined;
      if (job === undefined) break;
      if (this.#mustWait(job)) continue;
      if (!filling.takes(job)) {
        this.#next = job;
        break;
      }
      filling.add(job);
    }
    if (filling.jobs.length === 0) return undefined;
    for (const { key } of filling.jobs) if (key !== undefined) this.#busy.add(key);
    return filling.jobs;
  }

  free(parcel: readonly Job[]): void {
    for (const { key } of parcel) {
      if (key === undefined) continue;
      this.#busy.delete(key);
      if (this.#waiting.has(key)) this.#freed.add(key);
    }
  }

  /** Moves what waits for the key into the parcel, as far as it goes. */
  #takeWaiting(key: string, filling: Filling): void {
    const jobs = this.#waiting.get(key)!;
    let taken = 0;
    while (taken < jobs.length && filling.takes(jobs[taken]!)) filling.add(jobs[taken++]!);
    if (taken === 0) return;
    this.#freed.delete(key);
    this.#count -= taken;
    if (taken === jobs.length) this.#waiting.delete(key);
    else this.#waiting.set(key, jobs.slice(taken));
  }

  /** Puts the event aside where its key is busy, or others of it wait already. */
  #mustWait(job: Job): boolean {
    const { key } = job;
    if (key === undefined) return false;
    const jobs = this.#waiting.get(key);
    if (jobs === undefined && !this.#busy.has(key)) return false;
    if (jobs === undefined) this.#waiting.set(key, [job]);
    else jobs.push(job);
    this.#count++;
    return true;
  }
}

/** Puts the events of each key together; those without a key with one another. */
class KeyParcels implements Parcels {
  readonly #source: JobSource;
  readonly #options: ParcelOptions;
  readonly #busy = new Set<string>();
  /** Events that were not given out, by keys: the key of the one that has waited longest comes first. */
  readonly #waiting = new Map<string | undefined, Job[]>();
  #count = 0;

  constructor(source: JobSource, options: ParcelOptions) {
    this.#source = source;
    this.#options = options;
  }

  take(): Job[] | undefined {
    while (this.#count < WAITING_MAX) {
      const job = this.#source.next();
      if (job === undefined) break;
      const { key } = job;
      const jobs = this.#waiting.get(key);
      this.#count++;
      if (jobs === undefined) this.#waiting.set(key, [job]);
      else jobs.push(job);
      const isEnough = isAlone(job) || (jobs?.length ?? 1) >= this.#options.size;
      if (isEnough && !this.#isBusy(key)) return this.#give(key);
    }
    for (const key of this.#waiting.keys()) if (!this.#isBusy(key)) return this.#give(key);
    return undefined;
  }

  free([first]: readonly Job[]): void {
    if (first?.key !== undefined) this.#busy.delete(first.key);
  }

  #isBusy(key: string | undefined): boolean {
    return key !== undefined && this.#busy.has(key);
  }

  #give(key: string | undefined): Job[] {
    const filling = new Filling(this.#options);
    const jobs = this.#waiting.get(key)!;
    let taken = 0;
    while (taken < jobs.length && filling.takes(jobs[taken]!)) filling.add(jobs[taken++]!);
    this.#count -= taken;
    // What is left has waited less long than other keys may have.
    this.#waiting.delete(key);
    if (taken < jobs.length) this.#waiting.set(key, jobs.slice(taken));
    if (key !== undefined) this.#busy.add(key);
    return filling.jobs;
  }
}
