import { FRAME_BYTES, JOURNAL_BYTES, SEGMENT_BYTES, SEGMENT_FRAMES_MAX } from '../base/limits.ts';
import type { Disk } from './disk.ts';
import { diskError } from './failure.ts';
import {
  type Account,
  applyRecord,
  type Compacted,
  emptyTopic,
  type JobState,
  type JournalRecord,
  type SealedRow,
  snapshotOf,
  type TopicRecord,
  type TopicState,
} from './job-state.ts';
import type { JournalWriter } from './journal.ts';
import { type JobLogOptions, openJob, type Opened } from './open-job.ts';
import { type Cut, recoverTopic } from './recovery.ts';
import { layout } from './layout.ts';
import { writeIndex } from './segment-index.ts';
import { filesOfSealed } from './stray-files.ts';
import { Housekeeper, KEEP_ALL } from './housekeeper.ts';
import { checkOwner, ensureTopic, raiseVersion } from './store-file.ts';
import { TopicWriter } from './topic-writer.ts';

/**
 * The writing side of a store: one job, the topics that it writes, and its journal.
 *
 * A commit is: all appended bytes into the segments → sync them and their directories → one line into the journal →
 * sync it. Until then nothing of it exists for readers or after a restart. Between commits there may be lines about sealed
 * segments, which the housekeeper has removed or compressed. Lines are written one after the other, and none after one that
 * has failed.
 */

/** Opens a job that is there, not to append to its topics, but to look after what is in them. */
export function openToKeep(disk: Disk, store: string, job: string, keeping = KEEP_ALL): Promise<JobLog> {
  const segmentBytesMax = SEGMENT_BYTES;
  return JobLog.open(disk, store, { job, topics: [], fresh: false, segmentBytesMax, sync: true, keeping });
}

/** What a line says besides its number. */
type Told = Omit<JournalRecord, 'seq' | 'kind' | 'epoch'>;

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
  readonly #housekeeper: Housekeeper;
  #journal: JournalWriter;
  /** Resolves when all lines so far are written; rejects for good after a failure. */
  #recorded: Promise<void> = Promise.resolve();
  #isOfThisVersion = false;

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
    this.#housekeeper = new Housekeeper(disk, store, options.keeping ?? KEEP_ALL, {
      topics: this.#state.topics,
      isIndexed: (topic, segment) => this.#indexed.has(`${topic}/${segment}`),
      record: (topic, change) => this.#recordChange(topic, change),
    });
    // There may be work that an earlier process has left.
    this.#housekeeper.start();
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

  /** The topic as of the last commit. */
  stateOf(name: string): TopicState {
    return this.#state.topics.get(name) ?? emptyTopic();
  }

  /** Whether nothing was committed to the topic yet. */
  isEmpty(name: string): boolean {
    return this.stateOf(name).end.offset === 0;
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
      this.#housekeeper.check();
      await this.#commit(sources, account, handler);
    } catch (error) {
      throw diskError('MILLRACE_STORE_WRITE', `the store "${this.#store}"`, error);
    }
    this.#housekeeper.start();
  }

  /** Resolves when all is removed and compressed that should be, or `interrupted` is aborted. */
  async settle(interrupted: AbortSignal): Promise<void> {
    try {
      await this.#housekeeper.settle(interrupted);
    } catch (error) {
      throw diskError('MILLRACE_STORE_WRITE', `the store "${this.#store}"`, error);
    }
  }

  /** Gives up the events of `topic` before `earliest`, which must be the first of a segment. */
  async dropBefore(topic: string, earliest: number): Promise<void> {
    try {
      await this.#housekeeper.dropBefore(topic, earliest);
    } catch (error) {
      throw diskError('MILLRACE_STORE_WRITE', `the store "${this.#store}"`, error);
    }
  }

  /** Puts `rows` in the place of all sealed segments of `topic`; their files and indexes must be durable. */
  async replaceSealed(topic: string, rows: readonly SealedRow[], compacted: Compacted): Promise<void> {
    const state = this.stateOf(topic);
    const before = filesOfSealed(state);
    try {
      await raiseVersion(this.#disk, this.#store);
      state.sealed = [...rows];
      state.frames = state.frames.filter(([segment]) => segment === state.end.segment);
      state.compacted = compacted;
      for (const [segment] of rows) this.#indexed.add(`${topic}/${segment}`);
      this.#recorded = this.#recorded.then(() => this.#rollJournal());
      await this.#recorded;
      const after = filesOfSealed(state);
      for (const name of before)
        if (!after.has(name)) await this.#disk.remove(`${layout.topic(this.#store, topic)}/${name}`);
    } catch (error) {
      throw diskError('MILLRACE_STORE_WRITE', `the store "${this.#store}"`, error);
    }
  }

  /** Closes the files and gives the lock back, all of them also where one of them fails. */
  async close(): Promise<void> {
    const kept = await Promise.allSettled([this.#housekeeper.close()]);
    const closing = [...this.#writers.values()].map(writer => writer.close());
    const closed = await Promise.allSettled([...closing, this.#journal.close()]);
    // Last: nothing of ours may be under way when another process comes.
    const released = await Promise.allSettled([this.#release()]);
    for (const { status, reason } of [
      ...kept,
      ...closed,
      ...released,
    ] as readonly Partial<PromiseRejectedResult>[]) {
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
    const changed = await sources;
    const told = { time, sources: changed, topics, account, ...(handler !== undefined && { handler }) };
    await this.#record(told, this.#options.sync);
  }

  /** A line about sealed segments. It is synced in any case: files are removed because of it. */
  async #recordChange(topic: string, change: Pick<TopicRecord, 'sealed' | 'earliest'>): Promise<void> {
    if (!this.#isOfThisVersion) await raiseVersion(this.#disk, this.#store);
    this.#isOfThisVersion = true;
    await this.#record(() => {
      const { time, account, handler } = this.#state;
      const topics = { [topic]: { end: this.stateOf(topic).end, frames: [], ...change } };
      return { time, sources: {}, topics, account, ...(handler !== undefined && { handler }) };
    }, true);
  }

  /** Writes one line, after those that were begun before; its content may be found out only then. */
  #record(told: Told | (() => Told), sync: boolean): Promise<void> {
    this.#recorded = this.#recorded.then(async () => {
      const { seq, epoch } = this.#state;
      const content = typeof told === 'function' ? told() : told;
      const { time, ...rest } = content;
      const record: JournalRecord = { seq: seq + 1, kind: 'commit', time, epoch, ...rest };
      await this.#journal.append(record, sync);
      applyRecord(this.#state, record);
      await this.#writeIndexes();
      if (this.#journal.isFull(this.#options.journalBytesMax ?? JOURNAL_BYTES)) await this.#rollJournal();
    });
    // Whoever waits for it is told.
    this.#recorded.catch(() => undefined);
    return this.#recorded;
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
    const { segmentBytesMax, sync, job } = this.#options;
    const { segmentFramesMax = SEGMENT_FRAMES_MAX, frameBytes = FRAME_BYTES } = this.#options;
    let exists = false;
    const create = async (): Promise<void> => {
      if (!exists) await ensureTopic(this.#disk, this.#store, topic, job);
      exists = true;
    };
    return new TopicWriter(this.#disk, this.#store, topic, this.stateOf(topic), {
      segmentBytesMax,
      segmentFramesMax,
      frameBytes,
      sync,
      create,
    });
  }
}
