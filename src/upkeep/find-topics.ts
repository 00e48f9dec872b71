import { MillraceError } from '../base/errors.ts';
import type { Disk } from '../store/disk.ts';
import { layout, segmentOf } from '../store/layout.ts';
import { ownerOf } from '../store/store-file.ts';
import { scanJournal } from './scan-journal.ts';

/** Which topics and jobs a store has, also where the files that say so are damaged. */

export interface StoreMap {
  readonly jobs: readonly string[];
  /** Those that have an owner or events. */
  readonly topics: readonly TopicEntry[];
}

export interface TopicEntry {
  readonly topic: string;
  /** The job that writes it, by its own word or by that of the job's journal. */
  readonly job: string | undefined;
  /** What its topic.json is like. */
  readonly file: 'sound' | 'damaged' | 'missing';
}

export async function mapStore(disk: Disk, store: string): Promise<StoreMap> {
  const jobs = await disk.list(layout.jobs(store));
  const byJournal = new Map<string, string>();
  for (const job of jobs) {
    const { records } = await scanJournal(disk, store, job);
    for (const { record } of records)
      for (const topic of Object.keys(record.topics)) byJournal.set(topic, job);
  }
  const names = new Set([...(await disk.list(layout.topics(store))), ...byJournal.keys()]);
  const topics: TopicEntry[] = [];
  for (const topic of [...names].sort()) {
    const named = await namedOwner(disk, store, topic);
    const job = named.job ?? byJournal.get(topic) ?? likely(named.file, topic, jobs);
    if (job === undefined && named.file === 'missing' && !(await hasSegments(disk, store, topic))) continue;
    topics.push({ topic, file: named.file, job });
  }
  return { jobs, topics };
}

async function hasSegments(disk: Disk, store: string, topic: string): Promise<boolean> {
  return (await disk.list(layout.topic(store, topic))).some(name => segmentOf(name) !== undefined);
}

/** A job is named after its topic if it is not told otherwise, so of a file that says nothing any more that is the best guess. */
function likely(file: TopicEntry['file'], topic: string, jobs: readonly string[]): string | undefined {
  return file === 'damaged' && jobs.includes(topic) ? topic : undefined;
}

async function namedOwner(
  disk: Disk,
  store: string,
  topic: string,
): Promise<{ readonly file: TopicEntry['file']; readonly job: string | undefined }> {
  try {
    const job = await ownerOf(disk, store, topic);
    return { file: job === undefined ? 'missing' : 'sound', job };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return { file: 'damaged', job: undefined };
  }
}
