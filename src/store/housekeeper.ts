import { isTopicToWrite } from '../base/names.ts';
import type { Disk } from './disk.ts';
import type { SealedRow, TopicRecord, TopicState } from './job-state.ts';
import { indexName, layout, segmentName } from './layout.ts';
import { openSegment } from './open-segment.ts';
import { packSegment } from './pack-segment.ts';
import { rebuildIndex } from './rebuild-index.ts';
import { earliestKept, type Retention } from './retention.ts';
import { readIndex } from './segment-index.ts';

/**
 * What is done to sealed segments in the background, while events are appended: removing what is not kept any more, and
 * compressing the rest, one segment after the other.
 *
 * In each the record comes first and the removal last: a process that dies on the way leaves files that no record names, and
 * recovery removes them. A failure is kept for whoever commits next, or closes.
 */

export interface Keeping {
  /** How much is kept of the topics to which events are written; dead letters and state are left alone. */
  readonly retain: Retention | undefined;
  /** Whether segments are compressed, those of all topics. */
  readonly compress: boolean;
}

export const KEEP_ALL: Keeping = { retain: undefined, compress: false };

/** The log, as far as it concerns its sealed segments. */
export interface SealedLog {
  readonly topics: ReadonlyMap<string, TopicState>;
  readonly isIndexed: (topic: string, segment: number) => boolean;
  /** Appends a record about sealed segments of `topic`, which is durable when this resolves. */
  readonly record: (topic: string, change: Pick<TopicRecord, 'sealed' | 'earliest'>) => Promise<void>;
}

export class Housekeeper {
  readonly #disk: Disk;
  readonly #store: string;
  readonly #keeping: Keeping;
  readonly #log: SealedLog;
  readonly #stopping = new AbortController();
  #working: Promise<void> | undefined;
  /** Whether there may be more to do than when the work under way was begun. */
  #again = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(disk: Disk, store: string, keeping: Keeping, log: SealedLog) {
    this.#disk = disk;
    this.#store = store;
    this.#keeping = keeping;
    this.#log = log;
  }

  /** Looks in the background for what is to be done, and does it. */
  start(): void {
    const { retain, compress } = this.#keeping;
    if (retain === undefined && !compress) return;
    this.#again = true;
    this.#working ??= this.#work()
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#working = undefined;
        // It was told of more at its very end.
        if (this.#again && this.#failure === undefined && !this.#stopping.signal.aborted) this.start();
      });
  }

  /** Throws what has gone wrong, once. */
  check(): void {
    const { failure } = { failure: this.#failure };
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  /** Resolves when nothing is left to do, or `interrupted` is aborted; rejects where something has gone wrong. */
  async settle(interrupted: AbortSignal): Promise<void> {
    const stop = (): void => this.#stopping.abort();
    interrupted.addEventListener('abort', stop);
    if (interrupted.aborted) stop();
    while (this.#working !== undefined) await this.#working;
    interrupted.removeEventListener('abort', stop);
    this.check();
  }

  /** Ends the work as soon as may be; what is half done is undone. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
    this.check();
  }

  /** Gives up the events of `topic` before `earliest`, which must be the first of a segment. */
  async dropBefore(topic: string, earliest: number): Promise<void> {
    const dropped = this.#log.topics.get(topic)?.sealed.filter(([segment]) => segment < earliest) ?? [];
    await this.#log.record(topic, { earliest });
    for (const [segment, , , , , , form] of dropped) {
      await this.#remove(topic, segmentName(segment, form));
      await this.#remove(topic, indexName(segment, form));
    }
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted && this.#again) {
      this.#again = false;
      await this.#retain();
      const next = this.#nextToPack();
      if (next === undefined || signal.aborted) continue;
      await this.#pack(next.topic, next.row);
      this.#again = true;
    }
  }

  async #retain(): Promise<void> {
    const { retain } = this.#keeping;
    if (retain === undefined) return;
    for (const [topic, state] of this.#log.topics) {
      if (!isTopicToWrite(topic)) continue;
      const earliest = earliestKept(state, retain, Date.now());
      if (earliest > state.earliest) await this.dropBefore(topic, earliest);
    }
  }

  #nextToPack(): { readonly topic: string; readonly row: SealedRow } | undefined {
    if (!this.#keeping.compress) return undefined;
    for (const [topic, { sealed }] of this.#log.topics) {
      const row = sealed.find(
        ([segment, , , , , , form]) => form?.gzip === undefined && this.#log.isIndexed(topic, segment),
      );
      if (row !== undefined) return { topic, row };
    }
    return undefined;
  }

  async #pack(topic: string, row: SealedRow): Promise<void> {
    const frames = await this.#framesOf(topic, row);
    const packed = await packSegment(this.#disk, this.#store, topic, row, frames, this.#stopping.signal);
    if (packed === undefined) return;
    await this.#log.record(topic, { sealed: [packed] });
    await this.#remove(topic, segmentName(row[0], row[6]));
  }

  async #framesOf(topic: string, row: SealedRow) {
    const index = await readIndex(this.#disk, this.#store, topic, row);
    if (index !== undefined) return index.frames;
    const file = await openSegment(this.#disk, this.#store, topic, row[0], row[6]);
    return (await rebuildIndex(file, topic, row).finally(() => file.close())).frames;
  }

  #remove(topic: string, name: string): Promise<void> {
    return this.#disk.remove(`${layout.topic(this.#store, topic)}/${name}`);
  }
}
