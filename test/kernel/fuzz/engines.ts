import type { Kernel, ScannedSlot } from '../../../src/kernel/kernel.ts';
import { LineTable, TABLE_BYTES_PER_LINE } from '../../../src/kernel/line-table.ts';
import { PlainKernel } from '../../../src/kernel/plain.ts';
import type { Program } from '../../../src/kernel/program.ts';
import { allocateSlots } from '../../../src/kernel/slot-memory.ts';
import { compileModule, WasmKernel } from '../../../src/kernel/wasm.ts';

/** The engines that are held to the contract. Each comes with memory in which it can work. */

export interface Engine {
  readonly kernel: Kernel;
  readonly slot: ScannedSlot;
}

export type LoadEngine = (program: Program, lanes: number) => Engine;

/** What the memory of an engine must have room for. */
export const SLOT_BYTES = 2 ** 20;
export const SLOT_LINES = 2 ** 14;
const RECORDS_BYTES = 2 ** 20;

export const ENGINES: readonly (readonly [name: string, load: LoadEngine])[] = [
  ['plain', plainEngine()],
  ['WebAssembly', wasmEngine()],
];

/** All programs work in the same memory, one after the other. */
function plainEngine(): LoadEngine {
  // Not at the beginning, so that an offset is no address.
  const bytesAt = 48;
  const tableAt = bytesAt + SLOT_BYTES;
  const recordsAt = tableAt + SLOT_LINES * TABLE_BYTES_PER_LINE;
  const editsAt = recordsAt + RECORDS_BYTES;
  const buffer = new SharedArrayBuffer(editsAt);
  const shared = {
    buffer,
    bytesAt,
    bytesLength: SLOT_BYTES,
    tableAt,
    tableLines: SLOT_LINES,
    recordsAt,
    recordsBytes: RECORDS_BYTES,
    editsAt,
    editsBytes: 0,
  };
  const slot = {
    shared,
    bytes: new Uint8Array(buffer, bytesAt, SLOT_BYTES),
    table: new LineTable(shared),
    records: new Int32Array(buffer, recordsAt, RECORDS_BYTES / 4),
    floats: new Float64Array(buffer, recordsAt, RECORDS_BYTES / 8),
  };
  return (program, lanes) => ({ kernel: new PlainKernel(program, lanes), slot });
}

function wasmEngine(): LoadEngine {
  const table = { lines: SLOT_LINES, tableBytesPerLine: TABLE_BYTES_PER_LINE };
  const { slots, wasm } = allocateSlots(1, SLOT_BYTES, table, 2, compileModule);
  const shared = slots[0]!;
  const { buffer, bytesAt, recordsAt } = shared;
  const slot = {
    shared,
    bytes: new Uint8Array(buffer, bytesAt, SLOT_BYTES),
    table: new LineTable(shared),
    records: new Int32Array(buffer, recordsAt, RECORDS_BYTES / 4),
    floats: new Float64Array(buffer, recordsAt, RECORDS_BYTES / 8),
  };
  return (program, lanes) => {
    const kernel = WasmKernel.load(wasm!, 1, program, lanes);
    if (kernel === undefined) throw new Error('the program does not fit');
    return { kernel, slot };
  };
}
