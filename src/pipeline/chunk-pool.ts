/**
 * The memory that the flow works in: a fixed number of slots, shared with the worker threads.
 *
 * A chunk is read into a slot once and stays there until its outputs are written: scatter hands out positions, not
 * copies; a lane that dies takes no bytes with it; an event that is passed on is written from where it was read. That
 * the slots are few and of one size is what bounds the memory in flight.
 */

export interface Slot {
  readonly index: number;
  readonly bytes: Uint8Array;
}

export class ChunkPool {
  readonly buffers: readonly SharedArrayBuffer[];
  readonly #free: Slot[];
  readonly #waiting: { resolve: (slot: Slot) => void; reject: (error: unknown) => void }[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** `slotBytes` is what a slot holds; there is one more byte for the newline that a source's last line may lack. */
  constructor(slots: number, slotBytes: number) {
    this.buffers = Array.from({ length: slots }, () => new SharedArrayBuffer(slotBytes + 1));
    this.#free = this.buffers.map((buffer, index) => ({ index, bytes: new Uint8Array(buffer) })).reverse();
  }

  /** Resolves with a slot, as soon as one is free; rejects once the pool has failed. */
  async take(): Promise<Slot> {
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#free.pop() ?? new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  give(slot: Slot): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next.resolve(slot);
  }

  /** Tells whoever waits for a slot that none will come, because what gives them back has failed. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
