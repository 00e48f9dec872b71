import type { Disk } from '../../src/store/disk.ts';
import { JobLog } from '../../src/store/job-log.ts';
import type { JobLogOptions } from '../../src/store/open-job.ts';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { FaultyDisk } from './faulty-disk.ts';
import { emptyDisk, SMALL, STORE } from './store-scenario.ts';

/** A store for tests that look at one thing: short to fill, short to read. */

export function newDisk(): FaultyDisk {
  return new FaultyDisk(emptyDisk());
}

export function openLog(disk: Disk, options: Partial<JobLogOptions> = {}): Promise<JobLog> {
  return JobLog.open(disk, STORE, { ...SMALL, ...options });
}

/** Appends events, each as one JSON string, as one chunk. */
export function append(log: JobLog, topic: string, ...events: readonly string[]): void {
  const bytes = Buffer.from(events.map(event => `${JSON.stringify(event)}\n`).join(''), 'utf8');
  log.topic(topic).append(bytes, 0, bytes.length);
  log.topic(topic).endChunk(events.length);
}

export async function commit(log: JobLog, offset = 0): Promise<void> {
  await log.commit(Promise.resolve({ '/in': { offset } }), EMPTY_ACCOUNT);
}

/** Opens the job, commits the events one by one, and closes it. */
export async function writeEvents(
  disk: Disk,
  events: readonly string[],
  options: Partial<JobLogOptions> = {},
): Promise<void> {
  const log = await openLog(disk, options);
  for (const event of events) {
    append(log, 'out', event);
    await commit(log);
  }
  await log.close();
}

/** What a reader shows from `offset` and `fromTime` on: each event with its offset. */
export async function readEvents(
  disk: Disk,
  topic = 'out',
  offset = 0,
  fromTime = 0,
): Promise<(readonly [number, string])[]> {
  return eventsOf(await TopicReader.open(disk, STORE, topic), offset, fromTime);
}

export async function eventsOf(
  reader: TopicReader,
  offset = 0,
  fromTime = 0,
): Promise<(readonly [number, string])[]> {
  const events: (readonly [number, string])[] = [];
  for await (const frame of reader.frames(offset, fromTime)) {
    const lines = Buffer.from(frame.bytes).toString('utf8').trimEnd().split('\n');
    events.push(...lines.map((line, index) => [frame.offset + index, JSON.parse(line) as string] as const));
  }
  return events;
}

/** Replaces what is in a file, as if it had always been there. */
export function rewrite(disk: FaultyDisk, path: string, change: (content: Buffer) => Uint8Array): void {
  const file = disk.model.file(disk.model.lookup(path)!);
  file.content = change(Buffer.from(file.content));
  file.durable = file.content;
  file.pending = [];
}
