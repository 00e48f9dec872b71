import { KERNEL_MODULE } from './module.ts';
import type { Kernel, Scanned, ScannedSlot } from './kernel.ts';
import { type Merged, type MergedSlot, type Merger, nothingMerged } from './merger.ts';
import type { Program } from './program.ts';
import { recordBytes } from './records.ts';
import { INSTANCE_BYTES, type WasmMemory } from './slot-memory.ts';
import { buildTrie } from './trie.ts';
import { ProgramWriter } from './write-program.ts';

/** The WebAssembly engine: what assembly/ compiles to, with its program written beside it. */

interface Exports {
  readonly prepare: (
    at: number,
    lanes: number,
    fields: number,
    key: number,
    tests: number,
    spelling: number,
    verdictOnly: boolean,
    lineBytesMax: number,
    linesOnly: boolean,
  ) => void;
  readonly scan: (
    bytes: number,
    from: number,
    to: number,
    line: number,
    lineMax: number,
    table: number,
    tableLines: number,
    records: number,
    recordsMax: number,
  ) => void;
  readonly rescan: (
    bytes: number,
    line: number,
    to: number,
    lane: number,
    table: number,
    tableLines: number,
    records: number,
    recordsMax: number,
  ) => void;
  readonly merge: (
    bytes: number,
    table: number,
    tableLines: number,
    edits: number,
    line: number,
    to: number,
    out: number,
    outMax: number,
  ) => void;
}

/** As in assembly/layout.ts. */
const LANE_OF_GROUP_AT = 64;
const LANE_BYTES_AT = 320;
const PROGRAM_AT = 45_056;
const PROGRAM_BYTES_MAX = 512 * 1024;

/** Where an instance's own records are, or what it merges. */
const ROOM_AT = 1024 * 1024;
/** Few enough to stay in the processor's cache between being written and being read. */
const OWN_RECORDS_BYTES = 64 * 1024;

/** Compiles the module; the same one serves all threads. */
export function compileModule(): WebAssembly.Module {
  return new WebAssembly.Module(Buffer.from(KERNEL_MODULE, 'base64'));
}

function instantiate({ memory, module }: WasmMemory): Exports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
}

/** The piece of memory of instance number `instance`. */
function placeOf({ instancesAt }: WasmMemory, instance: number): number {
  return instancesAt + instance * INSTANCE_BYTES;
}

export class WasmKernel implements Kernel {
  readonly laneOfGroup: Uint8Array;
  readonly laneBytes: Uint32Array;
  readonly ownRecords: { readonly records: Int32Array; readonly floats: Float64Array };
  readonly #exports: Exports;
  readonly #recordBytes: number;
  readonly #told: Uint32Array;
  readonly #scanned: Scanned = { line: 0, position: 0, records: 0, undecided: false };

  private constructor(
    exports: Exports,
    buffer: ArrayBufferLike,
    at: number,
    program: Program,
    lanes: number,
  ) {
    this.#exports = exports;
    this.#recordBytes = recordBytes(program.fields.length);
    this.#told = new Uint32Array(buffer, at, 8);
    this.laneOfGroup = new Uint8Array(buffer, at + LANE_OF_GROUP_AT, 256);
    this.laneBytes = new Uint32Array(buffer, at + LANE_BYTES_AT, lanes);
    const length = Math.max(OWN_RECORDS_BYTES, this.#recordBytes);
    this.ownRecords = {
      records: new Int32Array(buffer, at + ROOM_AT, length / 4),
      floats: new Float64Array(buffer, at + ROOM_AT, length / 8),
    };
  }

  /** The engine for `program`, as instance number `instance`; undefined where the program is too large for it. */
  static load(wasm: WasmMemory, instance: number, program: Program, lanes: number): WasmKernel | undefined {
    const at = placeOf(wasm, instance);
    const { buffer } = wasm.memory;
    const bytes = new Uint8Array(buffer, at + PROGRAM_AT, PROGRAM_BYTES_MAX);
    const writer = new ProgramWriter(bytes, at + PROGRAM_AT);
    if (!writer.fits(program) || recordBytes(program.fields.length) > OWN_RECORDS_BYTES) return undefined;
    writer.nodes(buildTrie(program.fields));
    const tests = program.predicate === undefined ? 0 : writer.tests(program.predicate);
    const exports = instantiate(wasm);
    const { fields, key, spelling, verdictOnly, lineBytesMax, linesOnly = false } = program;
    exports.prepare(at, lanes, fields.length, key, tests, spelling, verdictOnly, lineBytesMax, linesOnly);
    return new WasmKernel(exports, buffer, at, program, lanes);
  }

  scan({ shared, records }: ScannedSlot, from: number, to: number, line: number, lineMax: number): Scanned {
    const { bytesAt, tableAt, tableLines } = shared;
    const recordsMax = Math.floor(records.byteLength / this.#recordBytes);
    const { byteOffset } = records;
    this.#exports.scan(bytesAt, from, to, line, lineMax, tableAt, tableLines, byteOffset, recordsMax);
    return this.#tell();
  }

  rescan({ shared, records }: ScannedSlot, line: number, to: number, lane: number): Scanned {
    const { bytesAt, tableAt, tableLines } = shared;
    const recordsMax = Math.floor(records.byteLength / this.#recordBytes);
    this.#exports.rescan(bytesAt, line, to, lane, tableAt, tableLines, records.byteOffset, recordsMax);
    return this.#tell();
  }

  #tell(): Scanned {
    const scanned = this.#scanned;
    const told = this.#told;
    scanned.line = told[0]!;
    scanned.position = told[1]!;
    scanned.records = told[2]!;
    scanned.undecided = told[3] === 1;
    return scanned;
  }
}

export class WasmMerger implements Merger {
  readonly out: Uint8Array;
  readonly #exports: Exports;
  readonly #told: Uint32Array;
  readonly #merged: Merged = nothingMerged();

  constructor(wasm: WasmMemory, instance: number) {
    const at = placeOf(wasm, instance);
    const { buffer } = wasm.memory;
    this.#exports = instantiate(wasm);
    this.#exports.prepare(at, 1, 0, -1, 0, 0, false, 0, false);
    this.#told = new Uint32Array(buffer, at, 8);
    this.out = new Uint8Array(buffer, at + ROOM_AT, INSTANCE_BYTES - ROOM_AT);
  }

  merge({ shared }: MergedSlot, line: number, to: number): Merged {
    const { bytesAt, tableAt, tableLines, editsAt } = shared;
    const { byteOffset, length } = this.out;
    this.#exports.merge(bytesAt, tableAt, tableLines, editsAt, line, to, byteOffset, length);
    const merged = this.#merged;
    const told = this.#told;
    merged.line = told[0]!;
    merged.bytes = told[1]!;
    merged.blank = told[2]!;
    merged.dropped = told[3]!;
    merged.kept = told[4]!;
    merged.written = told[5]!;
    merged.dead = told[6]!;
    merged.pending = told[7]!;
    return merged;
  }
}
