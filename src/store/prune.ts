import type { Disk } from './disk.ts';
import { openToKeep } from './job-log.ts';
import type { TopicState } from './job-state.ts';
import type { Cut } from './recovery.ts';
import { bytesOnDisk, earliestKept, eventsIn, type Retention } from './retention.ts';
import { TopicReader } from './topic-reader.ts';

/** Removes once, while nobody writes the topic, what retention would remove in a run. */

/** What was removed, or would be. */
export interface Pruned {
  readonly segments: number;
  readonly events: number;
  readonly bytes: number;
  /** The lowest offset that is kept after that. */
  readonly earliest: number;
  /** What recovery has cut off before. */
  readonly cuts: readonly Cut[];
}

/** What `prune` would do, as far as can be seen without keeping others from writing. */
export async function planPrune(
  disk: Disk,
  store: string,
  topic: string,
  retention: Retention,
): Promise<Pruned> {
  const { state } = await TopicReader.open(disk, store, topic);
  return { ...dropped(state, earliestKept(state, retention, Date.now())), cuts: [] };
}

/** Rejects with MILLRACE_TOPIC_NOT_FOUND, and with MILLRACE_STORE_LOCKED while its job is at work. */
export async function prune(disk: Disk, store: string, topic: string, retention: Retention): Promise<Pruned> {
  const { job } = await TopicReader.open(disk, store, topic);
  const log = await openToKeep(disk, store, job);
  try {
    const state = log.stateOf(topic);
    const earliest = earliestKept(state, retention, Date.now());
    const pruned = { ...dropped(state, earliest), cuts: log.cuts };
    if (earliest > state.earliest) await log.dropBefore(topic, earliest);
    return pruned;
  } finally {
    await log.close();
  }
}

function dropped({ sealed }: TopicState, earliest: number): Omit<Pruned, 'cuts'> {
  const rows = sealed.filter(([segment]) => segment < earliest);
  return {
    segments: rows.length,
    events: rows.reduce((sum, row) => sum + eventsIn(row), 0),
    bytes: rows.reduce((sum, row) => sum + bytesOnDisk(row), 0),
    earliest,
  };
}
