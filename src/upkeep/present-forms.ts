import { type Disk, sizeOf } from '../store/disk.ts';
import { EMPTY_TOPIC, type SealedRow, type SegmentForm, type TopicState } from '../store/job-state.ts';
import { indexName, layout, segmentName, segmentOf } from '../store/layout.ts';
import type { ProvenRecord } from './scan-journal.ts';

/**
 * What has become of a topic's segments since the records that its state was made of.
 *
 * A segment is compressed, and retention removes it, by records of their own. Where those are damaged, or come after the one
 * that is gone back to, the state says what was: its file is in another form now, or was given up. Bytes, events and checksum of
 * a segment are the same in every form, so what is taken for another form of it is checked like any other.
 */

/** What the records that can be read have ever said of a topic's segments, also those after a gap. */
export interface Told {
  readonly rows: ReadonlyMap<number, SealedRow>;
  /** The highest offset before which all was given up. */
  readonly earliest: number;
}

export function toldOf(records: readonly ProvenRecord[], topic: string): Told {
  const rows = new Map<number, SealedRow>();
  let earliest = 0;
  for (const { record } of records) {
    const told = record.topics[topic];
    for (const row of told?.sealed ?? []) rows.set(row[0], row);
    earliest = Math.max(earliest, told?.earliest ?? 0);
  }
  return { rows, earliest };
}

/** What is known of a topic besides its state. */
export interface Evidence {
  readonly told: Told;
  /** Rows that the indexes prove. */
  readonly indexed: readonly SealedRow[];
  /** Whether every record can be read, so that nothing was done to segments but what is told. */
  readonly isAllTold: boolean;
}

export interface PresentTopic {
  readonly state: TopicState;
  /** The row of the last segment's file, where more was added to it, and it was compressed: it begins with what counts. */
  readonly packedEnd: SealedRow | undefined;
}

export async function presentTopic(
  disk: Disk,
  store: string,
  topic: string,
  state: TopicState,
  evidence: Evidence,
): Promise<PresentTopic> {
  const names: ReadonlySet<string> = new Set(await disk.list(layout.topic(store, topic)));
  const sealed: SealedRow[] = [];
  for (const row of state.sealed) sealed.push(await presentRow(disk, store, topic, row, names, evidence));
  const { segment, bytes } = state.end;
  const isPlain = bytes === 0 || names.has(segmentName(segment));
  const packedEnd = isPlain ? undefined : packedRow(segment, names, evidence);
  const isEndThere = isPlain || packedEnd !== undefined;
  const told = Math.max(state.earliest, evidence.told.earliest);
  const earliest = evidence.isAllTold
    ? told
    : Math.max(told, keptFrom({ ...state, sealed }, names, isEndThere));
  return {
    state: without({ ...state, sealed }, earliest),
    packedEnd: earliest > segment ? undefined : packedEnd,
  };
}

/** The row in the form whose file is there: as it was told last, as the state has it, or as the files themselves say. */
async function presentRow(
  disk: Disk,
  store: string,
  topic: string,
  row: SealedRow,
  names: ReadonlySet<string>,
  { told, indexed }: Evidence,
): Promise<SealedRow> {
  const later = told.rows.get(row[0]);
  if (isSame(later, row) && isThere(later, names)) return later;
  if (isThere(row, names)) return row;
  const { gzip: _, ...plain }: SegmentForm = row[6] ?? {};
  if (names.has(segmentName(row[0], plain))) return inForm(row, plain);
  const packed = { ...plain, gzip: 0 };
  if (!names.has(segmentName(row[0], packed))) return row;
  const byIndex = indexed.find(other => isSame(other, row) && other[6]?.edition === plain.edition);
  const gzip = byIndex?.[6]?.gzip ?? (await sizeOf(disk, layout.segment(store, topic, row[0], packed)));
  return inForm(row, { ...plain, gzip });
}

function isSame(other: SealedRow | undefined, [segment, bytes, events, crc]: SealedRow): other is SealedRow {
  return other?.[0] === segment && other[1] === bytes && other[2] === events && other[3] === crc;
}

function isThere([segment, , , , , , form]: SealedRow, names: ReadonlySet<string>): boolean {
  return names.has(segmentName(segment, form));
}

function inForm([segment, bytes, events, crc, first, last]: SealedRow, form: SegmentForm): SealedRow {
  const row = [segment, bytes, events, crc, first, last] as const;
  return Object.keys(form).length === 0 ? row : [...row, form];
}

/** The row of a segment that was the last one, and is compressed now. */
function packedRow(
  segment: number,
  names: ReadonlySet<string>,
  { told, indexed }: Evidence,
): SealedRow | undefined {
  const rows = [...told.rows.values(), ...indexed].filter(
    ([of, , , , , , form]) => of === segment && form?.gzip !== undefined && form.edition === undefined,
  );
  return rows.find(row => isThere(row, names));
}

/**
 * Where what is kept begins, if records are missing that could have said so: retention removes the first segments with their
 * indexes. A segment that is gone while its index is there, or behind one that is there, was lost in another way.
 */
function keptFrom(
  { sealed, end, earliest }: TopicState,
  names: ReadonlySet<string>,
  isEndThere: boolean,
): number {
  const isGone = (row: SealedRow): boolean => !isThere(row, names) && !names.has(indexName(row[0], row[6]));
  const first = sealed.find(row => !isGone(row));
  if (first !== undefined) return first === sealed[0] ? earliest : first[0];
  if (isEndThere) return sealed.length === 0 ? earliest : end.segment;
  // The last segment was sealed before it was removed, so there must be a later one.
  const later = [...names].some(name => (segmentOf(name) ?? -1) > end.segment);
  return later && !names.has(indexName(end.segment)) ? end.offset : earliest;
}

/** The state without what lies before `earliest`, which may be all of it. */
function without(state: TopicState, earliest: number): TopicState {
  const { end, sealed, frames } = state;
  const isNothingLeft = earliest > end.segment;
  const first = Math.min(earliest, end.offset);
  return {
    ...state,
    end: isNothingLeft ? { ...EMPTY_TOPIC, segment: end.offset, offset: end.offset } : end,
    sealed: sealed.filter(([segment]) => segment >= first),
    frames: isNothingLeft ? [] : frames.filter(([segment]) => segment >= first),
    earliest: first,
  };
}
