import { BLANK, type LineTable, UNDECIDED } from '../kernel/line-table.ts';
import type { ValuePath } from '../kernel/path.ts';
import { PathScanner } from '../kernel/scan.ts';
import type { SharedSlot } from '../kernel/slot-memory.ts';
import { WasmKernel } from '../kernel/wasm.ts';
import { groupOfScanned, LaneOfGroup, NO_GROUP } from './key-groups.ts';

/**
 * Gives each line of a chunk to a lane, by its key. Two engines do the same: the WebAssembly one, and the plain one, which
 * stands in where the other cannot be used, and decides the lines that the other leaves to it.
 */

export interface AssignedSlot {
  readonly shared: SharedSlot;
  readonly bytes: Uint8Array;
  readonly table: LineTable;
}

export class Assigner {
  /** Bytes that the last chunk has brought to each lane. */
  readonly laneBytes: Uint32Array;
  readonly #scanner: PathScanner;
  readonly #wasm: WasmKernel | undefined;
  readonly #laneOfGroup: LaneOfGroup;

  /** `memory` is where the slots are, or undefined to use the plain engine. */
  constructor(path: ValuePath, lanes: number, memory: WebAssembly.Memory | undefined) {
    this.#scanner = new PathScanner(path);
    this.#laneOfGroup = new LaneOfGroup(lanes);
    this.#wasm = memory === undefined ? undefined : WasmKernel.load(path, memory, lanes);
    this.laneBytes = this.#wasm?.laneBytes ?? new Uint32Array(lanes);
  }

  /** Writes the lines of `bytes[from..to)` into the slot's table; returns their number. */
  assign(slot: AssignedSlot, from: number, to: number): number {
    // Which lane has which group is settled by the first key, and the module must know it.
    if (this.#wasm === undefined || !this.#laneOfGroup.settled) return this.#assignPlainly(slot, from, to);
    const { lines, undecided } = this.#wasm.assign(slot.shared, from, to);
    if (undecided) this.#decide(slot, lines);
    return lines;
  }

  #assignPlainly(slot: AssignedSlot, from: number, to: number): number {
    const { starts, ends, lanes } = slot.table;
    this.laneBytes.fill(0);
    let line = 0;
    for (let start = from; start < to; line++) {
      const end = this.#scanner.scanLine(slot.bytes, start);
      starts[line] = start;
      ends[line] = end;
      lanes[line] = this.#scanner.blank ? BLANK : this.#laneOfScanned(slot.bytes, end - start);
      start = end + 1;
    }
    if (this.#laneOfGroup.settled) this.#wasm?.setLanes(this.#laneOfGroup.lanes);
    return line;
  }

  #decide({ bytes, table }: AssignedSlot, lines: number): void {
    const { starts, ends, lanes } = table;
    for (
      let line = lanes.indexOf(UNDECIDED);
      line >= 0 && line < lines;
      line = lanes.indexOf(UNDECIDED, line + 1)
    ) {
      const start = starts[line]!;
      this.#scanner.scanLine(bytes, start);
      lanes[line] = this.#laneOfScanned(bytes, ends[line]! - start);
    }
  }

  #laneOfScanned(bytes: Uint8Array, length: number): number {
    const group = groupOfScanned(this.#scanner, bytes);
    const lane = group === NO_GROUP ? this.#leastLoaded() : this.#laneOfGroup.of(group);
    this.laneBytes[lane]! += length;
    return lane;
  }

  /** An event without a key can go anywhere: where this chunk has brought the fewest bytes. */
  #leastLoaded(): number {
    let best = 0;
    for (let lane = 1; lane < this.laneBytes.length; lane++) {
      if (this.laneBytes[lane]! < this.laneBytes[best]!) best = lane;
    }
    return best;
  }
}
