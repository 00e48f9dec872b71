import type { Kernel, ScannedSlot } from './kernel.ts';
import type { Merger } from './merger.ts';
import { PlainMerger } from './merger.ts';
import { PlainKernel } from './plain.ts';
import type { Program } from './program.ts';
import { recordBytes } from './records.ts';
import type { WasmMemory } from './slot-memory.ts';
import { WasmKernel, WasmMerger } from './wasm.ts';

/** Chooses the engine: WebAssembly where there is memory for it and the program fits, else the plain one. */

/** A kernel with the memory that its own records go to. */
export interface LaneKernel extends Kernel {
  readonly ownRecords: Pick<ScannedSlot, 'records' | 'floats'>;
}

/** Room for the plain engine's own records. */
const OWN_RECORDS_BYTES = 64 * 1024;

/** The kernel of instance number `instance` for `program`, in a run of so many lanes. */
export function loadKernel(
  wasm: WasmMemory | undefined,
  instance: number,
  program: Program,
  lanes: number,
): LaneKernel {
  const fast = wasm === undefined ? undefined : WasmKernel.load(wasm, instance, program, lanes);
  if (fast !== undefined) return fast;
  const floats = new Float64Array(Math.max(OWN_RECORDS_BYTES, recordBytes(program.fields.length)) / 8);
  const ownRecords = { records: new Int32Array(floats.buffer), floats };
  return Object.assign(new PlainKernel(program, lanes), { ownRecords });
}

export function loadMerger(wasm: WasmMemory | undefined, instance: number): Merger {
  return wasm === undefined ? new PlainMerger() : new WasmMerger(wasm, instance);
}
