import { KERNEL_MODULE } from './module.ts';
import type { ValuePath } from './path.ts';
import { KERNEL_BYTES, type SharedSlot } from './slot-memory.ts';

/** The WebAssembly engine (assembly/scan.ts): finds the lines of a chunk and the lane of each in one call. */

interface KernelExports {
  readonly prepare: (lanes: number) => number;
  readonly addSegment: (name: number, length: number) => void;
  readonly laneBytes: () => number;
  readonly assign: (
    bytes: number,
    from: number,
    to: number,
    starts: number,
    ends: number,
    laneOf: number,
  ) => number;
}

/** Where the names of the path are put, behind the module's own tables. */
const NAMES_AT = 16 * 1024;

export class WasmKernel {
  /** Bytes that the last chunk has brought to each lane. */
  readonly laneBytes: Uint32Array;
  readonly #exports: KernelExports;
  readonly #laneOfGroup: Uint8Array;

  private constructor(exports: KernelExports, memory: WebAssembly.Memory, lanes: number) {
    this.#exports = exports;
    this.#laneOfGroup = new Uint8Array(memory.buffer, exports.prepare(lanes), 256);
    this.laneBytes = new Uint32Array(memory.buffer, exports.laneBytes(), lanes);
  }

  /** Loads the module for this path; undefined where it cannot look the path up, or not on this machine. */
  static load(path: ValuePath, memory: WebAssembly.Memory, lanes: number): WasmKernel | undefined {
    const namesBytes = path.segments.reduce((sum, { nameBytes }) => sum + nameBytes.length, 0);
    if (path.segments.some(({ index }) => index >= 0) || NAMES_AT + namesBytes > KERNEL_BYTES)
      return undefined;
    let exports: KernelExports;
    try {
      const module = new WebAssembly.Module(Buffer.from(KERNEL_MODULE, 'base64'));
      exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
    } catch {
      return undefined;
    }
    const kernel = new WasmKernel(exports, memory, lanes);
    let at = NAMES_AT;
    for (const { nameBytes } of path.segments) {
      new Uint8Array(memory.buffer, at, nameBytes.length).set(nameBytes);
      exports.addSegment(at, nameBytes.length);
      at += nameBytes.length;
    }
    return kernel;
  }

  /** Says which lane each of the 256 key groups belongs to. */
  setLanes(laneOfGroup: Uint8Array): void {
    this.#laneOfGroup.set(laneOfGroup);
  }

  /**
   * Writes the lines of `bytes[from..to)` of a slot into its table. Returns their number, and whether some are left
   * UNDECIDED; those are not in `laneBytes`.
   */
  assign(slot: SharedSlot, from: number, to: number): { lines: number; undecided: boolean } {
    const { bytesAt, tableAt, tableLines } = slot;
    const [starts, ends, lanes] = [tableAt, tableAt + tableLines * 4, tableAt + tableLines * 12];
    const lines = this.#exports.assign(bytesAt, from, to, starts, ends, lanes);
    return { lines: Math.abs(lines), undecided: lines < 0 };
  }
}
