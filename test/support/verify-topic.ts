import { countLines } from '../../src/base/line-bytes.ts';
import type { Disk } from '../../src/store/disk.ts';
import { corrupt } from '../../src/store/failure.ts';
import { keptEvents } from '../../src/store/frame.ts';
import { digits } from '../../src/store/layout.ts';
import { strayFiles } from '../../src/store/stray-files.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';

/**
 * Checks a topic as a reader sees it, with none of the code of `millrace verify`: checksums, counts, offsets without a gap.
 */

/** What verifying a topic found; damage to what is committed is an error instead. */
export interface Verified {
  readonly events: number;
  readonly bytes: number;
  readonly segments: number;
  /** What is amiss without harm. */
  readonly notes: readonly string[];
}

/** Reads all committed events: checksums, the number of events in each frame, offsets without a gap but where events were compacted. */
export async function verifyTopic(disk: Disk, store: string, topic: string): Promise<Verified> {
  const reader = await TopicReader.open(disk, store, topic);
  const { end, sealed, earliest, compacted } = reader.state;
  let events = 0;
  let bytes = 0;
  let next = earliest;
  for await (const frame of reader.frames()) {
    if (frame.offset !== next && !(frame.offset > next && frame.offset <= (compacted?.to ?? 0)))
      throw corrupt(`topic "${topic}" has a gap: offset ${frame.offset} follows ${next - 1}`);
    if (countLines(frame.bytes) !== frame.events || frame.bytes.at(-1) !== 0x0a) {
      throw corrupt(
        `topic "${topic}" does not have the events that were committed at offset ${frame.offset}`,
      );
    }
    next = frame.offset + frame.events;
    events += frame.sparse ? countLines(keptEvents(frame)) : frame.events;
    bytes += frame.bytes.length;
  }
  if (next !== end.offset) {
    throw corrupt(
      `topic "${topic}" ends at offset ${next}, its journal says ${end.offset} (segment ${digits(end.segment)})`,
    );
  }
  const segments = sealed.length + (end.bytes > 0 ? 1 : 0);
  return { events, bytes, segments, notes: await strayFiles(disk, store, topic, reader.state) };
}
