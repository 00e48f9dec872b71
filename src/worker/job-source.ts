import { BatchAtWork } from './batch-at-work.ts';
import { EventContext } from './event-context.ts';
import type { Presence } from './presence.ts';
import type { BatchResult, BatchTask } from './protocol.ts';
import type { BatchEnvironment } from './run-batch.ts';

/**
 * The events of the batches that a thread has, one after the other: those that a handler is to be called with. What needs no
 * handler is settled on the way. Batches are done in the order in which they came, whatever order their events are.
 */

/** An event that is to be handled. */
export interface Job {
  readonly batch: BatchAtWork;
  readonly line: number;
  readonly key: string | undefined;
}

export class JobSource {
  readonly #env: BatchEnvironment;
  readonly #presence: Presence;
  /** Batches with events that were not begun, in order. */
  readonly #batches: BatchAtWork[] = [];
  /** Resolves when all batches so far are done. */
  #allDone: Promise<void> = Promise.resolve();

  constructor(env: BatchEnvironment, presence: Presence) {
    this.#env = env;
    this.#presence = presence;
  }

  /** Adds a batch, and calls `begin`; gives the result when this batch and all before it are done. */
  async add(task: BatchTask, begin: () => void): Promise<BatchResult> {
    const batch = new BatchAtWork(this.#env, task);
    const isDone = this.#allDone.then(() => batch.done);
    this.#allDone = isDone;
    this.#batches.push(batch);
    begin();
    await isDone;
    return batch.result();
  }

  /** After the death of a thread events are handled one at a time, until it is known which one it died of. */
  get isOneAtATime(): boolean {
    return this.#batches[0]?.task.oneAtATime === true;
  }

  /** The next event; undefined where there is none just now. */
  next(): Job | undefined {
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      if (this.#presence.nextLine(batch)) {
        const job = jobOf(batch);
        if (job === undefined) continue;
        batch.add();
        return job;
      }
      // The next one must not begin before this one has ended, where events are handled one at a time.
      if (batch.task.oneAtATime === true && batch.left > 0) return undefined;
      this.#batches.shift();
      batch.exhaust();
    }
    return undefined;
  }
}

/** The line at hand as a job, unless it is settled without one. */
function jobOf(batch: BatchAtWork): Job | undefined {
  const { lines, output, context } = batch;
  const { line, treatment } = lines;
  if (typeof treatment === 'object') {
    batch.addDead(line, treatment.members);
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
