import { KEYS_BYTES_MAX, SEGMENT_BYTES } from '../base/limits.ts';
import { parsePath, type ValuePath } from '../kernel/path.ts';
import { PathScanner, valueText } from '../kernel/scan.ts';
import type { Disk } from './disk.ts';
import { EditionWriter, type KeptLine } from './edition-writer.ts';
import { diskError } from './failure.ts';
import type { Frame } from './frame.ts';
import { type JobLog, openToKeep } from './job-log.ts';
import type { SealedRow } from './job-state.ts';
import type { Cut } from './recovery.ts';
import { bytesOnDisk, eventsIn } from './retention.ts';
import { TopicReader } from './topic-reader.ts';

/**
 * Compaction: of the events in sealed segments only the last of each key stays, and those that have no key. Offsets stay what
 * they are; an event that is superseded by one in the last segment goes as well.
 *
 * The last offset of each key is held in memory, which is bounded: where there are more keys than fit, the topic is gone
 * over in several rounds. A round knows the keys of a stretch of the topic, and takes out what an event in that stretch
 * supersedes, before it and in it. Each round is recorded by itself.
 */

export interface CompactOptions {
  /** The path of the key. */
  readonly key: string;
  /** Whether the last event of its key is to go as well; `keyEnd` is where the value of the key ends in it. */
  readonly isTombstone?: (line: Uint8Array, keyEnd: number) => boolean;
  /** Memory for keys; by default what limits.ts says. */
  readonly keysBytesMax?: number;
  readonly segmentBytesMax?: number;
}

export interface Compacted {
  readonly eventsBefore: number;
  readonly events: number;
  readonly bytesBefore: number;
  readonly bytes: number;
  readonly cuts: readonly Cut[];
}

/** What an entry of a map takes besides its key. */
const ENTRY_BYTES = 64;

/** Rejects with MILLRACE_TOPIC_NOT_FOUND, and with MILLRACE_STORE_LOCKED while the job of the topic is at work. */
export async function compact(
  disk: Disk,
  store: string,
  topic: string,
  options: CompactOptions,
): Promise<Compacted> {
  const { job } = await TopicReader.open(disk, store, topic);
  const log = await openToKeep(disk, store, job);
  try {
    return await compactIn(log, disk, store, topic, options);
  } catch (error) {
    throw diskError('MILLRACE_STORE_WRITE', `the store "${store}"`, error);
  } finally {
    await log.close();
  }
}

async function compactIn(
  log: JobLog,
  disk: Disk,
  store: string,
  topic: string,
  options: CompactOptions,
): Promise<Compacted> {
  const before = figuresOf(log.stateOf(topic).sealed);
  const { end, earliest, sealed } = log.stateOf(topic);
  // After a repair or an import the last segment with anything in it is a sealed one: a topic must not end in a gap.
  const last = end.bytes > 0 ? end.segment : (sealed.at(-1)?.[0] ?? end.segment);
  for (let from = earliest; from < end.offset; ) {
    const reader = await TopicReader.open(disk, store, topic);
    const latest = new LatestOffsets(options);
    from = await latest.learn(reader, from);
    await compactRound({ disk, store, log, reader, latest, options }, Math.min(from, last));
  }
  const { events, bytes } = figuresOf(log.stateOf(topic).sealed);
  const open = { events: end.offset - end.segment, bytes: end.bytes };
  return {
    eventsBefore: before.events + open.events,
    events: events + open.events,
    bytesBefore: before.bytes + open.bytes,
    bytes: bytes + open.bytes,
    cuts: log.cuts,
  };
}

interface Round {
  readonly disk: Disk;
  readonly store: string;
  readonly log: JobLog;
  readonly reader: TopicReader;
  readonly latest: LatestOffsets;
  readonly options: CompactOptions;
}

/** Takes out of the segments before `to` what the keys that are known supersede. */
async function compactRound({ disk, store, log, reader, latest, options }: Round, to: number): Promise<void> {
  const { topic } = reader;
  const { sealed, compacted } = reader.state;
  // A repair counts editions as well.
  const editions = sealed.map(row => row[6]?.edition ?? 0);
  const edition = Math.max(compacted?.edition ?? 0, ...editions) + 1;
  const { segmentBytesMax = SEGMENT_BYTES } = options;
  const writer = new EditionWriter(disk, store, topic, edition, segmentBytesMax);
  /** Rows that stay, each with how many new segments stand before it. */
  const staying: { readonly row: SealedRow; readonly after: number }[] = [];
  try {
    for (const row of sealed) {
      const isWhole = row[0] >= to || !(await hasSuperseded(reader, row, latest));
      if (isWhole && (!writer.isOpen || row[0] >= to || 2 * row[1] >= segmentBytesMax)) {
        await writer.end();
        staying.push({ row, after: writer.rows.length });
        continue;
      }
      for await (const frame of framesOf(reader, row)) {
        await writer.add(frame.bytes, latest.keptLines(frame), frame.time);
      }
    }
    await writer.end();
  } finally {
    await writer.close();
  }
  if (staying.length === sealed.length) return;
  const rows = [...writer.rows];
  for (const { row, after } of staying.reverse()) rows.splice(after, 0, row);
  const last = sealed.at(-1)!;
  const reached = Math.min(to, last[0] + last[2]);
  // By another key, or in a run that was interrupted, events may be gone already that lie further on.
  const furthest = Math.max(reached, compacted?.to ?? 0);
  await log.replaceSealed(topic, rows, { key: options.key, to: furthest, edition });
}

async function hasSuperseded(reader: TopicReader, row: SealedRow, latest: LatestOffsets): Promise<boolean> {
  for await (const frame of framesOf(reader, row)) if (latest.hasSuperseded(frame)) return true;
  return false;
}

async function* framesOf(
  reader: TopicReader,
  [segment, , events]: SealedRow,
): AsyncGenerator<Frame, void, void> {
  for await (const frame of reader.frames(segment)) {
    if (frame.offset >= segment + events) return;
    yield frame;
  }
}

/** The last offset of each key in a stretch of the topic. */
class LatestOffsets {
  readonly #path: ValuePath;
  readonly #scanner: PathScanner;
  readonly #isTombstone: NonNullable<CompactOptions['isTombstone']>;
  readonly #bytesMax: number;
  readonly #offsets = new Map<string, number>();
  #bytes = 0;

  constructor({ key, isTombstone = () => false, keysBytesMax = KEYS_BYTES_MAX }: CompactOptions) {
    this.#path = parsePath(key);
    this.#scanner = new PathScanner(this.#path);
    this.#isTombstone = isTombstone;
    this.#bytesMax = keysBytesMax;
  }

  /** Learns the keys from the offset `from` on; gives the offset before which it knows all of them. */
  async learn(reader: TopicReader, from: number): Promise<number> {
    for await (const frame of reader.frames(from)) {
      for (const { key, offset } of this.#lines(frame)) {
        if (key === undefined || offset < from) continue;
        if (!this.#offsets.has(key)) {
          // One at least, so that there is an end to it.
          if (this.#bytes >= this.#bytesMax && this.#offsets.size > 0) return offset;
          this.#bytes += 2 * key.length + ENTRY_BYTES;
        }
        this.#offsets.set(key, offset);
      }
    }
    return reader.state.end.offset;
  }

  hasSuperseded(frame: Frame): boolean {
    for (const line of this.#lines(frame)) if (this.#goes(frame, line)) return true;
    return false;
  }

  keptLines(frame: Frame): KeptLine[] {
    const kept: KeptLine[] = [];
    for (const line of this.#lines(frame)) {
      const { start, end, offset } = line;
      if (!this.#goes(frame, line)) kept.push({ start, end, offset });
    }
    return kept;
  }

  #goes({ bytes }: Frame, { key, keyEnd, start, end, offset }: Line): boolean {
    const latest = key === undefined ? undefined : this.#offsets.get(key);
    if (latest === undefined || latest < offset) return false;
    return latest > offset || this.#isTombstone(bytes.subarray(start, end), keyEnd - start);
  }

  /** The lines that are not empty. */
  *#lines({ bytes, offset: first }: Frame): Generator<Line, void, void> {
    for (let start = 0, offset = first; start < bytes.length; offset++) {
      const newline = this.#scanner.scanLine(bytes, start);
      const key = valueText(this.#scanner, bytes);
      const end = newline + 1;
      if (end - start > 1) yield { key, keyEnd: this.#scanner.valueEnd, start, end, offset };
      start = end;
    }
  }
}

interface Line extends KeptLine {
  readonly key: string | undefined;
  readonly keyEnd: number;
}

function figuresOf(sealed: readonly SealedRow[]): { readonly events: number; readonly bytes: number } {
  return {
    events: sealed.reduce((sum, row) => sum + eventsIn(row), 0),
    bytes: sealed.reduce((sum, row) => sum + bytesOnDisk(row), 0),
  };
}

/** Compresses the sealed segments of the job's topics that are not yet; gives what the topic takes of the disk after that. */
export async function packSealed(
  disk: Disk,
  store: string,
  topic: string,
  interrupted: AbortSignal,
): Promise<number> {
  const { job } = await TopicReader.open(disk, store, topic);
  const log = await openToKeep(disk, store, job, { retain: undefined, compress: true });
  try {
    await log.settle(interrupted);
    const { sealed, end } = log.stateOf(topic);
    return figuresOf(sealed).bytes + end.bytes;
  } finally {
    await log.close();
  }
}
