import { countLines } from '../base/line-bytes.ts';
import type { Disk } from './disk.ts';
import { corrupt } from './failure.ts';
import { digits } from './layout.ts';
import { TopicReader } from './topic-reader.ts';

/** What verifying a topic found; damage to what is committed is an error instead. */
export interface Verified {
  readonly events: number;
  readonly bytes: number;
  readonly segments: number;
  /** What is amiss without harm. */
  readonly notes: readonly string[];
}

/** Reads all committed events: checksums, the number of events in each frame, offsets without a gap. */
export async function verifyTopic(disk: Disk, store: string, topic: string): Promise<Verified> {
  const reader = await TopicReader.open(disk, store, topic);
  const { end, sealed } = reader.state;
  let events = 0;
  let bytes = 0;
  for await (const frame of reader.frames(0)) {
    if (frame.offset !== events)
      throw corrupt(`topic "${topic}" has a gap: offset ${frame.offset} follows ${events - 1}`);
    if (countLines(frame.bytes) !== frame.events || frame.bytes.at(-1) !== 0x0a) {
      throw corrupt(
        `topic "${topic}" does not have the events that were committed at offset ${frame.offset}`,
      );
    }
    events += frame.events;
    bytes += frame.bytes.length;
  }
  if (events !== end.offset) {
    throw corrupt(
      `topic "${topic}" has ${events} events, its journal says ${end.offset} (segment ${digits(end.segment)})`,
    );
  }
  const segments = sealed.length + (end.bytes > 0 ? 1 : 0);
  return { events, bytes, segments, notes: await reader.strayFiles() };
}
