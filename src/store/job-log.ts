import { FRAME_BYTES, JOURNAL_BYTES } from '../base/limits.ts';
import type { Disk } from './disk.ts';
import { diskError, tooShort } from './failure.ts';
import {
  type Account,
  applyRecord,
  EMPTY_TOPIC,
  emptyJob,
  emptyTopic,
  type JobState,
  type JournalRecord,
  snapshotOf,
  type TopicRecord,
} from './job-state.ts';
import { JournalWriter, readJournal } from './journal.ts';
import { layout } from './layout.ts';
import { takeLock } from './lock.ts';
import { type Cut, quarantineTorn, recoverTopic } from './recovery.ts';
import { writeIndex } from './segment-index.ts';
import { checkOwner, ensureStore, ensureTopic, ownerMissing, ownerOf } from './store-file.ts';
import { TopicWriter } from './topic-writer.ts';

/**
 * The writing side of a store: one job, the topics that it writes, and its journal.
 *
 * A commit is: all appended bytes into the segments → sync them and their directories → one line into the journal →
 * sync it. Until then nothing of it exists for readers or after a restart.
 */

export interface JobLogOptions {
  readonly job: string;
  /** The topics that the job may write. They come to be with their first event. */
  readonly topics: readonly string[];
  /** Forgets the job's positions and empties its topics first. */
  readonly fresh: boolean;
  readonly segmentBytesMax: number;
  /** Where frames and files of the journal end; the defaults stand in limits.ts. */
  readonly frameBytes?: number;
  readonly journalBytesMax?: number;
  /** Whether commits are made durable against a crash of the machine, not only of the process. */
  readonly sync: boolean;
}

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

  topic(name: string): TopicWriter {
    const writer = this.#writers.get(name);
    if (writer === undefined) throw new Error(`the job does not write the topic "${name}"`);
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
   * Commits what was appended before the call, with the positions and the account that belong to it. Must not be
   * called again before it has resolved; once it has rejected, the log must only be closed.
   */
  async commit(sources: Promise<Record<string, unknown>>, account: Account): Promise<void> {
    try {
      await this.#commit(sources, account);
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

  async #commit(sources: Promise<Record<string, unknown>>, account: Account): Promise<void> {
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
        await writeIndex(this.#disk, this.#store, name, sealed, topic.frames);
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

interface Opened {
  readonly state: JobState;
  readonly journal: JournalWriter;
  readonly release: () => Promise<void>;
  readonly cuts: readonly Cut[];
}

async function openJob(disk: Disk, store: string, options: JobLogOptions): Promise<Opened> {
  await ensureStore(disk, store);
  const { job } = options;
  await disk.makeDirectory(layout.job(store, job));
  await disk.makeDirectory(layout.lock(store, job));
  const release = await takeLock(disk, layout.lock(store, job), `the job "${job}"`);
  try {
    return { ...(await recoverJob(disk, store, options)), release };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * What the journal says was only read: after the death of a process it may be in the page cache and not on the disk,
 * and after a failed sync it never will be. So it is written anew, as the first record of a new file, and only what is
 * durable for certain is built upon.
 */
async function recoverJob(
  disk: Disk,
  store: string,
  options: JobLogOptions,
): Promise<Omit<Opened, 'release'>> {
  const { job, topics, fresh, sync } = options;
  const directory = layout.journal(store, job);
  for (const topic of topics) await checkOwner(disk, store, topic, job);
  const found = await readJournal(disk, directory);
  const isNew = found.file === undefined;
  if (isNew && !fresh) await checkNothingLost(disk, store, options);
  await disk.makeDirectory(directory);
  await quarantineTorn(disk, store, job, found);
  const names = new Set([...found.state.topics.keys(), ...topics]);
  const startsOver = fresh && !isNew;
  const cuts = startsOver ? [] : await recoverTopics(disk, store, names, found.state);
  const snapshot = startsOver
    ? startOf(found.state)
    : snapshotOf(isNew ? { ...found.state, time: Date.now() } : found.state);
  const journal = await JournalWriter.begin(disk, directory, snapshot, sync);
  try {
    for (const above of [layout.job(store, job), layout.jobs(store), store]) await disk.syncDirectory(above);
    for (const name of found.files) await disk.remove(`${directory}/${name}`);
    // Only when it is durable that the job has nothing, its old events go.
    if (startsOver) for (const name of names) await removeEvents(disk, store, name);
    return { state: stateOf(snapshot), journal, cuts };
  } catch (error) {
    await journal.close().catch(() => undefined);
    throw error;
  }
}

/** The record of a job that is started over. */
function startOf({ seq, epoch }: JobState): JournalRecord {
  return snapshotOf({ ...emptyJob(), seq, time: Date.now(), epoch: epoch + 1 });
}

function stateOf(snapshot: JournalRecord): JobState {
  const state = emptyJob();
  applyRecord(state, snapshot);
  return state;
}

async function recoverTopics(
  disk: Disk,
  store: string,
  topics: Iterable<string>,
  state: JobState,
): Promise<Cut[]> {
  const cuts: Cut[] = [];
  for (const name of topics) {
    const topic = state.topics.get(name);
    if (topic !== undefined && (await ownerOf(disk, store, name)) === undefined)
      throw ownerMissing(store, name);
    cuts.push(...(await recoverTopic(disk, store, name, topic ?? emptyTopic())));
  }
  return cuts;
}

async function removeEvents(disk: Disk, store: string, topic: string): Promise<void> {
  const directory = layout.topic(store, topic);
  for (const name of await disk.list(directory)) {
    if (name !== layout.topicFile) await disk.remove(`${directory}/${name}`);
  }
}

/** Without a journal there must be no topic of the job: it is begun only after the journal is durable. */
async function checkNothingLost(disk: Disk, store: string, options: JobLogOptions): Promise<void> {
  for (const topic of options.topics) {
    if ((await ownerOf(disk, store, topic)) === undefined) continue;
    throw tooShort(`the journal of the job "${options.job}" is gone, but its topic "${topic}" is there`);
  }
}
