import { groupOfScanned, KEY_GROUPS, NO_GROUP } from '../kernel/key-group.ts';
import type { ValuePath } from '../kernel/path.ts';
import { PathScanner } from '../kernel/scan.ts';

/**
 * Which lane owns which key group, settled once for a run: the group of the first key goes to lane 0, so that a run of few
 * keys does not start threads that it has no work for; from there the groups go round the lanes.
 */
export class LaneOfGroup {
  /** For each group its lane (u8), in memory that the lanes see; it counts once it is settled. */
  readonly #lanes: Uint8Array;
  readonly #count: number;
  readonly #scanner: PathScanner;
  #settled = false;

  constructor(shared: SharedArrayBuffer, laneCount: number, path: ValuePath) {
    this.#lanes = new Uint8Array(shared);
    this.#count = laneCount;
    this.#scanner = new PathScanner(path);
  }

  /** For each group its lane, once it is settled. */
  get table(): Uint8Array {
    return this.#lanes;
  }

  /** Settles it by the first chunk, `bytes[from..to)`, before a lane scans that; false where it was settled before. */
  settle(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    const first = Math.max(0, this.#firstGroup(bytes, from, to));
    for (let group = 0; group < KEY_GROUPS; group++) {
      this.#lanes[group] = ((group - first + KEY_GROUPS) % KEY_GROUPS) % this.#count;
    }
    return true;
  }

  /** The group of the first key in `bytes[from..to)`, or NO_GROUP where no line has one. */
  #firstGroup(bytes: Uint8Array, from: number, to: number): number {
    for (let start = from; start < to; ) {
      const end = this.#scanner.scanLine(bytes, start);
      const group = groupOfScanned(this.#scanner, bytes);
      if (group !== NO_GROUP) return group;
      start = end + 1;
    }
    return NO_GROUP;
  }
}
