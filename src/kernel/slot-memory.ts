import { KiB, MiB } from '../base/limits.ts';

/**
 * The memory that the flow works in: one piece that the WebAssembly module and all threads see, or, without the module,
 * one piece for each slot. Its size is fixed, because growing it would detach every view; the system gives out a page
 * only when it is used.
 */

/** Where the parts of a slot lie in shared memory: its chunk, its line table, its records, and the edits of its lines. */
export interface SharedSlot {
  readonly buffer: SharedArrayBuffer;
  readonly bytesAt: number;
  readonly bytesLength: number;
  readonly tableAt: number;
  readonly tableLines: number;
  readonly recordsAt: number;
  readonly recordsBytes: number;
  readonly editsAt: number;
  readonly editsBytes: number;
}

export interface SlotMemory {
  readonly slots: readonly SharedSlot[];
  /** Undefined where the module cannot be used. */
  readonly wasm: WasmMemory | undefined;
}

/** Memory and module: what a thread needs to make an instance. */
export interface WasmMemory {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** Where the instances' own pieces begin, of INSTANCE_BYTES each; number 0 is the main thread's. */
  readonly instancesAt: number;
}

const PAGE_BYTES = 64 * KiB;
/** What 32-bit addresses reach. */
const PAGES_MAX = 65_536;
/** The module reads sixteen bytes at a time, also at a chunk's end. */
const READ_AHEAD_BYTES = 16;

/** Records that one scan of a whole chunk can make: about what lines of 64 bytes need for a field or two. */
const RECORDS_BYTES = 1 * MiB;
/** Room for the outputs of a chunk. What finds none comes with the lane's result, which costs more. */
const EDITS_BYTES = 2 * MiB;
/** An instance's own memory: its tables, its program, and room for its own records or for what it merges. */
export const INSTANCE_BYTES = 2 * MiB;

/** Memory for `count` slots of `bytesLength` bytes and as many as `lines` lines each, and for so many instances. */
export function allocateSlots(
  count: number,
  bytesLength: number,
  { lines, tableBytesPerLine }: { lines: number; tableBytesPerLine: number },
  instances: number,
  module: () => WebAssembly.Module | undefined,
): SlotMemory {
  const tableAt = align(bytesLength + READ_AHEAD_BYTES);
  const recordsAt = align(tableAt + lines * tableBytesPerLine);
  const editsAt = recordsAt + RECORDS_BYTES;
  const slotBytes = editsAt + EDITS_BYTES;
  const place = (buffer: SharedArrayBuffer, at: number): SharedSlot => ({
    buffer,
    bytesAt: at,
    bytesLength,
    tableAt: at + tableAt,
    tableLines: lines,
    recordsAt: at + recordsAt,
    recordsBytes: RECORDS_BYTES,
    editsAt: at + editsAt,
    editsBytes: EDITS_BYTES,
  });
  const instancesAt = PAGE_BYTES;
  const slotsAt = instancesAt + instances * INSTANCE_BYTES;
  const wasm = createMemory(slotsAt + count * slotBytes, instancesAt, module);
  const slots = Array.from({ length: count }, (_, index) =>
    wasm === undefined
      ? place(new SharedArrayBuffer(slotBytes), 0)
      : place(wasm.memory.buffer as unknown as SharedArrayBuffer, slotsAt + index * slotBytes),
  );
  return { slots, wasm };
}

/** `MILLRACE_KERNEL=js` leaves the module out, and so does a size that it cannot address. */
function createMemory(
  bytes: number,
  instancesAt: number,
  load: () => WebAssembly.Module | undefined,
): WasmMemory | undefined {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  if (process.env['MILLRACE_KERNEL'] === 'js' || pages > PAGES_MAX) return undefined;
  try {
    const module = load();
    if (module === undefined) return undefined;
    return {
      memory: new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
      module,
      instancesAt,
    };
  } catch {
    return undefined;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
