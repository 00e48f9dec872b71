import { KeyedState } from '../base/keyed-state.ts';
import { stateTopicOf } from '../base/names.ts';
import type { Disk } from './disk.ts';
import { keptEvents } from './frame.ts';
import { TopicReader } from './topic-reader.ts';

/** The state of a job's keys, as of its last commit; rejects with MILLRACE_TOPIC_NOT_FOUND where the job has none. */
export async function readState(disk: Disk, store: string, job: string): Promise<KeyedState> {
  const reader = await TopicReader.open(disk, store, stateTopicOf(job));
  const state = new KeyedState();
  for await (const frame of reader.frames()) {
    state.add(keptEvents(frame));
    // Read at once: the bytes are those of the next frame then.
    state.get('');
  }
  return state;
}
