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

/** A segment that nothing is added to any more. */
export type SealedRow = readonly [
  segment: number,
  bytes: number,
  events: number,
  crc: string,
  firstTime: number,
  lastTime: number,
];

export interface TopicRecord {
  readonly end: TopicEnd;
  readonly frames: readonly FrameRow[];
  /** In snapshots only. */
  readonly sealed?: readonly SealedRow[];
}

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
}

export interface TopicState {
  end: TopicEnd;
  sealed: SealedRow[];
  /** Frames of the last segment, and of sealed ones that have no index yet, in order. */
  frames: FrameRow[];
}

export interface JobState {
  seq: number;
  time: number;
  epoch: number;
  sources: Record<string, unknown>;
  topics: Map<string, TopicState>;
  account: Account;
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
  return { seq: -1, time: 0, epoch: 0, sources: {}, topics: new Map(), account: EMPTY_ACCOUNT };
}

export function emptyTopic(): TopicState {
  return { end: EMPTY_TOPIC, sealed: [], frames: [] };
}

/** Adds `record` to `state`. */
export function applyRecord(state: JobState, record: JournalRecord): void {
  state.seq = record.seq;
  state.time = record.time;
  state.epoch = record.epoch;
  state.account = record.account;
  if (record.kind === 'snapshot') {
    state.sources = { ...record.sources };
    state.topics = new Map();
  } else {
    for (const [id, position] of Object.entries(record.sources)) {
      if (position === null) delete state.sources[id];
      else state.sources[id] = position;
    }
  }
  for (const [name, topic] of Object.entries(record.topics)) applyTopic(state, name, topic);
}

function applyTopic(state: JobState, name: string, record: TopicRecord): void {
  const topic = state.topics.get(name) ?? emptyTopic();
  state.topics.set(name, topic);
  if (record.sealed !== undefined) topic.sealed = [...record.sealed];
  topic.frames.push(...record.frames);
  topic.end = record.end;
  const lastSealed = topic.sealed.at(-1)?.[0] ?? -1;
  const left = topic.frames
    .map(([segment]) => segment)
    .filter(at => at > lastSealed && at < record.end.segment);
  for (const segment of new Set(left)) topic.sealed.push(sealedRow(segment, topic.frames));
}

/** Sums up the frames of one segment. Its last time is the latest: the clock may have been set back. */
export function sealedRow(segment: number, frames: readonly FrameRow[]): SealedRow {
  const own = frames.filter(frame => frame[0] === segment);
  const bytes = own.reduce((sum, frame) => sum + frame[1], 0);
  const events = own.reduce((sum, frame) => sum + frame[2], 0);
  const lastTime = own.reduce((latest, frame) => Math.max(latest, frame[4]), 0);
  return [segment, bytes, events, own.at(-1)![3], own[0]![4], lastTime];
}

/** The record that stands for all of `state`. */
export function snapshotOf(state: JobState): JournalRecord {
  const { seq, time, epoch, sources, account } = state;
  const topics = Object.fromEntries(state.topics);
  return { seq: seq + 1, kind: 'snapshot', time, epoch, sources, topics, account };
}
