import { MillraceError } from '../base/errors.ts';
import type { Disk } from './disk.ts';
import { diskError, tooShort } from './failure.ts';
import {
  type Account,
  applyRecord,
  EMPTY_ACCOUNT,
  EMPTY_TOPIC,
  type JobState,
  type JournalRecord,
  snapshotOf,
  type TopicRecord,
} from './job-state.ts';
import { JournalWriter, readJournal } from './journal.ts';
import { layout, numberOf, INDEX_ENDING, SEGMENT_ENDING } from './layout.ts';
import { takeLock } from './lock.ts';
import { type Cut, recoverJournal, recoverTopic } from './recovery.ts';
import { writeIndex } from './segment-index.ts';
import { createTopic, ensureStore, ownerOf } from './store-file.ts';
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

  async close(): Promise<void> {
    for (const writer of this.#writers.values()) await writer.close();
    await this.#journal.close();
    await this.#release();
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
    const record: JournalRecord = { seq: seq + 1, kind: 'commit', time, epoch, sources: await sources, topics, account };
    await this.#journal.append(record);
    applyRecord(this.#state, record);
    await this.#writeIndexes();
    if (this.#journal.full) await this.#rollJournal();
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
    const { segmentBytesMax, sync, job } = this.#options;
    const end = this.#state.topics.get(topic)?.end ?? EMPTY_TOPIC;
    let exists = false;
    const create = async (): Promise<void> => {
      if (!exists && (await ownerOf(this.#disk, this.#store, topic)) === undefined) {
        await createTopic(this.#disk, this.#store, topic, job);
      }
      exists = true;
    };
    return new TopicWriter(this.#disk, this.#store, topic, end, { segmentBytesMax, sync, create });
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

async function recoverJob(disk: Disk, store: string, options: JobLogOptions): Promise<Omit<Opened, 'release'>> {
  const { job, topics, fresh, sync } = options;
  const directory = layout.journal(store, job);
  for (const topic of topics) await checkOwner(disk, store, topic, job);
  const found = await readJournal(disk, directory);
  if (found.file === undefined) {
    await checkNothingLost(disk, store, options);
    await disk.makeDirectory(directory);
    await recoverJournal(disk, store, job, found);
    const snapshot = snapshotOf({ ...found.state, time: Date.now() });
    const journal = await JournalWriter.begin(disk, directory, snapshot, sync);
    await syncJobDirectories(disk, store, job);
    return { state: stateOf(snapshot), journal, cuts: await recoverTopics(disk, store, topics, stateOf(snapshot)) };
  }
  await recoverJournal(disk, store, job, found);
  if (fresh) return startOver(disk, store, options, found.state, found.file);
  const names = new Set([...found.state.topics.keys(), ...topics]);
  const cuts = await recoverTopics(disk, store, [...names], found.state);
  return { state: found.state, journal: await JournalWriter.continue(disk, directory, found, sync), cuts };
}

function stateOf(snapshot: JournalRecord): JobState {
  const state: JobState = { seq: -1, time: 0, epoch: 0, sources: {}, topics: new Map(), account: EMPTY_ACCOUNT };
  applyRecord(state, snapshot);
  return state;
}

async function recoverTopics(disk: Disk, store: string, topics: readonly string[], state: JobState): Promise<Cut[]> {
  const cuts: Cut[] = [];
  for (const name of topics) {
    const topic = state.topics.get(name) ?? { end: EMPTY_TOPIC, sealed: [], frames: [] };
    cuts.push(...(await recoverTopic(disk, store, name, topic)));
  }
  return cuts;
}

/** Begins the journal anew with nothing in it; only when that is durable, the old events go. */
async function startOver(disk: Disk, store: string, options: JobLogOptions, old: JobState, file: string): Promise<Omit<Opened, 'release'>> {
  const directory = layout.journal(store, options.job);
  const names = new Set([...old.topics.keys(), ...options.topics]);
  const empty: JobState = { ...stateOf(snapshotOf(old)), sources: {}, topics: new Map(), account: EMPTY_ACCOUNT };
  const snapshot = snapshotOf({ ...empty, seq: old.seq, time: Date.now(), epoch: old.epoch + 1 });
  const journal = await JournalWriter.begin(disk, directory, snapshot, options.sync);
  await disk.remove(`${directory}/${file}`);
  for (const name of names) {
    const topic = layout.topic(store, name);
    for (const entry of await disk.list(topic)) {
      const isPart = numberOf(entry, SEGMENT_ENDING) !== undefined || numberOf(entry, INDEX_ENDING) !== undefined;
      if (isPart) await disk.remove(`${topic}/${entry}`);
    }
  }
  return { state: stateOf(snapshot), journal, cuts: [] };
}

async function checkOwner(disk: Disk, store: string, topic: string, job: string): Promise<void> {
  const owner = await ownerOf(disk, store, topic);
  if (owner === undefined || owner === job) return;
  throw new MillraceError('MILLRACE_TOPIC_OWNED', `the topic "${topic}" belongs to the job "${owner}"`, {
    hint: `write to another topic (--to NAME), or go on with that job (--job ${owner})`,
  });
}

/** Without a journal there must be no topic of the job: it is begun only after the journal is durable. */
async function checkNothingLost(disk: Disk, store: string, options: JobLogOptions): Promise<void> {
  if (options.fresh) return;
  for (const topic of options.topics) {
    if ((await ownerOf(disk, store, topic)) === undefined) continue;
    throw tooShort(`the journal of the job "${options.job}" is gone, but its topic "${topic}" is there`);
  }
}

async function syncJobDirectories(disk: Disk, store: string, job: string): Promise<void> {
  await disk.syncDirectory(layout.job(store, job));
  await disk.syncDirectory(layout.jobs(store));
}
