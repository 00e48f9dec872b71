/**
 * What the journal of a job says: its records, and the state that they add up to.
 *
 * Writers and readers fold the same records with the same function, so that what a reader sees is what the writer
 * would recover to.
 */

/** The end of a topic: the segment it is in, and how much of it counts. */
export interface TopicEnd {
  /** Offset of the segment's first event, which is also its name. */
  readonly segment: number;
  readonly bytes: number;
  /** The offset that the next event will have. */
  readonly offset: number;
  /** CRC-32 of the segment's committed bytes, in hexadecimal. */
  readonly crc: string;
}

/** A run of events in a segment: its segment, bytes, events, the segment's CRC up to its end, commit time in ms. */
export type FrameRow = readonly [segment: number, bytes: number, events: number, crc: string, time: number];

/** What a sealed segment has become since it was written; what is not there does not apply. */
export interface SegmentForm {
  /** Size of the file, where it is compressed. */
  readonly gzip?: number;
  /** The number of the compaction that wrote it. */
  readonly edition?: number;
  /** How many of the lines are events; the others are empty, and stand for events that compaction has taken out. */
  readonly kept?: number;
}

/** A segment that nothing is added to any more: its plain bytes, its lines, and the form in which it is kept. */
export type SealedRow = readonly [
  segment: number,
  bytes: number,
  events: number,
  crc: string,
  firstTime: number,
  lastTime: number,
  form?: SegmentForm,
];

/** That a topic was compacted: events before `to` may be gone, by this key or by one of an earlier compaction. */
export interface Compacted {
  readonly key: string;
  readonly to: number;
  /** How often it was. */
  readonly edition: number;
}

export interface TopicRecord {
  readonly end: TopicEnd;
  readonly frames: readonly FrameRow[];
  /** In a snapshot all of them; in a commit those that have another form now. */
  readonly sealed?: readonly SealedRow[];
  /** The lowest offset that is kept, where that has changed. */
  readonly earliest?: number;
  readonly compacted?: Compacted;
  /** Offsets whose events a repair has cut out, each from the first to the one behind the last. */
  readonly lost?: readonly LostRange[];
}

export type LostRange = readonly [from: number, to: number];

/** Events by what became of them, from the job's start. */
export interface Account {
  readonly read: number;
  readonly blank: number;
  readonly kept: number;
  readonly dropped: number;
  readonly dead: number;
  readonly written: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** One line of the journal. A snapshot stands for all records before it; a commit adds to them. */
export interface JournalRecord {
  readonly seq: number;
  readonly kind: 'snapshot' | 'commit';
  /** Milliseconds since 1970. */
  readonly time: number;
  /** How often the job was started over. */
  readonly epoch: number;
  readonly sources: Readonly<Record<string, unknown>>;
  readonly topics: Readonly<Record<string, TopicRecord>>;
  readonly account: Account;
  /** The version of the handler that has handled the events since the record before; absent where there is none. */
  readonly handler?: string;
}

export interface TopicState {
  end: TopicEnd;
  sealed: SealedRow[];
  /** Frames of the last segment, and of sealed ones that have no index yet, in order. */
  frames: FrameRow[];
  /** The lowest offset that is kept. */
  earliest: number;
  compacted?: Compacted;
  lost?: readonly LostRange[];
}

export interface JobState {
  seq: number;
  time: number;
  epoch: number;
  sources: Record<string, unknown>;
  topics: Map<string, TopicState>;
  account: Account;
  handler: string | undefined;
}

/**
 * Stands among the sources where a repair could not tell how far they were read, or has cut changes out of the state of keys:
 * the job must not go on as if it had all that belongs to its positions.
 */
export const POSITIONS_LOST = 'repair:positions-lost';

/** Its value where only state is lost. */
export const STATE_LOST = 'state';

export function havePositions({ sources }: Pick<JobState, 'sources'>): boolean {
  return sources[POSITIONS_LOST] === undefined;
}

/** Whether the positions are there, and only state that belongs to them is not. */
export function isOnlyStateLost({ sources }: Pick<JobState, 'sources'>): boolean {
  return sources[POSITIONS_LOST] === STATE_LOST;
}

export const EMPTY_TOPIC: TopicEnd = { segment: 0, bytes: 0, offset: 0, crc: '00000000' };

export const EMPTY_ACCOUNT: Account = {
  read: 0,
  blank: 0,
  kept: 0,
  dropped: 0,
  dead: 0,
  written: 0,
  bytesRead: 0,
  bytesWritten: 0,
};

export function emptyJob(): JobState {
  return {
    seq: -1,
    time: 0,
    epoch: 0,
    sources: {},
    topics: new Map(),
    account: EMPTY_ACCOUNT,
    handler: undefined,
  };
}

export function emptyTopic(): TopicState {
  return { end: EMPTY_TOPIC, sealed: [], frames: [], earliest: 0 };
}

/** How many events of a topic are there: those that retention has taken, or compaction taken out, are not. */
export function eventsIn({ sealed, end }: Pick<TopicState, 'sealed' | 'end'>): number {
  return sealed.reduce((sum, row) => sum + (row[6]?.kept ?? row[2]), end.offset - end.segment);
}

/** Adds `record` to `state`. */
export function applyRecord(state: JobState, record: JournalRecord): void {
  state.seq = record.seq;
  state.time = record.time;
  state.epoch = record.epoch;
  state.account = record.account;
  state.handler = record.handler;
  if (record.kind === 'snapshot') {
    state.sources = { ...record.sources };
    state.topics = new Map();
  } else {
    for (const [id, position] of Object.entries(record.sources)) {
      if (position === null) delete state.sources[id];
      else state.sources[id] = position;
    }
  }
  for (const [name, topic] of Object.entries(record.topics)) {
    const known = state.topics.get(name) ?? emptyTopic();
    state.topics.set(name, known);
    if (record.kind === 'snapshot') known.sealed = [...(topic.sealed ?? [])];
    applyTopic(known, topic);
    if (record.kind === 'commit') for (const row of topic.sealed ?? []) replaceRow(known.sealed, row);
  }
}

function applyTopic(topic: TopicState, record: TopicRecord): void {
  const { end, frames, earliest, compacted, lost } = record;
  const rolled = end.segment > topic.end.segment;
  // One by one: there may be more of them than a call can have arguments.
  for (const frame of frames) topic.frames.push(frame);
  topic.end = end;
  if (rolled) sealFrames(topic);
  if (compacted !== undefined) topic.compacted = compacted;
  if (lost !== undefined) topic.lost = lost;
  if (earliest === undefined) return;
  topic.earliest = earliest;
  topic.sealed = topic.sealed.filter(([segment]) => segment >= earliest);
  topic.frames = topic.frames.filter(([segment]) => segment >= earliest);
}

/** Makes rows of the segments before the last one that have none yet. */
function sealFrames(topic: TopicState): void {
  const lastSealed = topic.sealed.at(-1)?.[0] ?? -1;
  const left = topic.frames
    .map(([segment]) => segment)
    .filter(at => at > lastSealed && at < topic.end.segment);
  for (const segment of new Set(left)) topic.sealed.push(sealedRow(segment, topic.frames));
}

function replaceRow(sealed: SealedRow[], row: SealedRow): void {
  const at = sealed.findIndex(([segment]) => segment === row[0]);
  if (at >= 0) sealed[at] = row;
}

/** Sums up the frames of one segment. Its last time is the latest: the clock may have been set back. */
export function sealedRow(segment: number, frames: readonly FrameRow[]): SealedRow {
  const own = frames.filter(frame => frame[0] === segment);
  const bytes = own.reduce((sum, frame) => sum + frame[1], 0);
  const events = own.reduce((sum, frame) => sum + frame[2], 0);
  const lastTime = own.reduce((latest, frame) => Math.max(latest, frame[4]), 0);
  return [segment, bytes, events, own.at(-1)![3], own[0]![4], lastTime];
}

/** The highest edition of a topic's segments: a new one has the next, whoever writes it, so that no file takes the place of another. */
export function latestEdition({ sealed, compacted }: Pick<TopicState, 'sealed' | 'compacted'>): number {
  return sealed.reduce((latest, row) => Math.max(latest, row[6]?.edition ?? 0), compacted?.edition ?? 0);
}

/** The record that stands for all of `state`. */
export function snapshotOf(state: JobState): JournalRecord {
  const { seq, time, epoch, sources, account, handler } = state;
  const topics = Object.fromEntries([...state.topics].map(([name, topic]) => [name, recordOf(topic)]));
  const own = handler !== undefined && { handler };
  return { seq: seq + 1, kind: 'snapshot', time, epoch, sources, topics, account, ...own };
}

function recordOf({ end, sealed, frames, earliest, compacted, lost }: TopicState): TopicRecord {
  return {
    end,
    sealed,
    frames,
    ...(earliest > 0 && { earliest }),
    ...(compacted !== undefined && { compacted }),
    ...(lost !== undefined && { lost }),
  };
}
