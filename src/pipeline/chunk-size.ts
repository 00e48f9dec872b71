import { CHUNK_BYTES, KiB } from '../base/limits.ts';
import type { Dispatched } from './scatter.ts';

/**
 * How many bytes a chunk should have at most: large ones for throughput, but so small that one is done in a moment where
 * the handler takes its time. Then a run ends soon when it is interrupted, commits what it has done, and lanes that are added
 * find something to do.
 *
 * How long the handler takes is not known at first. So the first chunk is small, and the next one is read when it is done, or has taken
 * long; otherwise an interrupted run would have megabytes to finish, and a short input would be in one lane's hands.
 */

const BYTES_MIN = 4 * KiB;
/** By so much the size changes at once, at the most: one slow event among many does not make all chunks tiny. */
const FACTOR_MAX = 8;

/** How large the first chunk is, and how long one should take: with less they grow, with more they shrink. */
interface Patience {
  readonly firstBytes: number;
  readonly shortMs: number;
  readonly longMs: number;
}

export const ONE_AT_A_TIME: Patience = { firstBytes: 16 * KiB, shortMs: 100, longMs: 400 };
/** Where one slow event must not keep others from being handled, there are to be many of them in the chunks in flight. */
export const MANY_AT_A_TIME: Patience = { firstBytes: 64 * KiB, shortMs: 1000, longMs: 4000 };

export class ChunkSize {
  #patience = ONE_AT_A_TIME;
  #bytes = ONE_AT_A_TIME.firstBytes;
  #first: 'to be read' | 'in flight' | 'known' = 'to be read';
  readonly #isShuffled: boolean;
  readonly #onRoom: () => void;
  /** Chunks that were dispatched before the size was changed last say nothing about it. */
  #changes = 0;

  /** With `isShuffled` chunks are small, and of any size. `onRoom` is called when `hasRoom` has become true. */
  constructor(isShuffled: boolean, onRoom: () => void) {
    this.#isShuffled = isShuffled;
    this.#onRoom = onRoom;
  }

  get bytes(): number {
    return this.#isShuffled ? Math.floor(BYTES_MIN * (1 + 15 * Math.random())) : this.#bytes;
  }

  /** Whether a further chunk may be read. */
  get hasRoom(): boolean {
    return this.#first !== 'in flight';
  }

  /** Says that several events are handled at the same time. */
  takeMany(): void {
    this.#patience = MANY_AT_A_TIME;
    if (this.#changes === 0) this.#bytes = MANY_AT_A_TIME.firstBytes;
    this.#endFirst();
  }

  /** Looks how long the lanes take for a chunk. */
  watch({ chunk, results }: Dispatched): void {
    const startedMs = performance.now();
    const changes = this.#changes;
    const bytes = chunk.to - chunk.from;
    const endFirst = this.#beginFirst();
    results
      .then(
        () => {
          if (changes === this.#changes) this.#learn(bytes, performance.now() - startedMs);
        },
        // A failure is seen by whoever gathers.
        () => undefined,
      )
      .finally(endFirst);
  }

  /** What it returns is to be called when the chunk that was dispatched is done. */
  #beginFirst(): () => void {
    if (this.#first !== 'to be read') return () => undefined;
    this.#first = 'in flight';
    const timer = setTimeout(() => {
      this.#change(BYTES_MIN);
      this.#endFirst();
    }, this.#patience.longMs).unref();
    return () => {
      clearTimeout(timer);
      this.#endFirst();
    };
  }

  #endFirst(): void {
    if (this.#first === 'known') return;
    this.#first = 'known';
    this.#onRoom();
  }

  /** Goes for what would have taken neither short nor long; from a few bytes in a moment nothing follows for many. */
  #learn(bytes: number, tookMs: number): void {
    const { shortMs, longMs } = this.#patience;
    const fitting = bytes * (Math.sqrt(shortMs * longMs) / tookMs);
    if (tookMs > longMs) this.#change(Math.max(this.#bytes / FACTOR_MAX, Math.min(this.#bytes, fitting)));
    if (tookMs < shortMs) this.#change(Math.min(this.#bytes * FACTOR_MAX, Math.max(this.#bytes, fitting)));
  }

  #change(bytes: number): void {
    const next = Math.round(Math.max(BYTES_MIN, Math.min(CHUNK_BYTES, bytes)));
    if (next === this.#bytes) return;
    this.#bytes = next;
    this.#changes++;
  }
}
