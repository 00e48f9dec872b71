import { FRAME_BYTES, JOURNAL_BYTES } from '../base/limits.ts';
import type { Disk } from './disk.ts';
import { diskError } from './failure.ts';
import {
  type Account,
  applyRecord,
  EMPTY_TOPIC,
  emptyTopic,
  type JobState,
  type JournalRecord,
  snapshotOf,
  type TopicRecord,
} from './job-state.ts';
import type { JournalWriter } from './journal.ts';
import { type JobLogOptions, openJob, type Opened } from './open-job.ts';
import { type Cut, recoverTopic } from './recovery.ts';
import { writeIndex } from './segment-index.ts';
import { checkOwner, ensureTopic } from './store-file.ts';
import { TopicWriter } from './topic-writer.ts';

/**
 * The writing side of a store: one job, the topics that it writes, and its journal.
 *
 * A commit is: all appended bytes into the segments → sync them and their directories → one line into the journal →
 * sync it. Until then nothing of it exists for readers or after a restart.
 */

export class JobLog {
  /** What recovery cut off when the job was opened. */
  readonly cuts: readonly Cut[];
  readonly #disk: Disk;
  readonly #store: string;
  readonly #options: JobLogOptions;
  readonly #release: () => Promise<void>;
  readonly #state: JobState;
  readonly #writers = new Map<string, TopicWriter>();
  /** Sealed segments whose index is on the disk, as `topic/segment`. */
  readonly #indexed = new Set<string>();
  #journal: JournalWriter;

  private constructor(disk: Disk, store: string, options: JobLogOptions, opened: Opened) {
    this.#disk = disk;
    this.#store = store;
    this.#options = options;
    this.#release = opened.release;
    this.#state = opened.state;
    this.#journal = opened.journal;
    this.cuts = opened.cuts;
    for (const [topic, { sealed }] of opened.state.topics) {
      for (const [segment] of sealed) this.#indexed.add(`${topic}/${segment}`);
    }
    for (const topic of options.topics) this.#writers.set(topic, this.#createWriter(topic));
  }

  /** Opens the job in the store, both made if need be: takes its lock, recovers, and is ready to append. */
  static async open(disk: Disk, store: string, options: JobLogOptions): Promise<JobLog> {
    try {
      return new JobLog(disk, store, options, await openJob(disk, store, options));
    } catch (error) {
      throw diskError('MILLRACE_STORE_WRITE', `the store "${store}"`, error);
    }
  }

  /** Positions of the sources, by id, as of the last commit. */
  get sources(): Readonly<Record<string, unknown>> {
    return this.#state.sources;
  }

  /** The job's account as of the last commit. */
  get account(): Account {
    return this.#state.account;
  }

  /** Whether nothing was committed to the topic yet. */
  isEmpty(name: string): boolean {
    return (this.#state.topics.get(name)?.end.offset ?? 0) === 0;
  }

  topic(name: string): TopicWriter {
    const writer = this.#writers.get(name);
    if (writer === undefined) throw new Error(`the job does not write the topic "${name}"`);
    return writer;
  }

  /** Lets the job write another topic; rejects with MILLRACE_TOPIC_OWNED where that belongs to another job. */
  async addTopic(name: string): Promise<TopicWriter> {
    try {
      await checkOwner(this.#disk, this.#store, name, this.#options.job);
      // It is recovered with the others if the job has written it before; else there is nothing of it that counts.
      if (!this.#state.topics.has(name)) await recoverTopic(this.#disk, this.#store, name, emptyTopic());
      await ensureTopic(this.#disk, this.#store, name, this.#options.job);
    } catch (error) {
      throw diskError('MILLRACE_STORE_WRITE', `the store "${this.#store}"`, error);
    }
    const writer = this.#writers.get(name) ?? this.#createWriter(name);
    this.#writers.set(name, writer);
    return writer;
  }

  /** Makes the topic if it is not there yet, so that it can be read before its first event. */
  async createTopic(name: string): Promise<void> {
    try {
      await ensureTopic(this.#disk, this.#store, name, this.#options.job);
    } catch (error) {
      throw diskError('MILLRACE_STORE_WRITE', `the store "${this.#store}"`, error);
    }
  }

  /**
   * Commits what was appended before the call, with the positions and the account that belong to it, and the version of the
   * handler whose work it is. Must not be called again before it has resolved; once it has rejected, the log must only be closed.
   */
  async commit(
    sources: Promise<Readonly<Record<string, unknown>>>,
    account: Account,
    handler?: string,
  ): Promise<void> {
    try {
      await this.#commit(sources, account, handler);
    } catch (error) {
      throw diskError('MILLRACE_STORE_WRITE', `the store "${this.#store}"`, error);
    }
  }

  /** Closes the files and gives the lock back, all of them also where one of them fails. */
  async close(): Promise<void> {
    const closing = [...this.#writers.values()].map(writer => writer.close());
    const closed = await Promise.allSettled([...closing, this.#journal.close()]);
    // Last: nothing of ours may be under way when another process comes.
    const released = await Promise.allSettled([this.#release()]);
    for (const { status, reason } of [...closed, ...released] as readonly Partial<PromiseRejectedResult>[]) {
      if (status === 'rejected')
        throw diskError('MILLRACE_STORE_WRITE', `the store "${this.#store}"`, reason);
    }
  }

  async #commit(
    sources: Promise<Readonly<Record<string, unknown>>>,
    account: Account,
    handler: string | undefined,
  ): Promise<void> {
    const time = Date.now();
    const topics: Record<string, TopicRecord> = {};
    for (const [name, writer] of this.#writers) {
      const { end, frames } = writer.takeProgress();
      if (frames.length > 0) topics[name] = { end, frames: frames.map(frame => [...frame, time] as const) };
    }
    // Awaited only after the writes; a failure of the one must not leave that of the other unseen.
    sources.catch(() => undefined);
    for (const name of Object.keys(topics)) await this.#writers.get(name)!.sync();
    const { seq, epoch } = this.#state;
    const record: JournalRecord = {
      seq: seq + 1,
      kind: 'commit',
      time,
      epoch,
      sources: await sources,
      topics,
      account,
      ...(handler !== undefined && { handler }),
    };
    await this.#journal.append(record);
    applyRecord(this.#state, record);
    await this.#writeIndexes();
    if (this.#journal.isFull(this.#options.journalBytesMax ?? JOURNAL_BYTES)) await this.#rollJournal();
  }

  /** Indexes the segments that this commit has sealed; after that the journal need not keep their frames. */
  async #writeIndexes(): Promise<void> {
    for (const [name, topic] of this.#state.topics) {
      for (const sealed of topic.sealed) {
        if (this.#indexed.has(`${name}/${sealed[0]}`)) continue;
        await writeIndex(this.#disk, this.#store, name, sealed, { frames: topic.frames, members: undefined });
        this.#indexed.add(`${name}/${sealed[0]}`);
      }
      if (topic.frames.length > 0 && topic.frames[0]![0] < topic.end.segment) {
        topic.frames = topic.frames.filter(([segment]) => segment >= topic.end.segment);
      }
    }
  }

  async #rollJournal(): Promise<void> {
    const snapshot = snapshotOf(this.#state);
    this.#journal = await this.#journal.roll(snapshot);
    this.#state.seq = snapshot.seq;
  }

  #createWriter(topic: string): TopicWriter {
    const { segmentBytesMax, frameBytes = FRAME_BYTES, sync, job } = this.#options;
    const end = this.#state.topics.get(topic)?.end ?? EMPTY_TOPIC;
    let exists = false;
    const create = async (): Promise<void> => {
      if (!exists) await ensureTopic(this.#disk, this.#store, topic, job);
      exists = true;
    };
    return new TopicWriter(this.#disk, this.#store, topic, end, {
      segmentBytesMax,
      frameBytes,
      sync,
      create,
    });
  }
}
