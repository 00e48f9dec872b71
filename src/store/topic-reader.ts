import { crc32 } from 'node:zlib';
import { MillraceError } from '../base/errors.ts';
import { Gate } from '../base/gate.ts';
import { topicOfDead } from '../base/names.ts';
import type { Disk, DiskFile } from './disk.ts';
import { corrupt, diskError, tooShort } from './failure.ts';
import { emptyTopic, type FrameRow, type JobState, type SealedRow, type TopicState } from './job-state.ts';
import { digits, layout, numberOf, SEGMENT_ENDING, INDEX_ENDING } from './layout.ts';
import { openSegment } from './open-segment.ts';
import { crcOf, crcText } from './record.ts';
import { readIndex, rebuildFrames } from './segment-index.ts';
import { checkStore, ownerOf } from './store-file.ts';
import { JournalFollower } from './journal-follower.ts';

/**
 * The reading side of a store: committed events of a topic, checked, while another process may be writing.
 *
 * A reader takes the topic's end from the journal and never looks beyond it, so it sees no event that is not committed.
 */

/** How often a reader looks for commits that it was not told of. */
const LOOK_INTERVAL_MS = 1000;

/** A run of committed events, checked against its checksum. */
export interface Frame {
  /** The events, each ended by a newline. Valid until the next frame is asked for. */
  readonly bytes: Uint8Array;
  readonly events: number;
  /** Offset of the first. */
  readonly offset: number;
  /** When they were committed, in milliseconds since 1970. */
  readonly time: number;
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
      if (job === undefined) throw await notFound(disk, store, topic);
      return new TopicReader(disk, store, topic, job, await JournalFollower.open(disk, store, job));
    } catch (error) {
      throw diskError('MILLRACE_STORE_READ', `the store "${store}"`, error);
    }
  }

  /** The topic as of the last commit that `refresh` has seen. */
  get state(): TopicState {
    return stateOf(this.#journal.state, this.topic);
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

  /** The committed frames from the one on that holds `offset`; with `fromTime`, from the first committed at or after. */
  async *frames(offset: number, fromTime = 0): AsyncGenerator<Frame, void, void> {
    const { state } = this;
    const wanted = { offset, fromTime };
    try {
      for (const sealed of state.sealed) {
        const [segment, , events, , , lastTime] = sealed;
        if (segment + events <= offset || lastTime < wanted.fromTime) continue;
        yield* this.#segmentFrames(segment, await this.#framesOf(sealed, state), wanted);
      }
      const own = state.frames.filter(([segment]) => segment === state.end.segment);
      yield* this.#segmentFrames(state.end.segment, own, wanted);
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

  /** What is amiss in the topic's directory without harm to what is committed. */
  async strayFiles(): Promise<string[]> {
    try {
      return await this.#strayFiles();
    } catch (error) {
      throw diskError('MILLRACE_STORE_READ', `the topic "${this.topic}"`, error);
    }
  }

  async #strayFiles(): Promise<string[]> {
    const notes: string[] = [];
    const { sealed, end } = this.state;
    const known = new Set([...sealed.map(([segment]) => segment), end.segment]);
    for (const name of await this.#disk.list(layout.topic(this.#store, this.topic))) {
      const base = numberOf(name, SEGMENT_ENDING) ?? numberOf(name, INDEX_ENDING);
      if (base !== undefined && base < end.segment && !known.has(base))
        notes.push(`"${name}" belongs to no segment`);
    }
    for (const row of sealed) {
      if ((await readIndex(this.#disk, this.#store, this.topic, row)) === undefined) {
        notes.push(
          `the index of segment ${digits(row[0])} is missing or damaged; the next run makes it again`,
        );
      }
    }
    return notes;
  }

  async #framesOf(sealed: SealedRow, state: TopicState): Promise<readonly FrameRow[]> {
    const indexed = await readIndex(this.#disk, this.#store, this.topic, sealed);
    if (indexed !== undefined) return indexed;
    const known = state.frames.filter(([segment]) => segment === sealed[0]);
    if (known.length > 0) return known;
    const file = await openSegment(this.#disk, this.#store, this.topic, sealed[0]);
    return rebuildFrames(file, this.topic, sealed).finally(() => file.close());
  }

  async *#segmentFrames(
    segment: number,
    rows: readonly FrameRow[],
    wanted: { readonly offset: number; fromTime: number },
  ): AsyncGenerator<Frame, void, void> {
    if (rows.length === 0) return;
    const file = await openSegment(this.#disk, this.#store, this.topic, segment);
    try {
      let at = 0;
      let first = segment;
      let crc = 0;
      for (const [, bytes, events, crcAfter, time] of rows) {
        if (first + events > wanted.offset && time >= wanted.fromTime) {
          // All that follow are wanted: where the clock was set back since, their times are earlier.
          wanted.fromTime = 0;
          const frame = await this.#readFrame(file, segment, at, bytes, crc, crcAfter, first);
          yield { bytes: frame, events, offset: first, time };
        }
        at += bytes;
        first += events;
        crc = crcOf(crcAfter);
      }
    } finally {
      await file.close();
    }
  }

  async #readFrame(
    file: DiskFile,
    segment: number,
    at: number,
    length: number,
    crc: number,
    crcAfter: string,
    offset: number,
  ): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    const found = await file.read(bytes, at);
    if (found < length) {
      throw tooShort(
        `segment ${digits(segment)} of topic "${this.topic}" ends at byte ${at + found}, inside what was committed (offset ${offset})`,
      );
    }
    if (crcText(crc32(bytes, crc)) !== crcAfter) {
      throw corrupt(
        `topic "${this.topic}" is damaged at or after offset ${offset}, in segment ${digits(segment)} from byte ${at} on`,
      );
    }
    return bytes;
  }
}

function stateOf(job: JobState, topic: string): TopicState {
  return job.topics.get(topic) ?? emptyTopic();
}

/** The job whose journal says what is in `topic`; dead letters that there are none of can be read as well. */
async function readableOwner(disk: Disk, store: string, topic: string): Promise<string | undefined> {
  const owner = await ownerOf(disk, store, topic);
  const of = topicOfDead(topic);
  return owner === undefined && of !== undefined ? ownerOf(disk, store, of) : owner;
}

async function notFound(disk: Disk, store: string, topic: string): Promise<MillraceError> {
  const topics = await disk.list(layout.topics(store));
  const hint =
    topics.length === 0
      ? 'the store has no topics; --store names another one'
      : `there are: ${topics.join(', ')}`;
  return new MillraceError('MILLRACE_TOPIC_NOT_FOUND', `there is no topic "${topic}" in "${store}"`, {
    hint,
  });
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
