import { CHUNK_BYTES, KiB } from '../base/limits.ts';
import type { Dispatched } from './scatter.ts';

/**
 * How many bytes a chunk should have at most: large ones for throughput, but so small that one is done in a moment where
 * the handler takes its time. Then a run ends soon when it is interrupted, commits what it has done, and lanes that are added
 * find something to do.
 */

const BYTES_MIN = 4 * KiB;
/**
 * Of the first chunks where events are handled at the same time, which is done for those that take long. Were they large, a short input
 * would be in one lane's hands before it was seen how long, however many lanes could have shared it.
 */
export const BYTES_FIRST = 64 * KiB;
/** Chunks that are done in so small a part of the time that they may take are far too small. */
const FAR_SHORTER = 8;

/** How long a chunk should take: with less they grow, with more they shrink. */
interface Patience {
  readonly shortMs: number;
  readonly longMs: number;
}

const ONE_AT_A_TIME: Patience = { shortMs: 100, longMs: 400 };
/** Where one slow event must not keep others from being handled, there are to be many of them in the chunks in flight. */
const MANY_AT_A_TIME: Patience = { shortMs: 1000, longMs: 4000 };

export class ChunkSize {
  #patience = ONE_AT_A_TIME;
  #bytes = CHUNK_BYTES;
  readonly #isShuffled: boolean;
  /** Chunks that were dispatched before the size was changed last say nothing about it. */
  #changes = 0;

  /** With `isShuffled` chunks are small, and of any size. */
  constructor(isShuffled = false) {
    this.#isShuffled = isShuffled;
  }

  get bytes(): number {
    return this.#isShuffled ? Math.floor(BYTES_MIN * (1 + 15 * Math.random())) : this.#bytes;
  }

  /** Says that several events are handled at the same time. */
  takeMany(): void {
    this.#patience = MANY_AT_A_TIME;
    if (this.#changes === 0) this.#bytes = BYTES_FIRST;
  }

  /** Looks how long the lanes take for a chunk. */
  watch({ results }: Dispatched): void {
    const startedMs = performance.now();
    const changes = this.#changes;
    results.then(
      () => {
        if (changes === this.#changes) this.#learn(performance.now() - startedMs);
      },
      // A failure is seen by whoever gathers.
      () => undefined,
    );
  }

  #learn(tookMs: number): void {
    const { shortMs, longMs } = this.#patience;
    let next = this.#bytes;
    if (tookMs > longMs) next = Math.max(BYTES_MIN, next / 2);
    if (tookMs < shortMs) next = Math.min(CHUNK_BYTES, next * (tookMs < shortMs / FAR_SHORTER ? 4 : 2));
    if (next === this.#bytes) return;
    this.#bytes = next;
    this.#changes++;
  }
}
