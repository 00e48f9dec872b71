import { CHUNK_BYTES } from '../base/limits.ts';
import { LineTable } from '../kernel/line-table.ts';
import { allocateSlots, type SharedSlot } from '../kernel/slot-memory.ts';

/**
 * The memory that the flow works in: a fixed number of slots, shared with the worker threads.
 *
 * A chunk is read into a slot once and stays there until its outputs are written: scatter hands out positions, not
 * copies; a lane that dies takes no bytes with it; an event that is passed on is written from where it was read. That
 * the slots are few and of one size is what bounds the memory in flight.
 */

export interface Slot {
  readonly index: number;
  readonly shared: SharedSlot;
  readonly bytes: Uint8Array;
  readonly table: LineTable;
}

/** No chunk has more lines than this: what is read between two chunks is no longer, and each line has a newline. */
const LINES_MAX = CHUNK_BYTES + 1;

export class ChunkPool {
  readonly shared: readonly SharedSlot[];
  /** The memory as the WebAssembly engine takes it, where it can be used. */
  readonly memory: WebAssembly.Memory | undefined;
  readonly #free: Slot[];
  readonly #waiting: { resolve: (slot: Slot) => void; reject: (error: unknown) => void }[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** `slotBytes` is what a slot holds; there is one more byte for the newline that a source's last line may lack. */
  constructor(slots: number, slotBytes: number) {
    const { slots: shared, memory } = allocateSlots(slots, slotBytes + 1, LINES_MAX);
    this.shared = shared;
    this.memory = memory;
    this.#free = shared
      .map((place, index) => {
        const bytes = new Uint8Array(place.buffer, place.bytesAt, place.bytesLength);
        return { index, shared: place, bytes, table: new LineTable(place) };
      })
      .reverse();
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
