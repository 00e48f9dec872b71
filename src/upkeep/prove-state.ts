import { systemCode } from '../base/errors.ts';
import type { Disk } from '../store/disk.ts';
import {
  applyRecord,
  EMPTY_TOPIC,
  emptyJob,
  emptyTopic,
  type FrameRow,
  type JobState,
  type SealedRow,
  type TopicState,
} from '../store/job-state.ts';
import { layout, segmentOf } from '../store/layout.ts';
import { rebuildIndex } from '../store/rebuild-index.ts';
import { openSegment } from '../store/open-segment.ts';
import { type Evidence, presentTopic, toldOf } from './present-forms.ts';
import { rowsByIndexes } from './rows-by-indexes.ts';
import type { JournalScan, ProvenRecord } from './scan-journal.ts';

/**
 * What the records of a job add up to where some are missing.
 *
 * Three things vouch for events whose own record is lost: the index of a sealed segment, which has a checksum of its own;
 * the end of the last segment in a later record, whose checksum covers the segment from its start; and for the positions
 * of the sources the account, because the lines before all positions are as many as were read.
 */

export interface Proven {
  readonly state: JobState;
  /** Whether the positions of all sources are known to be those of the last commit. */
  readonly positionsProven: boolean;
  /** Of topics whose last segment is only there as a part of a compressed one: the row of that. */
  readonly packedEnds: ReadonlyMap<string, SealedRow>;
}

/**
 * `owned` are the topics that belong to the job by their own word. Where `count` is given the state is that of so many records,
 * all of them proven; what the others say of segments still counts, because it was done to their files.
 */
export async function proveState(
  disk: Disk,
  store: string,
  { records, damaged }: Pick<JournalScan, 'records' | 'damaged'>,
  owned: readonly string[],
  count = records.length,
): Promise<Proven> {
  const state = emptyJob();
  let before: JobState | undefined;
  for (const { record, afterGap } of records.slice(0, count)) {
    if (afterGap) before ??= copyOf(state);
    applyRecord(state, record);
  }
  const packedEnds = new Map<string, SealedRow>();
  const isAllTold = records.length > 0 && damaged.length === 0;
  if (isAllTold && count === records.length) return { state, positionsProven: true, packedEnds };
  const isBridged = before !== undefined || records.length === 0;
  for (const topic of new Set([...state.topics.keys(), ...(isBridged ? owned : [])])) {
    const evidence = {
      told: toldOf(records, topic),
      indexed: await rowsByIndexes(disk, store, topic),
      isAllTold,
    };
    const after = state.topics.get(topic);
    const known = before?.topics.get(topic) ?? emptyTopic();
    const bridged = isBridged ? await bridge(disk, store, topic, known, after, evidence) : after!;
    if (bridged.end.offset === 0) continue;
    const present = await presentTopic(disk, store, topic, bridged, evidence);
    state.topics.set(topic, present.state);
    if (present.packedEnd !== undefined) packedEnds.set(topic, present.packedEnd);
  }
  return { state, positionsProven: !isBridged || arePositionsAll(state) || hadNone(records), packedEnds };
}

/** Whether the job has only ever read what cannot be read again, and has no positions. */
function hadNone(records: readonly ProvenRecord[]): boolean {
  const isBegun = records.length > 0 && !records[0]!.afterGap;
  return isBegun && records.every(({ record }) => Object.keys(record.sources).length === 0);
}

function copyOf(state: JobState): JobState {
  return structuredClone(state);
}

/** Whether the lines before the positions are as many as the account says were read. */
function arePositionsAll({ sources, account }: JobState): boolean {
  const positions = Object.values(sources) as readonly ({ readonly line?: unknown } | null)[];
  const lines = positions.map(position => position?.line);
  if (lines.length === 0 || !lines.every(line => typeof line === 'number')) return false;
  return lines.reduce((sum, line) => sum + line, 0) === account.read + account.blank;
}

/** What is proven of a topic, from what was known before the gap and what is known after it. */
async function bridge(
  disk: Disk,
  store: string,
  topic: string,
  before: TopicState,
  after: TopicState | undefined,
  { told, indexed: all }: Evidence,
): Promise<TopicState> {
  if (after !== undefined && after.end.offset === before.end.offset) return before;
  const sealed = before.sealed.filter(([segment]) => segment < before.end.segment);
  const isKnown = before.end.offset > 0;
  // Only the first record of a file tells of new editions: any that it does not are left of a repair that was not finished.
  const indexed = isKnown ? all.filter(row => row[6]?.edition === undefined) : all;
  const earliest = isKnown
    ? before.earliest
    : Math.max(told.earliest, await firstSegment(disk, store, topic));
  const end = after?.end;
  let next = isKnown ? before.end.segment : earliest;
  while (end === undefined ? (indexed.at(-1)?.[0] ?? -1) >= next : next < end.segment) {
    const row =
      told.rows.get(next) ??
      indexed.find(([segment]) => segment === next) ??
      unproven(next, end?.segment, indexed);
    sealed.push(row);
    next += row[2];
  }
  const last = end ?? { ...EMPTY_TOPIC, segment: next, offset: next };
  const frames = end === undefined ? [] : await framesOfLast(disk, store, topic, before, after!);
  return {
    ...before,
    ...(after?.compacted && { compacted: after.compacted }),
    sealed,
    frames,
    end: last,
    earliest,
  };
}

/** A row for a segment of which nothing is known but where it begins, and where the next one does. */
function unproven(segment: number, end: number | undefined, indexed: readonly SealedRow[]): SealedRow {
  const next = indexed.find(([of]) => of > segment)?.[0] ?? end!;
  return [segment, 0, next - segment, 'unproven', 0, 0];
}

/** Where a topic begins of which nothing is known but its files. */
async function firstSegment(disk: Disk, store: string, topic: string): Promise<number> {
  const segments = (await disk.list(layout.topic(store, topic))).flatMap(name => segmentOf(name) ?? []);
  return segments.reduce((first, segment) => Math.min(first, segment), segments[0] ?? 0);
}

/** The frames of the last segment: those of the journal if none is missing, or its content cut anew. */
async function framesOfLast(
  disk: Disk,
  store: string,
  topic: string,
  before: TopicState,
  { end, frames, sealed }: TopicState,
): Promise<FrameRow[]> {
  const { segment, bytes, offset, crc } = end;
  const own = frames.filter(([of]) => of === segment);
  if (own.reduce((sum, frame) => sum + frame[1], 0) === bytes) return own;
  const time = own.at(-1)?.[4] ?? sealed.at(-1)?.[5] ?? 0;
  const row: SealedRow = [segment, bytes, offset - segment, crc, time, time];
  const again = await framesAgain(disk, store, topic, row);
  if (again !== undefined) return again;
  const early = before.end.segment === segment ? before.frames.filter(([of]) => of === segment) : [];
  const [earlyBytes, earlyEvents] = [sumOf(early, 1), sumOf(early, 2)];
  return [...early, [segment, bytes - earlyBytes, offset - segment - earlyEvents, crc, time]];
}

async function framesAgain(
  disk: Disk,
  store: string,
  topic: string,
  row: SealedRow,
): Promise<FrameRow[] | undefined> {
  try {
    const file = await openSegment(disk, store, topic, row[0]);
    const { frames } = await rebuildIndex(file, topic, row).finally(() => file.close());
    return [...frames];
  } catch (error) {
    if (systemCode(error)?.startsWith('MILLRACE_STORE_') === true) return undefined;
    throw error;
  }
}

function sumOf(frames: readonly FrameRow[], column: 1 | 2): number {
  return frames.reduce((sum, frame) => sum + frame[column], 0);
}
