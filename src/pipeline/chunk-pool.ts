import { CHUNK_BYTES } from '../base/limits.ts';
import { clearEdits } from '../kernel/edits.ts';
import { LineTable, TABLE_BYTES_PER_LINE } from '../kernel/line-table.ts';
import { allocateSlots, type SharedSlot, type WasmMemory } from '../kernel/slot-memory.ts';
import { compileModule } from '../kernel/wasm.ts';

/**
 * The memory that the flow works in: a fixed number of slots, shared with the worker threads.
 *
 * A chunk is read into a slot once and stays there until its outputs are written: scatter hands out positions, not
 * copies; a lane that dies takes no bytes with it; what is kept of an event is copied once, from where it was read to
 * where it is written. That the slots are few and of one size is what bounds the memory in flight.
 */

export interface Slot {
  readonly index: number;
  readonly shared: SharedSlot;
  readonly bytes: Uint8Array;
  readonly table: LineTable;
  /** Outputs that are not the line itself: see kernel/edits.ts. */
  readonly edits: Int32Array;
}

/** No chunk has more lines than this: what is read between two chunks is no longer, and each line has a newline. */
const LINES_MAX = CHUNK_BYTES + 1;

export class ChunkPool {
  readonly shared: readonly SharedSlot[];
  /** What the WebAssembly engine needs, where it can be used; instance 0 is the main thread's. */
  readonly wasm: WasmMemory | undefined;
  readonly #free: Slot[];
  /** Slots that are not used unless that is asked for. */
  readonly #reserve: Slot[];
  readonly #waiting: { resolve: (slot: Slot) => void; reject: (error: unknown) => void }[] = [];
  #failure: { readonly error: unknown } | undefined;

  /**
   * `slotBytes` is what a slot holds; there is one more byte for the newline that a source's last line may lack.
   * `lanes` is how many threads will look at the slots. `reserve` further ones are used only after `useReserve`.
   */
  constructor(slots: number, slotBytes: number, lanes: number, reserve = 0) {
    const table = { lines: LINES_MAX, tableBytesPerLine: TABLE_BYTES_PER_LINE };
    const { slots: shared, wasm } = allocateSlots(
      slots + reserve,
      slotBytes + 1,
      table,
      lanes + 1,
      compileModule,
    );
    this.shared = shared;
    this.wasm = wasm;
    this.#free = shared
      .map((place, index) => {
        const bytes = new Uint8Array(place.buffer, place.bytesAt, place.bytesLength);
        const edits = new Int32Array(place.buffer, place.editsAt, place.editsBytes / 4);
        clearEdits(edits);
        return { index, shared: place, bytes, table: new LineTable(place), edits };
      })
      .reverse();
    this.#reserve = this.#free.splice(0, reserve);
  }

  useReserve(): void {
    for (const slot of this.#reserve.splice(0)) this.give(slot);
  }

  /** Whether somebody waits for a slot. */
  get isShort(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves with a slot, as soon as one is free; rejects once the pool has failed. */
  async take(): Promise<Slot> {
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#free.pop() ?? new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** A slot that is known to be free. */
  takeFree(): Slot {
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error('no slot is free');
    return slot;
  }

  give(slot: Slot): void {
    clearEdits(slot.edits);
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
