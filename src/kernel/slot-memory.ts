/**
 * The memory of the slots: one piece that the WebAssembly module and all threads see, or, without the module, one piece
 * for each slot. Its size is fixed, because growing it would detach every view; the system gives out a page only when
 * it is used.
 */

/** Where a slot's chunk and its line table lie in shared memory. */
export interface SharedSlot {
  readonly buffer: SharedArrayBuffer;
  readonly bytesAt: number;
  readonly bytesLength: number;
  readonly tableAt: number;
  readonly tableLines: number;
}

export interface SlotMemory {
  readonly slots: readonly SharedSlot[];
  /** Undefined where the module cannot be used. */
  readonly memory: WebAssembly.Memory | undefined;
}

const PAGE_BYTES = 64 * 1024;
/** The first page belongs to the module itself: its tables, and the names of the path. */
export const KERNEL_BYTES = PAGE_BYTES;
/** What 32-bit addresses reach. */
const PAGES_MAX = 65_536;
const TABLE_BYTES_PER_LINE = 4 + 4 + 4 + 1;
/** The module reads sixteen bytes at a time, also at a chunk's end. */
const READ_AHEAD_BYTES = 16;

/** Memory for `count` slots of `bytesLength` bytes and as many as `lines` lines each. */
export function allocateSlots(count: number, bytesLength: number, lines: number): SlotMemory {
  const tableAt = align(bytesLength + READ_AHEAD_BYTES);
  const slotBytes = align(tableAt + lines * TABLE_BYTES_PER_LINE);
  const place = (buffer: SharedArrayBuffer, at: number): SharedSlot => ({
    buffer,
    bytesAt: at,
    bytesLength,
    tableAt: at + tableAt,
    tableLines: lines,
  });
  const memory = createMemory(KERNEL_BYTES + count * slotBytes);
  const slots = Array.from({ length: count }, (_, index) =>
    memory === undefined
      ? place(new SharedArrayBuffer(slotBytes), 0)
      : place(memory.buffer as unknown as SharedArrayBuffer, KERNEL_BYTES + index * slotBytes),
  );
  return { slots, memory };
}

/** `MILLRACE_KERNEL=js` leaves the module out, and so does a size that it cannot address. */
function createMemory(bytes: number): WebAssembly.Memory | undefined {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  if (process.env['MILLRACE_KERNEL'] === 'js' || pages > PAGES_MAX) return undefined;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    return undefined;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
