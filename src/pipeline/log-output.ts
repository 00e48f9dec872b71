import { deadTopicOf } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { JobLog } from '../store/job-log.ts';
import type { JobLogOptions } from '../store/open-job.ts';
import type { Account } from '../store/job-state.ts';
import type { Cut } from '../store/recovery.ts';
import type { TopicWriter } from '../store/topic-writer.ts';
import type { CommitView, Output } from './output.ts';

/**
 * The log as output: events to the topic, dead letters to the topic beside it, and a commit now and then while there
 * is something to commit.
 */

export interface LogOutputOptions {
  readonly store: string;
  readonly job: string;
  readonly topic: string;
  readonly fresh: boolean;
  readonly segmentBytesMax: number;
  readonly sync: boolean;
  readonly commitIntervalMs: number;
  /** Called when a commit has failed, or a write: the run cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

export class LogOutput implements Output {
  readonly cuts: readonly Cut[];
  readonly #log: JobLog;
  /** The job's account before this run. */
  readonly #before: Account;
  readonly #events: TopicWriter;
  readonly #dead: TopicWriter;
  readonly #options: LogOutputOptions;
  readonly #view: CommitView;
  #deadInChunk = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The commit that is under way, or the last one. */
  #committing: Promise<void> = Promise.resolve();
  #dirty = false;
  #isCommitting = false;

  private constructor(log: JobLog, options: LogOutputOptions, view: CommitView) {
    this.#log = log;
    this.cuts = log.cuts;
    this.#before = log.account;
    this.#options = options;
    this.#view = view;
    this.#events = log.topic(options.topic);
    this.#dead = log.topic(deadTopicOf(options.topic));
  }

  static async open(options: LogOutputOptions, view: CommitView): Promise<LogOutput> {
    const { job, topic, fresh, segmentBytesMax, sync } = options;
    const logOptions: JobLogOptions = {
      job,
      topics: [topic, deadTopicOf(topic)],
      fresh,
      segmentBytesMax,
      sync,
    };
    const log = await JobLog.open(realDisk, options.store, logOptions);
    try {
      // Dead letters get theirs with the first of them.
      await log.createTopic(topic);
    } catch (error) {
      await log.close();
      throw error;
    }
    return new LogOutput(log, options, view);
  }

  get positions(): Readonly<Record<string, unknown>> {
    return this.#log.sources;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    this.#events.append(bytes, start, end);
  }

  dead(letter: string): void {
    const bytes = Buffer.from(letter, 'utf8');
    this.#dead.append(bytes, 0, bytes.length);
    this.#deadInChunk++;
  }

  endChunk(events: number): void {
    this.#events.endChunk(events);
    this.#dead.endChunk(this.#deadInChunk);
    this.#deadInChunk = 0;
    this.#dirty = true;
    this.#commitSoon();
  }

  endSource(): void {
    this.#dirty = true;
    this.#commitSoon();
  }

  ready(): Promise<void> | undefined {
    return this.#events.full || this.#dead.full ? this.#written() : undefined;
  }

  async commit(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#committing;
    if (!this.#dirty) return;
    this.#dirty = false;
    const { account } = this.#view;
    const taken = this.#view.take();
    this.#committing = this.#log.commit(taken.positions(), account.addedTo(this.#before));
    await this.#committing;
    taken.committed();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#committing.catch(() => undefined);
    await this.#log.close();
  }

  async #written(): Promise<void> {
    await Promise.all([this.#events.written, this.#dead.written]);
  }

  /** In an interval, or as soon as may be where somebody waits for it; what comes meanwhile is in the same commit. */
  #commitSoon(): void {
    if (this.#isCommitting) return;
    if (this.#view.isAwaited()) {
      clearTimeout(this.#timer);
      this.#commitNow();
    } else {
      this.#timer ??= setTimeout(() => this.#commitNow(), this.#options.commitIntervalMs);
    }
  }

  /** A commit in the background; the next one is due an interval after it. */
  #commitNow(): void {
    this.#timer = undefined;
    this.#isCommitting = true;
    this.commit().then(
      () => {
        this.#isCommitting = false;
        if (this.#dirty) this.#commitSoon();
      },
      (error: unknown) => this.#options.onFailure(error),
    );
  }
}
