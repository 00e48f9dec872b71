import { MillraceError } from '../base/errors.ts';
import type { Disk } from '../store/disk.ts';
import { keptEvents } from '../store/frame.ts';
import type { TopicState } from '../store/job-state.ts';
import { TopicReader } from '../store/topic-reader.ts';
import { EnvelopeWriter } from './envelope.ts';

/** The committed events of a topic as bytes to be moved: as they are, or with all that an import can check. */

const NEWLINE = 0x0a;

export interface ExportOptions {
  /** Whether each event stands in a line with its offset and time, and checksums between. */
  readonly positions: boolean;
  /** The first offset; undefined for the first that is kept. */
  readonly from?: number | undefined;
}

export async function* exportTopic(
  disk: Disk,
  store: string,
  topic: string,
  { positions, from }: ExportOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = await TopicReader.open(disk, store, topic);
  const start = Math.min(from ?? reader.state.earliest, reader.state.end.offset);
  if (positions) {
    yield* enveloped(reader, start);
    return;
  }
  for await (const frame of reader.frames(start)) {
    const bytes = frame.bytes.subarray(startOf(frame.bytes, start - frame.offset));
    yield keptEvents({ bytes, sparse: frame.sparse });
  }
}

/** Where the line begins before which there are `lines` others. */
function startOf(bytes: Uint8Array, lines: number): number {
  let at = 0;
  for (let left = lines; left > 0; left--) at = bytes.indexOf(NEWLINE, at) + 1;
  return at;
}

/**
 * What the first line says of the topic must be true of all that follows, though the job may be at work: a reader that comes
 * to what was changed meanwhile takes the topic as it is by then.
 */
async function* enveloped(reader: TopicReader, start: number): AsyncGenerator<Uint8Array, void, void> {
  const { topic, state } = reader;
  const { end, lost, compacted } = state;
  const saidOfGaps = gapsOf(state);
  const writer = new EnvelopeWriter();
  const gaps = { ...(lost && { lost }), ...(compacted && { compacted }) };
  yield writer.head({ export: 1, topic, earliest: start, next: end.offset, ...gaps });
  for await (const { bytes, offset, time } of reader.frames(start)) {
    if (offset >= end.offset) break;
    const first = Math.max(offset, start);
    const lines: Uint8Array[] = [];
    let at = startOf(bytes, first - offset);
    // A frame that was found again may hold what came later as well.
    for (let next = first; at < bytes.length && next < end.offset; next++) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline > at) lines.push(writer.event({ offset: next, time, event: bytes.subarray(at, newline) }));
      at = newline + 1;
    }
    lines.push(writer.check());
    yield Buffer.concat(lines);
  }
  const isShorter = reader.state.end.offset < end.offset;
  if (isShorter || gapsOf(reader.state) !== saidOfGaps) throw changedMeanwhile(topic);
  yield writer.end(end.offset);
}

/** Where events may be missing. */
function gapsOf({ lost, compacted }: TopicState): string {
  return JSON.stringify([lost, compacted]);
}

function changedMeanwhile(topic: string): MillraceError {
  return new MillraceError(
    'MILLRACE_SOURCE_CHANGED',
    `the topic "${topic}" was compacted or repaired while it was exported`,
    { hint: 'make the export again' },
  );
}
