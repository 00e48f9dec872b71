import type { Disk } from './disk.ts';
import { positionsLost, stateLost, tooShort } from './failure.ts';
import {
  applyRecord,
  emptyJob,
  emptyTopic,
  havePositions,
  isOnlyStateLost,
  type JobState,
  type JournalRecord,
  snapshotOf,
} from './job-state.ts';
import type { Keeping } from './housekeeper.ts';
import { JournalWriter, readJournal } from './journal.ts';
import { layout } from './layout.ts';
import { takeLock } from './lock.ts';
import { type Cut, quarantineTorn, recoverTopic } from './recovery.ts';
import { checkOwner, ensureStore, ownerMissing, ownerOf } from './store-file.ts';

/**
 * Opening a job to write: the store made if need be, the lock taken, journal and topics recovered, and a journal begun
 * whose first record is durable.
 */

export interface JobLogOptions {
  readonly job: string;
  /** The topics that the job may write. They come to be with their first event. */
  readonly topics: readonly string[];
  /** Forgets the job's positions and empties its topics first. */
  readonly fresh: boolean;
  readonly segmentBytesMax: number;
  /** Where frames and files of the journal end, and segments of small frames; the defaults stand in limits.ts. */
  readonly frameBytes?: number;
  readonly segmentFramesMax?: number;
  readonly journalBytesMax?: number;
  /** What becomes of sealed segments; all of them are kept as they are where it is left out. */
  readonly keeping?: Keeping;
  /** Whether commits are made durable against a crash of the machine, not only of the process. */
  readonly sync: boolean;
}

/** A job that is ready to be appended to. */
export interface Opened {
  readonly state: JobState;
  readonly journal: JournalWriter;
  readonly release: () => Promise<void>;
  readonly cuts: readonly Cut[];
}

/** Opens the job; rejects with MILLRACE_STORE_… or MILLRACE_TOPIC_OWNED. */
export async function openJob(disk: Disk, store: string, options: JobLogOptions): Promise<Opened> {
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
  if (!fresh && !havePositions(found.state))
    throw isOnlyStateLost(found.state) ? stateLost(job) : positionsLost(job);
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
