import type { Disk } from './disk.ts';
import { diskError } from './failure.ts';
import type { TopicState } from './job-state.ts';
import { digits, indexName, layout, segmentName, segmentOf } from './layout.ts';
import { readIndex } from './segment-index.ts';

/** What is amiss in a topic's directory without harm to what is committed, in words. */
export async function strayFiles(
  disk: Disk,
  store: string,
  topic: string,
  state: TopicState,
): Promise<string[]> {
  try {
    return [
      ...(await unknownFiles(disk, store, topic, state)),
      ...(await lostIndexes(disk, store, topic, state)),
    ];
  } catch (error) {
    throw diskError('MILLRACE_STORE_READ', `the topic "${topic}"`, error);
  }
}

/** The names of the files that belong to a topic, but for those of its last segment and beyond. */
export function filesOfSealed({ sealed }: TopicState): ReadonlySet<string> {
  return new Set(
    sealed.flatMap(([segment, , , , , , form]) => [segmentName(segment, form), indexName(segment, form)]),
  );
}

async function unknownFiles(disk: Disk, store: string, topic: string, state: TopicState): Promise<string[]> {
  const known = filesOfSealed(state);
  const names = await disk.list(layout.topic(store, topic));
  return names
    .filter(name => (segmentOf(name) ?? state.end.segment) < state.end.segment && !known.has(name))
    .map(name => `"${name}" belongs to no segment`);
}

async function lostIndexes(disk: Disk, store: string, topic: string, state: TopicState): Promise<string[]> {
  const notes: string[] = [];
  for (const row of state.sealed) {
    if ((await readIndex(disk, store, topic, row)) !== undefined) continue;
    notes.push(`the index of segment ${digits(row[0])} is missing or damaged; the next run makes it again`);
  }
  return notes;
}
