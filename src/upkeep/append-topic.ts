import { MillraceError } from '../base/errors.ts';
import type { Disk } from '../store/disk.ts';
import { diskError } from '../store/failure.ts';
import { JobLog } from '../store/job-log.ts';
import { ownerOf } from '../store/store-file.ts';
import { TopicReader } from '../store/topic-reader.ts';
import { badImport } from './envelope.ts';
import type { Imported } from './import-topic.ts';
import { type ImportBatch, ImportInput } from './read-import.ts';

/**
 * Adds what was exported, or plain NDJSON, to a topic that is there, in one commit of its job: all of it or nothing.
 *
 * Events with offsets are taken only where the topic ends. They get the time of this commit.
 */
export async function appendTopic(
  disk: Disk,
  store: string,
  topic: string,
  input: AsyncIterable<Uint8Array>,
  segmentBytesMax: number,
): Promise<Imported> {
  const job = await ownerOf(disk, store, topic);
  if (job === undefined) {
    throw new MillraceError(
      'MILLRACE_TOPIC_NOT_FOUND',
      `there is no topic "${topic}" in "${store}" to append to`,
      {
        hint: 'leave out --append to make it',
      },
    );
  }
  const log = await JobLog.open(disk, store, {
    job,
    topics: [topic],
    fresh: false,
    segmentBytesMax,
    sync: true,
  });
  try {
    const { offset } = (await TopicReader.open(disk, store, topic)).state.end;
    const imported = await ImportInput.open(input);
    if (imported.head !== undefined && imported.head.earliest !== offset)
      throw badImport(
        `the export begins at offset ${imported.head.earliest}, the topic "${topic}" ends at ${offset}`,
      );
    let [events, bytes] = [0, 0];
    for await (const batch of imported.batches(offset)) {
      await add(log, topic, batch, offset + events);
      events += batch.events;
      bytes += batch.lines.length;
    }
    await log.commit(Promise.resolve({}), added(log, events, bytes));
    return { events, bytes, earliest: offset, next: offset + events };
  } catch (error) {
    throw diskError('MILLRACE_STORE_WRITE', `the store "${store}"`, error);
  } finally {
    await log.close();
  }
}

/** `end` is where the topic ends before them. */
async function add(
  log: JobLog,
  topic: string,
  { lines, first, events, next }: ImportBatch,
  end: number,
): Promise<void> {
  if (first !== end || lines.includes('\n\n') || lines[0] === 0x0a)
    throw badImport(`events before offset ${next} are missing, which cannot be appended`);
  const writer = log.topic(topic);
  writer.append(lines, 0, lines.length);
  writer.endChunk(events);
  if (writer.full) await writer.written;
}

function added({ account }: JobLog, events: number, bytes: number): JobLog['account'] {
  const { read, kept, written, bytesRead, bytesWritten } = account;
  return {
    ...account,
    read: read + events,
    kept: kept + events,
    written: written + events,
    bytesRead: bytesRead + bytes,
    bytesWritten: bytesWritten + bytes,
  };
}
