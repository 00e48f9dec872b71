import { MillraceError } from '../base/errors.ts';
import { Gate } from '../base/gate.ts';
import { topicOfDead } from '../base/names.ts';
import type { Disk } from './disk.ts';
import { diskError, noTopic, notKept, startedOver } from './failure.ts';
import type { Frame } from './frame.ts';
import { emptyTopic, type FrameRow, type SealedRow, type TopicState } from './job-state.ts';
import { JournalFollower } from './journal-follower.ts';
import { digits, layout } from './layout.ts';
import { openSegment } from './open-segment.ts';
import { rebuildIndex } from './rebuild-index.ts';
import { crcOf } from './record.ts';
import { segmentBytes, type SegmentBytes } from './segment-bytes.ts';
import { readIndex, type SegmentIndex } from './segment-index.ts';
import { type Run, RUNS_KEPT, type RunStart, runsOf } from './segment-runs.ts';
import { checkStore, ownerOf } from './store-file.ts';

/**
 * The reading side of a store: committed events of a topic, checked, while another process may be writing.
 *
 * A reader takes the topic's end from the journal and never looks beyond it, so it sees no event that is not committed.
 * Sealed segments may be compressed, compacted or removed under its feet. Where one is not as the journal said, it reads
 * the journal again, and goes on from the offset at which it was; only if nothing has changed it is damage.
 */

/** How often a reader looks for commits that it was not told of. */
const LOOK_INTERVAL_MS = 1000;

/** A run of frames of a topic. */
export interface TopicRun extends Run {
  /** Whether lines may be empty: their events were taken out by compaction. */
  readonly sparse: boolean;
}

/** Where a reader is: what has this offset, and was committed at or after this time, comes next. */
interface Cursor {
  offset: number;
  fromTime: number;
}

/** A segment, the offset at which it ends, and its row where it is sealed. */
interface Place {
  readonly segment: number;
  readonly endOffset: number;
  readonly row: SealedRow | undefined;
}

export class TopicReader {
  readonly topic: string;
  readonly job: string;
  readonly #disk: Disk;
  readonly #store: string;
  readonly #journal: JournalFollower;

  private constructor(disk: Disk, store: string, topic: string, job: string, journal: JournalFollower) {
    this.#disk = disk;
    this.#store = store;
    this.topic = topic;
    this.job = job;
    this.#journal = journal;
  }

  /** Opens a topic for reading; rejects with MILLRACE_TOPIC_NOT_FOUND. */
  static async open(disk: Disk, store: string, topic: string): Promise<TopicReader> {
    try {
      const job = (await checkStore(disk, store)) ? await readableOwner(disk, store, topic) : undefined;
      if (job === undefined) throw noTopic(store, topic, await disk.list(layout.topics(store)));
      return new TopicReader(disk, store, topic, job, await JournalFollower.open(disk, store, job));
    } catch (error) {
      throw diskError('MILLRACE_STORE_READ', `the store "${store}"`, error);
    }
  }

  /** The topic as of the last commit that `refresh` has seen. */
  get state(): TopicState {
    return this.#journal.state.topics.get(this.topic) ?? emptyTopic();
  }

  /** The offset at which reading from `offset` begins: 0 stands for the start of the topic, wherever that is by now. */
  startOf(offset: number): number {
    return offset === 0 ? this.state.earliest : offset;
  }

  /** How often the topic was emptied. */
  get epoch(): number {
    return this.#journal.state.epoch;
  }

  /** What the journal keeps for the sources of the job that writes the topic. */
  get positions(): Readonly<Record<string, unknown>> {
    return this.#journal.state.sources;
  }

  /** Looks for new commits; true where there are some. */
  async refresh(): Promise<boolean> {
    try {
      return await this.#journal.refresh();
    } catch (error) {
      throw diskError('MILLRACE_STORE_READ', `the store "${this.#store}"`, error);
    }
  }

  /**
   * The committed frames from the one on that holds `offset`, or from the earliest one; with `fromTime`, from the first
   * committed at or after. Rejects with MILLRACE_OFFSET_NOT_KEPT where retention has come before.
   */
  async *frames(offset?: number, fromTime = 0): AsyncGenerator<Frame, void, void> {
    for await (const { bytes, frames, offset: first, sparse } of this.runs(offset, fromTime)) {
      let at = 0;
      let next = first;
      for (const [, length, events, , time] of frames) {
        yield { bytes: bytes.subarray(at, at + length), events, offset: next, time, sparse };
        at += length;
        next += events;
      }
    }
  }

  /** The same, as many frames at a time as are read at once. */
  async *runs(offset?: number, fromTime = 0): AsyncGenerator<TopicRun, void, void> {
    const cursor = { offset: offset ?? this.state.earliest, fromTime };
    const { epoch } = this;
    let yielded = offset !== undefined;
    try {
      for (;;) {
        // Others may have looked into the journal meanwhile: what has these offsets now is something else.
        if (this.epoch !== epoch) throw startedOver(this.topic);
        if (!yielded) cursor.offset = Math.max(cursor.offset, this.state.earliest);
        const place = this.#placeOf(cursor);
        if (place === undefined) return;
        try {
          for await (const run of this.#segmentRuns(place, cursor)) {
            yielded = true;
            yield run;
          }
        } catch (error) {
          if (!isDamage(error) || !(await this.#hasMoved(place))) throw error;
        }
      }
    } catch (error) {
      throw diskError('MILLRACE_STORE_READ', `the topic "${this.topic}"`, error);
    }
  }

  /** Waits until something was committed since the last look, or `signal` is aborted. */
  async changed(signal?: AbortSignal): Promise<void> {
    const gate = new Gate();
    const unwatch = this.#disk.watch(layout.journal(this.#store, this.job), gate.open);
    // Some file systems tell nothing of changes.
    const timer = setInterval(gate.open, LOOK_INTERVAL_MS);
    signal?.addEventListener('abort', gate.open);
    try {
      for (;;) {
        if (signal?.aborted === true || (await this.refresh())) return;
        await gate.pass();
      }
    } finally {
      signal?.removeEventListener('abort', gate.open);
      clearInterval(timer);
      unwatch();
    }
  }

  /** The segment in which the cursor's next event is; undefined at the end. */
  #placeOf({ offset, fromTime }: Cursor): Place | undefined {
    const { sealed, end, earliest } = this.state;
    if (offset < earliest) throw notKept(this.topic, offset, earliest);
    if (offset >= end.offset) return undefined;
    const row = sealed.find(
      ([segment, , events, , , lastTime]) => segment + events > offset && lastTime >= fromTime,
    );
    return row === undefined
      ? { segment: end.segment, endOffset: end.offset, row }
      : { segment: row[0], endOffset: row[0] + row[2], row };
  }

  /** Whether a segment is not what it was any more, after a new look into the journal. */
  async #hasMoved(place: Place): Promise<boolean> {
    const { epoch } = this;
    await this.#journal.refresh();
    if (this.epoch !== epoch) throw startedOver(this.topic);
    const { sealed, end } = this.state;
    const row = sealed.find(([segment]) => segment === place.segment);
    if (row === undefined && place.row === undefined) return end.segment !== place.segment;
    return JSON.stringify(row) !== JSON.stringify(place.row);
  }

  async *#segmentRuns(place: Place, cursor: Cursor): AsyncGenerator<TopicRun, void, void> {
    const { bytes: segment, frames } = await this.#openPlace(place);
    const sparse = place.row?.[6]?.kept !== undefined;
    try {
      const start = startIn(place.segment, frames, cursor);
      for await (const run of runsOf(segment, frames, start, this.topic)) {
        cursor.offset = run.offset + run.frames.reduce((sum, [, , events]) => sum + events, 0);
        // All that follow are wanted: where the clock was set back since, their times are earlier.
        cursor.fromTime = 0;
        yield { ...run, sparse };
      }
      cursor.offset = Math.max(cursor.offset, place.endOffset);
    } finally {
      await segment.close();
    }
  }

  async #openPlace({ segment, row }: Place): Promise<{ bytes: SegmentBytes; frames: readonly FrameRow[] }> {
    const file = await openSegment(this.#disk, this.#store, this.topic, segment, row?.[6]);
    try {
      const index = await this.#indexOf(segment, row, () => rebuildIndex(file, this.topic, row!));
      const where = `segment ${digits(segment)} of topic "${this.topic}"`;
      return { bytes: segmentBytes(file, index, where, RUNS_KEPT), frames: index.frames };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #indexOf(
    segment: number,
    row: SealedRow | undefined,
    rebuild: () => Promise<SegmentIndex>,
  ): Promise<SegmentIndex> {
    const known = this.state.frames.filter(([of]) => of === segment);
    if (row === undefined) return { frames: known, members: undefined };
    const indexed = await readIndex(this.#disk, this.#store, this.topic, row);
    if (indexed !== undefined) return indexed;
    return known.length > 0 && row[6] === undefined ? { frames: known, members: undefined } : rebuild();
  }
}

/** The first frame that the cursor wants. */
function startIn(segment: number, frames: readonly FrameRow[], { offset, fromTime }: Cursor): RunStart {
  let start: RunStart = { frame: 0, at: 0, offset: segment, crc: 0 };
  for (const [index, [, length, events, crcAfter, time]] of frames.entries()) {
    if (start.offset + events > offset && time >= fromTime) break;
    start = { frame: index + 1, at: start.at + length, offset: start.offset + events, crc: crcOf(crcAfter) };
  }
  return start;
}

function isDamage(error: unknown): boolean {
  return (
    error instanceof MillraceError &&
    (error.code === 'MILLRACE_STORE_SHORT' || error.code === 'MILLRACE_STORE_CORRUPT')
  );
}

/** The job whose journal says what is in `topic`; dead letters that there are none of can be read as well. */
async function readableOwner(disk: Disk, store: string, topic: string): Promise<string | undefined> {
  const owner = await ownerOf(disk, store, topic);
  const of = topicOfDead(topic);
  return owner === undefined && of !== undefined ? ownerOf(disk, store, of) : owner;
}

/** Names of all topics in the store, sorted. */
export async function listTopics(disk: Disk, store: string): Promise<string[]> {
  try {
    if (!(await checkStore(disk, store))) return [];
    const names: string[] = [];
    for (const name of await disk.list(layout.topics(store))) {
      if ((await ownerOf(disk, store, name)) !== undefined) names.push(name);
    }
    return names;
  } catch (error) {
    throw diskError('MILLRACE_STORE_READ', `the store "${store}"`, error);
  }
}
