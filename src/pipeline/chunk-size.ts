import { CHUNK_BYTES, KiB } from '../base/limits.ts';
import type { Dispatched } from './scatter.ts';

/**
 * How many bytes a chunk should have at most: large ones for throughput, but so small that one is done in a moment where
 * the handler takes its time. Then a run ends soon when it is interrupted, commits what it has done, and lanes that are added
 * find something to do.
 *
 * How long the handler takes is not known at first. So the first chunk is small, and the next one is read when it is done, or has taken
 * long; otherwise an interrupted run would have megabytes to finish, and a short input would be in one lane's hands.
 *
 * Where several events are handled at the same time, a chunk is not done before its slowest event, and others are to go on meanwhile. There
 * it is the pace that counts: how long the lanes take until they have begun what they have, and have room for a further chunk.
 */

/** By so much the size changes at once, at the most: one slow event among many does not make all chunks tiny. */
const FACTOR_MAX = 8;

/** How large the first chunk is, and how long one should take: with less they grow, with more they shrink. */
interface Patience {
  readonly bytesMin: number;
  readonly firstBytes: number;
  readonly shortMs: number;
  readonly longMs: number;
}

export const ONE_AT_A_TIME: Patience = {
  bytesMin: 4 * KiB,
  firstBytes: 16 * KiB,
  shortMs: 100,
  longMs: 400,
};
/** A call with several events is to have as many as it can take. */
export const IN_BATCHES: Patience = {
  bytesMin: 4 * KiB,
  firstBytes: 64 * KiB,
  shortMs: 1000,
  longMs: 4000,
};
/** Between two chunks: there must be enough of them for events that take several seconds, and not too much to finish. */
export const BY_PACE: Patience = { bytesMin: 512, firstBytes: 4 * KiB, shortMs: 250, longMs: 1000 };

export class ChunkSize {
  #patience = ONE_AT_A_TIME;
  #bytes = ONE_AT_A_TIME.firstBytes;
  #first: 'to be read' | 'in flight' | 'known' = 'to be read';
  readonly #isShuffled: boolean;
  readonly #onRoom: () => void;
  /** Chunks that were dispatched before the size was changed last say nothing about it. */
  #changes = 0;
  /** The chunk that was dispatched last, and whether the lanes had no room for another one since then. */
  #last: { readonly bytes: number; readonly atMs: number } | undefined;
  #isHeldBack = false;

  /** With `isShuffled` chunks are small, and of any size. `onRoom` is called when `hasRoom` has become true. */
  constructor(isShuffled: boolean, onRoom: () => void) {
    this.#isShuffled = isShuffled;
    this.#onRoom = onRoom;
  }

  get bytes(): number {
    return this.#isShuffled ? Math.floor(4 * KiB * (1 + 15 * Math.random())) : this.#bytes;
  }

  /** Whether a further chunk may be read. */
  get hasRoom(): boolean {
    return this.#first !== 'in flight';
  }

  /** Says that several events are handled at the same time, or several with one call. */
  takeMany(inBatches: boolean): void {
    this.#patience = inBatches ? IN_BATCHES : BY_PACE;
    if (this.#changes === 0) this.#bytes = this.#patience.firstBytes;
    this.#endFirst();
  }

  /** Says that the lanes have no room for another chunk; gives false. */
  holdBack(): false {
    this.#isHeldBack = true;
    return false;
  }

  /** Looks how long the lanes take for a chunk; `isHungry` is whether they had begun all there was before it. */
  watch(dispatched: Dispatched, isHungry: boolean): void {
    if (this.#patience === BY_PACE) this.#watchPace(dispatched, isHungry);
    else this.#watchResults(dispatched);
  }

  #watchResults({ chunk, results }: Dispatched): void {
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

  #watchPace({ chunk }: Dispatched, isHungry: boolean): void {
    const last = this.#last;
    const isHeldBack = this.#isHeldBack;
    this.#last = { bytes: chunk.to - chunk.from, atMs: performance.now() };
    this.#isHeldBack = false;
    if (last === undefined) return;
    // Where nothing was in the way, it was the source that took its time, or the lanes could do with more.
    if (isHeldBack) this.#learn(last.bytes, this.#last.atMs - last.atMs);
    else if (isHungry && last.bytes >= this.#bytes / 2) this.#change(this.#bytes * FACTOR_MAX);
  }

  /** What it returns is to be called when the chunk that was dispatched is done. */
  #beginFirst(): () => void {
    if (this.#first !== 'to be read') return () => undefined;
    this.#first = 'in flight';
    const timer = setTimeout(() => {
      this.#change(this.#patience.bytesMin);
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
    const next = Math.round(Math.max(this.#patience.bytesMin, Math.min(CHUNK_BYTES, bytes)));
    if (next === this.#bytes) return;
    this.#bytes = next;
    this.#changes++;
  }
}
