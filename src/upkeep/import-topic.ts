import { MillraceError } from '../base/errors.ts';
import type { Disk } from '../store/disk.ts';
import { diskError } from '../store/failure.ts';
import { EMPTY_ACCOUNT, emptyJob, snapshotOf, type TopicState } from '../store/job-state.ts';
import { layout } from '../store/layout.ts';
import { ensureStore, ensureTopic, ownerOf, raiseVersion } from '../store/store-file.ts';
import { holdJob } from './hold-job.ts';
import { ImportInput } from './read-import.ts';
import { removeFiles } from './remove-topics.ts';
import { replaceJournal } from './replace-journal.ts';
import { type JobScan, scanJob } from './scan-job.ts';
import { SegmentWriter } from './segment-writer.ts';

/**
 * Makes a topic of what was exported, or of plain NDJSON, with the offsets and times that it had.
 *
 * Its segments are written first, where nothing counts that no journal has; and the last thing is the one record that
 * says that they are there. Interrupted before that, the topic is empty and its job has read nothing: by that the next import
 * knows it, and starts over. What anything else has come to is never touched.
 */

export interface Imported {
  readonly events: number;
  readonly bytes: number;
  /** The offset of the first event, and the one that the next event will have. */
  readonly earliest: number;
  readonly next: number;
}

/** Imports `input` as the topic, of a job of the same name; rejects with MILLRACE_TOPIC_EXISTS or MILLRACE_IMPORT. */
export async function importTopic(
  disk: Disk,
  store: string,
  topic: string,
  input: AsyncIterable<Uint8Array>,
  segmentBytesMax: number,
): Promise<Imported> {
  try {
    await ensureStore(disk, store);
    return await holdJob(disk, store, topic, () => importHeld(disk, store, topic, input, segmentBytesMax));
  } catch (error) {
    throw diskError('MILLRACE_STORE_WRITE', `the store "${store}"`, error);
  }
}

async function importHeld(
  disk: Disk,
  store: string,
  topic: string,
  input: AsyncIterable<Uint8Array>,
  segmentBytesMax: number,
): Promise<Imported> {
  const owner = await ownerOf(disk, store, topic);
  const scan = await scanJob(disk, store, topic, owner === topic ? [topic] : []);
  checkFree(store, topic, owner, scan);
  const { journal } = scan;
  if (journal.records.length === 0)
    await replaceJournal(disk, store, topic, journal, snapshotOf({ ...emptyJob(), time: Date.now() }));
  await ensureTopic(disk, store, topic, topic);
  await removeUncommitted(disk, store, topic);
  const segments = new SegmentWriter(disk, store, topic, segmentBytesMax);
  try {
    const imported = await ImportInput.open(input);
    const { head } = imported;
    const earliest = head?.earliest ?? 0;
    for await (const batch of imported.batches(earliest)) await segments.add(batch);
    const { lost, compacted } = head ?? {};
    const written = await segments.end(head?.next ?? segments.next);
    const after: TopicState = {
      ...written,
      earliest,
      ...(lost && { lost }),
      ...(compacted && { compacted }),
    };
    const isPlain = earliest === 0 && lost === undefined && compacted === undefined;
    if (!isPlain) await raiseVersion(disk, store);
    await commit(disk, store, topic, after, segments.bytes);
    return { events: segments.events, bytes: segments.bytes, earliest, next: after.end.offset };
  } catch (error) {
    await segments.abandon();
    if (isInput(error)) await (owner === undefined ? removeFiles : removeUncommitted)(disk, store, topic);
    throw error;
  }
}

/** What an import has left that was interrupted, or whose input is bad: nothing of it counts. */
async function removeUncommitted(disk: Disk, store: string, topic: string): Promise<void> {
  const directory = layout.topic(store, topic);
  for (const name of await disk.list(directory))
    if (name !== layout.topicFile) await disk.remove(`${directory}/${name}`);
}

/** The one record that says that the topic is there. */
async function commit(
  disk: Disk,
  store: string,
  topic: string,
  after: TopicState,
  bytes: number,
): Promise<void> {
  const { state, journal } = await scanJob(disk, store, topic, []);
  const written = after.end.offset;
  const account = {
    ...EMPTY_ACCOUNT,
    read: written,
    kept: written,
    written,
    bytesRead: bytes,
    bytesWritten: bytes,
  };
  const topics = new Map([[topic, after]]);
  const next = { ...emptyJob(), seq: state.seq, epoch: state.epoch, time: Date.now(), topics, account };
  await replaceJournal(disk, store, topic, journal, snapshotOf(next));
}

/** Rejects with MILLRACE_TOPIC_EXISTS where the topic belongs to another job, or its own has more than an import leaves. */
function checkFree(store: string, topic: string, owner: string | undefined, job: JobScan): void {
  if ((owner === undefined || owner === topic) && isUnused(job)) return;
  const isJob = owner === undefined;
  throw new MillraceError(
    'MILLRACE_TOPIC_EXISTS',
    `there is a ${isJob ? 'job' : 'topic'} "${topic}" in "${store}" already`,
    {
      hint: `import it under another name, or remove that one first: millrace rm ${isJob ? '--job ' : ''}${topic}`,
    },
  );
}

/** A job that has written nothing may still have read its sources; and what a damaged one has done nobody knows. */
function isUnused({ isDamaged, state: { topics, sources, account, handler } }: JobScan): boolean {
  const hasCounted = Object.values(account).some(count => count > 0);
  const hasCommitted = hasCounted || handler !== undefined || Object.keys(sources).length > 0;
  return !isDamaged && !hasCommitted && topics.size === 0;
}

/** Whether the input is at fault, and not the store: then there is nothing to go on with. */
function isInput(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'MILLRACE_IMPORT';
}
