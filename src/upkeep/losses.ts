import type { JournalRecord, TopicState } from '../store/job-state.ts';
import type { OffsetRange } from './finding.ts';
import type { ProvenRecord } from './scan-journal.ts';

/** What is lost of a topic, and as far as the journal says it: when it was committed, and of which sources it came. */

export interface Loss {
  readonly topic: string;
  readonly offsets: OffsetRange;
  /** When it was committed; undefined where that is not known. */
  readonly time?: number;
  readonly sources: readonly SourceLines[];
}

/** Lines of a source, from the first to the last. */
export interface SourceLines {
  readonly source: string;
  readonly from: number;
  readonly to: number;
}

/** The commits of the journal's file, each with where the topics ended before and after it. */
export interface Commit {
  readonly index: number;
  readonly record: JournalRecord;
  readonly before: ReadonlyMap<string, number>;
}

export function commitsOf(records: readonly ProvenRecord[]): Commit[] {
  const ends = new Map<string, number>();
  const commits: Commit[] = [];
  for (const [index, { record }] of records.entries()) {
    if (record.kind === 'commit') commits.push({ index, record, before: new Map(ends) });
    for (const [topic, { end }] of Object.entries(record.topics)) ends.set(topic, end.offset);
  }
  return commits;
}

/** Whether one of the ranges of a topic that are lost was committed by this. */
export function hasLost({ record, before }: Commit, topic: string, lost: readonly OffsetRange[]): boolean {
  const end = record.topics[topic]?.end.offset;
  if (end === undefined) return false;
  const start = before.get(topic) ?? 0;
  return lost.some(([from, to]) => from < end && to > start);
}

export function lossesOf(
  topic: string,
  lost: readonly OffsetRange[],
  records: readonly ProvenRecord[],
): Loss[] {
  const commits = commitsOf(records);
  return lost.map(offsets => {
    const own = commits.filter(commit => hasLost(commit, topic, [offsets]));
    const isKnown = own.length > 0 && (own[0]!.before.get(topic) ?? 0) <= offsets[0];
    if (!isKnown) return { topic, offsets, sources: [] };
    return { topic, offsets, time: own[0]!.record.time, sources: linesOf(own, records) };
  });
}

/** The lines of sources that these commits have read. */
function linesOf(commits: readonly Commit[], records: readonly ProvenRecord[]): SourceLines[] {
  const [first] = commits;
  const before: Record<string, unknown> = {};
  for (const { record } of records.slice(0, first!.index)) Object.assign(before, record.sources);
  const after: Record<string, unknown> = {};
  for (const { record } of commits) Object.assign(after, record.sources);
  return Object.entries(after).flatMap(([source, position]) => {
    const [from, to] = [lineOf(before[source]), lineOf(position)];
    return to > from ? [{ source, from: from + 1, to }] : [];
  });
}

function lineOf(position: unknown): number {
  const line = (position as { line?: unknown } | null | undefined)?.line;
  return typeof line === 'number' ? line : 0;
}

/** Takes ranges that were kept no more out of those that were lost, and adds others, in order and joined. */
export function joined(
  { lost = [], earliest }: Pick<TopicState, 'lost' | 'earliest'>,
  more: readonly OffsetRange[],
): OffsetRange[] {
  const all = [...lost, ...more].filter(([, to]) => to > earliest).sort(([a], [b]) => a - b);
  const result: OffsetRange[] = [];
  for (const [from, to] of all) {
    const last = result.at(-1);
    if (last !== undefined && last[1] >= from) result[result.length - 1] = [last[0], Math.max(last[1], to)];
    else result.push([from, to]);
  }
  return result;
}
