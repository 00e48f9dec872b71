import { decodeString, type PathScanner, ValueKind } from '../kernel/scan.ts';
import { murmur2 } from './murmur2.ts';

/**
 * From a key's bytes to its key group, and from key groups to lanes.
 *
 * `group = (murmur2(key bytes) & 0x7fffffff) % 256`, so that `group % P` is the partition that Kafka would choose,
 * for any P that is a power of two up to 256.
 */

export const KEY_GROUPS = 256;

/** No key: the event has no order, and any lane may take it. */
export const NO_GROUP = -1;

export function groupOfHash(hash: number): number {
  return (hash & 0x7fffffff) % KEY_GROUPS;
}

/** The key group of the value that `scanner` found last in `bytes`, or NO_GROUP. */
export function groupOfScanned(scanner: PathScanner, bytes: Uint8Array): number {
  switch (scanner.kind) {
    case ValueKind.none:
      return NO_GROUP;
    case ValueKind.escapedString:
      return groupOfEscaped(bytes, scanner.valueStart, scanner.valueEnd);
    default:
      return groupOfHash(murmur2(bytes, scanner.valueStart, scanner.valueEnd));
  }
}

/** A key with escapes is the same key as one without: its text is hashed, not its spelling. */
function groupOfEscaped(bytes: Uint8Array, start: number, end: number): number {
  const text = decodeString(bytes, start, end);
  return text === undefined ? NO_GROUP : groupOfHash(murmur2(Buffer.from(text, 'utf8')));
}

/**
 * Which lane owns which key group. The group that is seen first goes to lane 0, so that a run of few keys does not
 * start threads that it has no work for; from there the groups go round the lanes.
 */
export class LaneOfGroup {
  /** For each group its lane, once it is settled. */
  readonly lanes = new Uint8Array(KEY_GROUPS);
  settled = false;
  readonly #count: number;

  constructor(laneCount: number) {
    this.#count = laneCount;
  }

  of(group: number): number {
    if (!this.settled) this.#settle(group);
    return this.lanes[group]!;
  }

  #settle(firstGroup: number): void {
    for (let group = 0; group < KEY_GROUPS; group++) {
      this.lanes[group] = ((group - firstGroup + KEY_GROUPS) % KEY_GROUPS) % this.#count;
    }
    this.settled = true;
  }
}
