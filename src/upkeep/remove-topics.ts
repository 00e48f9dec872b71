import { MillraceError } from '../base/errors.ts';
import { stateTopicOf, topicOfDead } from '../base/names.ts';
import type { Disk } from '../store/disk.ts';
import { diskError } from '../store/failure.ts';
import { emptyJob, emptyTopic, eventsIn, snapshotOf } from '../store/job-state.ts';
import { layout } from '../store/layout.ts';
import { mapStore, type StoreMap } from './find-topics.ts';
import { holdJob } from './hold-job.ts';
import { replaceJournal } from './replace-journal.ts';
import { scanJob } from './scan-job.ts';
import { checkNamed, ownedBy } from './verify-store.ts';

/**
 * Removing topics, which means removing the jobs that write them: what a journal has committed together cannot be taken
 * apart. First the job's journal says that it has nothing, which is the moment at which all of it is gone; then the files go.
 *
 * The journal itself stays, as a line or two: it has how often the job was started over, by which whoever has read a
 * topic tells it from a later one of the same name.
 *
 * One of several topics of a job does not go alone. The job would go on to write it from offset 0, in the same epoch, and who
 * had read the old one up to some offset would take the new one for it; and its log would be the image of nothing.
 */

export interface Removal {
  readonly job: string;
  /** What goes: topics with the number of their events. */
  readonly topics: readonly { readonly topic: string; readonly events: number }[];
  /** Jobs of this store that read one of them. */
  readonly readers: readonly string[];
}

/** What removing these topics, or all of these jobs, would remove; rejects where a job writes others as well. */
export async function planRemoval(
  disk: Disk,
  store: string,
  names: readonly string[],
  jobs: readonly string[],
): Promise<Removal[]> {
  try {
    const map = await mapStore(disk, store);
    checkNamed(store, names, map);
    for (const job of jobs) if (!map.jobs.includes(job)) throw noJob(store, job);
    const owners = map.topics.filter(({ topic }) => names.includes(topic)).flatMap(({ job }) => job ?? []);
    for (const job of new Set(owners)) if (!jobs.includes(job)) checkAllNamed(job, ownedBy(map, job), names);
    const removals: Removal[] = [];
    for (const job of new Set([...owners, ...jobs])) removals.push(await removalOf(disk, store, map, job));
    return removals;
  } catch (error) {
    throw diskError('MILLRACE_STORE_READ', `the store "${store}"`, error);
  }
}

function noJob(store: string, job: string): MillraceError {
  return new MillraceError('MILLRACE_TOPIC_NOT_FOUND', `there is no job "${job}" in "${store}"`, {
    hint: '"millrace topics" lists topics with their jobs',
  });
}

/** Dead letters and state go with what they belong to; any other topic must have been named. */
function checkAllNamed(job: string, owned: readonly string[], names: readonly string[]): void {
  const plain = owned.filter(topic => topicOfDead(topic) === undefined && topic !== stateTopicOf(job));
  const others = plain.filter(topic => !names.includes(topic));
  const named = names.filter(name => owned.includes(name));
  if (others.length === 0) return;
  throw new MillraceError(
    'MILLRACE_USAGE',
    `"${named.join('", "')}" cannot be removed alone: the job "${job}" has committed it together with ${others.join(', ')}`,
    {
      hint: `to remove the job with all of its topics: millrace rm --job ${job}; to keep it, and of ${named.join(' and ')} just the last segment: millrace prune ${named.join(' ')} --retain "1 event"`,
    },
  );
}

async function removalOf(disk: Disk, store: string, map: StoreMap, job: string): Promise<Removal> {
  const owned = ownedBy(map, job);
  const { state } = await scanJob(disk, store, job, owned);
  const topics = owned.map(topic => ({ topic, events: eventsIn(state.topics.get(topic) ?? emptyTopic()) }));
  const readers: string[] = [];
  for (const other of map.jobs) {
    if (other === job) continue;
    const { sources } = (await scanJob(disk, store, other, [])).state;
    const isRead = owned.some(topic => sources[`topic:${topic}`] !== undefined);
    if (isRead) readers.push(other);
  }
  return { job, topics, readers };
}

/** Removes a job with all its topics; rejects with MILLRACE_STORE_LOCKED while it is written. */
export async function removeJob(disk: Disk, store: string, job: string): Promise<void> {
  try {
    await holdJob(disk, store, job, async () => {
      const owned = ownedBy(await mapStore(disk, store), job);
      const { state, journal } = await scanJob(disk, store, job, owned);
      const { seq, epoch } = state;
      const nothing = snapshotOf({ ...emptyJob(), seq, time: Date.now(), epoch: epoch + 1 });
      await replaceJournal(disk, store, job, journal, nothing);
      for (const topic of owned) await removeFiles(disk, store, topic);
      await disk.syncDirectory(layout.topics(store));
    });
  } catch (error) {
    throw diskError('MILLRACE_STORE_WRITE', `the store "${store}"`, error);
  }
}

/** The file that says whose it is goes last, when it is durable that there is nothing else. */
export async function removeFiles(disk: Disk, store: string, topic: string): Promise<void> {
  const directory = layout.topic(store, topic);
  const names = await disk.list(directory);
  for (const name of names) if (name !== layout.topicFile) await disk.remove(`${directory}/${name}`);
  if (names.length > 0) await disk.syncDirectory(directory);
  await disk.remove(`${directory}/${layout.topicFile}`);
  await disk.removeDirectory(directory);
}
