import { MillraceError } from '../base/errors.ts';
import type { KeyedState } from '../base/keyed-state.ts';
import { deadTopicOf, stateTopicOf } from '../base/names.ts';
import { type Disk, realDisk } from '../store/disk.ts';
import type { Keeping } from '../store/housekeeper.ts';
import { JobLog } from '../store/job-log.ts';
import { readState } from '../store/read-state.ts';
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
  readonly keeping: Keeping;
  /** Aborted when the run is to end soon: what is left to compress then is left for the next one. */
  readonly interrupted: AbortSignal;
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
  /** The version of the handler whose work is put out just now. */
  #handler: string | undefined;
  /** Where the changes of the state go, with how many there were since the last chunk. */
  readonly #state: { readonly writer: TopicWriter; inChunk: number };
  /** Topics that the handler emits to, each with how many events it was given since then. */
  readonly #emitted: { readonly writer: TopicWriter; inChunk: number }[] = [];
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
    this.#state = { writer: log.topic(stateTopicOf(options.job)), inChunk: 0 };
  }

  static async open(options: LogOutputOptions, view: CommitView, disk: Disk = realDisk): Promise<LogOutput> {
    const { job, topic, fresh, segmentBytesMax, sync, keeping } = options;
    const logOptions: JobLogOptions = {
      job,
      topics: [topic, deadTopicOf(topic), stateTopicOf(job)],
      fresh,
      segmentBytesMax,
      sync,
      keeping,
    };
    const log = await JobLog.open(disk, options.store, logOptions);
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

  get readBefore(): number {
    return this.#before.read;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    this.#events.append(bytes, start, end);
  }

  async addTopics(topics: readonly string[]): Promise<void> {
    const { topic } = this.#options;
    // All or none: events are put out by the numbers of their topics.
    const added: TopicWriter[] = [];
    for (const name of topics) {
      if (name === topic) throw emitsToItself(name);
      added.push(await this.#log.addTopic(name));
    }
    this.#emitted.push(...added.map(writer => ({ writer, inChunk: 0 })));
  }

  emit(topic: number, bytes: Uint8Array, start: number, end: number, events: number): void {
    const emitted = this.#emitted[topic]!;
    emitted.writer.append(bytes, start, end);
    emitted.inChunk += events;
  }

  changeState(bytes: Uint8Array, length: number, count: number): void {
    this.#state.writer.append(bytes, 0, length);
    this.#state.inChunk += count;
  }

  async state(): Promise<KeyedState | undefined> {
    const { store, job } = this.#options;
    if (this.#log.isEmpty(stateTopicOf(job))) return undefined;
    return readState(realDisk, store, job);
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
    for (const emitted of [...this.#emitted, this.#state]) {
      emitted.writer.endChunk(emitted.inChunk);
      emitted.inChunk = 0;
    }
    this.#dirty = true;
    this.#commitSoon();
  }

  endSource(): void {
    this.#dirty = true;
    this.#commitSoon();
  }

  ready(): Promise<void> | undefined {
    return this.#writers.some(({ full }) => full) ? this.#written() : undefined;
  }

  async useHandler(version: string): Promise<void> {
    // Sealed segments are not waited for: no event is put out meanwhile.
    await this.#commit();
    this.#handler = version;
  }

  async commit(): Promise<void> {
    await this.#commit();
    await this.#log.settle(this.#options.interrupted);
  }

  async #commit(): Promise<void> {
    this.#clearTimer();
    await this.#committing;
    if (!this.#dirty) return;
    this.#dirty = false;
    const { account } = this.#view;
    const taken = this.#view.take();
    this.#committing = this.#log.commit(taken.positions(), account.addedTo(this.#before), this.#handler);
    await this.#committing;
    taken.committed();
  }

  async close(): Promise<void> {
    this.#clearTimer();
    await this.#committing.catch(() => undefined);
    await this.#log.close();
  }

  get #writers(): TopicWriter[] {
    return [this.#events, this.#dead, this.#state.writer, ...this.#emitted.map(({ writer }) => writer)];
  }

  async #written(): Promise<void> {
    await Promise.all(this.#writers.map(({ written }) => written));
  }

  /** In an interval, or as soon as may be where somebody waits for it; what comes meanwhile is in the same commit. */
  #commitSoon(): void {
    if (this.#isCommitting) return;
    if (this.#view.isAwaited()) {
      this.#commitNow();
    } else {
      this.#timer ??= setTimeout(() => this.#commitNow(), this.#options.commitIntervalMs);
    }
  }

  /** None is set afterwards, so that the next one can be. */
  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A commit in the background; the next one is due an interval after it. */
  #commitNow(): void {
    this.#isCommitting = true;
    this.#commit().then(
      () => {
        this.#isCommitting = false;
        if (this.#dirty) this.#commitSoon();
      },
      (error: unknown) => this.#options.onFailure(error),
    );
  }
}

function emitsToItself(topic: string): MillraceError {
  return new MillraceError(
    'MILLRACE_USAGE',
    `the handler emits to "${topic}", the topic that the run writes`,
    {
      hint: 'let it return such events, or name another topic with --to',
    },
  );
}
