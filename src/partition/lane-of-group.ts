import { groupOfScanned, KEY_GROUPS, NO_GROUP } from '../kernel/key-group.ts';
import type { ValuePath } from '../kernel/path.ts';
import { PathScanner } from '../kernel/scan.ts';

/**
 * Which lane owns which key group. By the first chunk the group of the first key goes to lane 0, so that a run of few keys
 * does not start threads that it has no work for, and from there the groups go round the lanes; later groups may move.
 */
export class LaneOfGroup {
  /** For each group its lane; another array after each change, so that who has this one may go on with it. */
  table: Uint8Array = new Uint8Array(KEY_GROUPS);
  readonly #scanner: PathScanner;
  #settled = false;

  constructor(path: ValuePath) {
    this.#scanner = new PathScanner(path);
  }

  /** Spreads the groups over `lanes` lanes by the first chunk, `bytes[from..to)`; false where that was done before. */
  settle(bytes: Uint8Array, from: number, to: number, lanes: number): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    const first = Math.max(0, this.#firstGroup(bytes, from, to));
    this.table = Uint8Array.from(
      { length: KEY_GROUPS },
      (_, group) => ((group - first + KEY_GROUPS) % KEY_GROUPS) % lanes,
    );
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
