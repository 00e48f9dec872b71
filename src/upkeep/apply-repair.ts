import { type Disk, sizeOf, writeWhole } from '../store/disk.ts';
import {
  emptyTopic,
  latestEdition,
  type JournalRecord,
  type SealedRow,
  snapshotOf,
  type TopicState,
} from '../store/job-state.ts';
import { editionOf, layout, segmentName } from '../store/layout.ts';
import { quarantineCopy, quarantineFile, quarantineTail } from '../store/quarantine.ts';
import { sealLine } from '../store/record.ts';
import { type Cut, leftSegments, recoverTopic } from '../store/recovery.ts';
import { raiseVersion } from '../store/store-file.ts';
import type { TopicEntry } from './find-topics.ts';
import { joined } from './losses.ts';
import { mendSegment } from './mend-segment.ts';
import { type JobPlan, sourcesAfter } from './plan-repair.ts';
import { replaceJournal } from './replace-journal.ts';
import type { SegmentScan } from './scan-segment.ts';
import type { TopicScan } from './scan-topic.ts';

/**
 * Does what a plan says, for a job whose lock is held.
 *
 * Everything new is written beside the old, and made durable, and what will go is copied to the quarantine. Then one new
 * journal file, which is valid when its first line is whole, takes the place of the old one; and only then the old files go.
 * So a crash leaves the damaged store as it was or the repaired one, and the next repair, or the next run, does the rest.
 */
export async function applyPlan(disk: Disk, store: string, plan: JobPlan): Promise<readonly Cut[]> {
  for (const entry of plan.files) await writeOwner(disk, store, plan.job, entry);
  const topics = new Map<string, TopicState>();
  for (const scan of plan.topics) {
    const state = await mendTopic(disk, store, scan);
    if (state.end.offset > 0) topics.set(scan.topic, state);
  }
  const usesNew = [...topics.values()].some(
    ({ sealed, lost }) => lost !== undefined || sealed.some(row => row[6]),
  );
  if (usesNew) await raiseVersion(disk, store);
  const cuts: Cut[] = [];
  for (const scan of plan.topics)
    cuts.push(...(await keepLeft(disk, store, scan, topics.get(scan.topic) ?? emptyTopic())));
  const state = { ...plan.state, topics, sources: sourcesAfter(plan) };
  await switchJournal(disk, store, plan, snapshotOf(state));
  for (const { topic } of plan.topics)
    cuts.push(...(await recoverTopic(disk, store, topic, topics.get(topic) ?? emptyTopic())));
  return cuts;
}

async function writeOwner(
  disk: Disk,
  store: string,
  job: string,
  { topic, file }: TopicEntry,
): Promise<void> {
  const directory = layout.topic(store, topic);
  if (file === 'damaged')
    await quarantineCopy(disk, store, `${topic}.${layout.topicFile}`, `${directory}/${layout.topicFile}`);
  await disk.makeDirectory(directory);
  await disk.syncDirectory(layout.topics(store));
  await writeWhole(disk, directory, layout.topicFile, sealLine({ job }, 0).bytes);
}

/** Writes what is damaged of a topic anew; gives the state that says so. */
async function mendTopic(disk: Disk, store: string, scan: TopicScan): Promise<TopicState> {
  const { topic, state, segments } = scan;
  // Also behind those that nothing names: what is in them may be all that is left of a segment.
  const editions = (await disk.list(layout.topic(store, topic))).map(editionOf);
  const edition = 1 + editions.reduce((latest, one) => Math.max(latest, one), latestEdition(state));
  const sealed: SealedRow[] = [];
  let { frames, end } = state;
  for (const segment of segments) {
    const { place, surplusBytes } = segment;
    if (needsWriting(segment)) {
      sealed.push(await mendSegment(disk, store, segment, edition));
      frames = frames.filter(([of]) => of !== place.segment);
      if (place.row === undefined)
        end = { segment: end.offset, bytes: 0, offset: end.offset, crc: '00000000' };
    } else if (place.row !== undefined) {
      if (surplusBytes > 0) await cutSurplus(disk, store, topic, place.row);
      sealed.push(counted(place.row, segment));
    }
  }
  const lost = joined(
    state,
    segments.flatMap(segment => segment.lost),
  );
  return { ...state, sealed, frames, end, ...(lost.length > 0 && { lost }) };
}

/** Whether a segment has lost events, is something else than the journal says, or must be taken out of a longer one. */
function needsWriting({ place, lost, troubles, surplusBytes }: SegmentScan): boolean {
  return place.packedEnd !== undefined || lost.length > 0 || troubles.length > (surplusBytes > 0 ? 1 : 0);
}

/**
 * Copies the segments that go when `state` counts into the quarantine: those that are written anew, and those that no proven
 * record names, which are given.
 */
async function keepLeft(
  disk: Disk,
  store: string,
  { topic, segments }: TopicScan,
  state: TopicState,
): Promise<Cut[]> {
  const read = new Set(
    segments.map(({ place }) => segmentName(place.segment, (place.row ?? place.packedEnd)?.[6])),
  );
  const cuts: Cut[] = [];
  const names = await disk.list(layout.topic(store, topic));
  for (const name of leftSegments(names, state)) {
    const path = `${layout.topic(store, topic)}/${name}`;
    const bytes = await sizeOf(disk, path);
    if (bytes === 0) continue;
    await quarantineCopy(disk, store, `${topic}.${name}`, path);
    if (!read.has(name)) cuts.push({ what: `${topic}/${name}`, bytes });
  }
  return cuts;
}

/** The row with as many events as there are: one that was made from an index does not know. */
function counted(row: SealedRow, { events }: SegmentScan): SealedRow {
  const [segment, bytes, lines, crc, first, last, form] = row;
  if (form?.kept === undefined || form.kept === events) return row;
  return [segment, bytes, lines, crc, first, last, { ...form, kept: events }];
}

async function cutSurplus(disk: Disk, store: string, topic: string, row: SealedRow): Promise<void> {
  const [segment, bytes, , , , , form] = row;
  const file = await disk.open(layout.segment(store, topic, segment, form), 'update');
  try {
    await quarantineTail(disk, store, `${topic}.${segmentName(segment, form)}`, file, form?.gzip ?? bytes);
  } finally {
    await file.close();
  }
}

/** Begins a journal file with `snapshot`, and removes the others; damaged ones are in the quarantine before. */
async function switchJournal(
  disk: Disk,
  store: string,
  { job, scan }: JobPlan,
  snapshot: JournalRecord,
): Promise<void> {
  const directory = layout.journal(store, job);
  const { files, tornBytes } = scan.journal;
  if (scan.isDamaged || tornBytes > 0)
    for (const name of files) await quarantineCopy(disk, store, `${job}.${name}`, `${directory}/${name}`);
  await replaceJournal(disk, store, job, scan.journal, snapshot);
}

/** Moves all files of a topic that no job knows into the quarantine. */
export async function quarantineTopic(disk: Disk, store: string, topic: string): Promise<void> {
  const directory = layout.topic(store, topic);
  for (const name of await disk.list(directory))
    await quarantineFile(disk, store, `${topic}.${name}`, `${directory}/${name}`);
}
