import type { Gate } from '../base/gate.ts';
import { TURN_BYTES } from '../base/limits.ts';
import type { Discovery, Positions, Source, SourceSpec } from '../source/contract.ts';
import type { ChunkPool } from './chunk-pool.ts';
import type { Chunk } from './chunk.ts';
import { ChunkReader } from './chunks.ts';
import type { OpenSource, SourceBook } from './source-book.ts';
import type { LingerOptions } from './linger.ts';
import type { Stop } from './stop.ts';

/**
 * Reads the sources: those with an end one after the other, in order, and beside them all that are live, each by turns.
 *
 * A source that has something to give waits in a queue for its turn, and a turn is bounded, so that none keeps the others
 * from being read, or a stop from being seen. One that has nothing to give costs nothing.
 */

/** What is read: a chunk, or that there is no more of a source. */
export type Fed =
  | { readonly kind: 'chunk'; readonly chunk: Chunk; readonly source: OpenSource }
  | { readonly kind: 'source-end'; readonly source: OpenSource };

export interface FeedOptions {
  /** The sources that are known from the start, in order. */
  readonly specs: readonly SourceSpec[];
  /** Finds others, as long as the run goes on. */
  readonly discovery: Discovery | undefined;
  readonly positions: Positions;
  readonly sources: SourceBook;
  readonly pool: ChunkPool;
  readonly lineBytesMax: number;
  readonly hasRoom: () => boolean;
  /** Bytes that a chunk is to have at the most. */
  readonly chunkBytes: () => number;
  /** How long the lines of live sources wait for others. */
  readonly linger?: LingerOptions | undefined;
  /** Opened when there may be something to do: room, something to read, a stop. */
  readonly gate: Gate;
  readonly stop: Stop;
}

/** A source that is being read. */
interface Reading {
  readonly source: OpenSource;
  readonly reader: ChunkReader;
  /** Since when it has had something to give. */
  readableMs: number;
}

export class Feed {
  readonly #options: FeedOptions;
  /** Sources that are not open yet: those that are read in order, and live ones. */
  readonly #inOrder: SourceSpec[];
  readonly #toOpen: SourceSpec[];
  readonly #open = new Set<Reading>();
  /** Those of `#open` that have something to give, the longest waiting first. */
  readonly #ready: Reading[] = [];
  #quitting = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#inOrder = options.specs.filter(({ live }) => !live);
    this.#toOpen = options.specs.filter(({ live }) => live);
  }

  /** All that is read, until the sources have ended or reading is stopped. Whoever takes a chunk gives its slot back. */
  async *all(): AsyncGenerator<Fed, void, void> {
    const { discovery, positions, gate, stop } = this.#options;
    try {
      await discovery?.start(positions, spec => {
        this.#toOpen.push(spec);
        gate.open();
      });
      await this.#openNextInOrder();
      for (;;) {
        if (stop.requested) this.#quit();
        while (this.#toOpen.length > 0 && !stop.requested) await this.#openSource(this.#toOpen.shift()!);
        const reading = this.#ready.shift();
        if (reading !== undefined) yield* this.#turn(reading);
        else if (this.#isDone) return;
        else await gate.pass();
      }
    } finally {
      await discovery?.stop();
    }
  }

  get #isDone(): boolean {
    const { discovery, stop } = this.#options;
    return (
      this.#open.size === 0 && (stop.requested || (this.#toOpen.length === 0 && discovery === undefined))
    );
  }

  async *#turn(reading: Reading): AsyncGenerator<Fed, void, void> {
    const { source, reader } = reading;
    for await (const chunk of reader.turn(TURN_BYTES, reading.readableMs)) {
      yield { kind: 'chunk', chunk, source };
    }
    if (!reader.ended) {
      this.#await(reading);
      return;
    }
    this.#open.delete(reading);
    yield { kind: 'source-end', source };
    if (!source.spec.live) await this.#openNextInOrder();
  }

  async #openNextInOrder(): Promise<void> {
    const next = this.#inOrder.shift();
    if (next !== undefined && !this.#options.stop.requested) await this.#openSource(next);
  }

  async #openSource(spec: SourceSpec): Promise<void> {
    const { sources, positions, pool, stop, lineBytesMax, hasRoom, chunkBytes, gate } = this.#options;
    const source = await sources.open(spec, positions);
    const stopped = (): boolean => stop.requested && !this.#isReadToItsEnd(source.source);
    const linger = spec.live ? this.#options.linger : undefined;
    const options = { lineBytesMax, hasRoom, chunkBytes, linger, gate, stopped };
    const reader = new ChunkReader(source.source, pool, options);
    const reading = { source, reader, readableMs: 0 };
    this.#open.add(reading);
    this.#await(reading);
  }

  /** Whether a stop leaves a source to quit, and reads it to the end that it comes to: not where nobody reads the output. */
  #isReadToItsEnd({ quit }: Source): boolean {
    return quit !== undefined && !this.#options.stop.outputClosed;
  }

  /** Puts a source into the queue as soon as it has something to give. */
  #await(reading: Reading): void {
    const { source } = reading.source;
    if (this.#quitting && !this.#isReadToItsEnd(source)) {
      this.#open.delete(reading);
      return;
    }
    const waiting = source.readable();
    if (waiting === undefined) {
      reading.readableMs = performance.now();
      this.#ready.push(reading);
      return;
    }
    void waiting.then(() => {
      if (this.#open.has(reading)) this.#await(reading);
      this.#options.gate.open();
    });
  }

  /** Asks for the end of all sources that could lose something; the others are simply not read any more. */
  #quit(): void {
    if (this.#quitting) return;
    this.#quitting = true;
    for (const reading of this.#open) {
      const { source } = reading.source;
      if (this.#isReadToItsEnd(source)) source.quit?.();
      else this.#open.delete(reading);
    }
    for (const reading of this.#ready.splice(0)) if (this.#open.has(reading)) this.#ready.push(reading);
  }
}
