import { NAMES_MAX, OPEN_NAMES_MAX } from './records.ts';

/**
 * The names of the objects that are open, on one stack, and whether those of one object differ. Names that look alike count
 * as the same (`Spelling`), so that a comparison ends after 16 bytes.
 *
 * Most names differ from the others of their object by their tags already, and those are bits that are set or not.
 */

/** Bytes at a name's beginning, and at its end, that are compared. */
const COMPARED_BYTES = 8;
export const TAGS = 256;
const TAG_WORDS = TAGS / 32;

/**
 * A number that is the same for names that look alike, and seldom for others: of the name `bytes[start..end)`, which stands
 * between quotes (an empty one borrows them). Made of its length, its first and last byte, and one between that is among the
 * first eight.
 */
export function markOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const between = bytes[start + (length < 2 * COMPARED_BYTES ? length >> 1 : COMPARED_BYTES - 1)]!;
  return (length << 24) | (bytes[start]! << 16) | (between << 8) | bytes[end - 1]!;
}

/** A number below TAGS for a mark (multiplicative hashing, by the golden ratio). */
export function tagOf(mark: number): number {
  return Math.imul(mark, 0x9e3779b1) >>> 24;
}

export class PlainNames {
  /** Names on the stack; whoever leaves an object takes its names off. */
  length = 0;
  readonly #starts = new Int32Array(OPEN_NAMES_MAX);
  readonly #ends = new Int32Array(OPEN_NAMES_MAX);
  readonly #marks = new Int32Array(OPEN_NAMES_MAX);
  /** For each depth the tags of the names of the object that is open there, as bits. */
  readonly #tags: Int32Array;

  /** `depths` is one more than the depth of the innermost object. */
  constructor(depths: number) {
    this.#tags = new Int32Array(depths * TAG_WORDS);
  }

  /** An object begins. */
  begin(depth: number): void {
    for (let at = depth * TAG_WORDS; at < (depth + 1) * TAG_WORDS; at++) this.#tags[at] = 0;
  }

  /**
   * Adds the name `bytes[start..end)` to the object at `depth`, whose names begin at `from`. Returns false, and adds nothing,
   * where the object has one like it, or as many as it may.
   */
  add(bytes: Uint8Array, mark: number, depth: number, from: number, start: number, end: number): boolean {
    const { length } = this;
    if (length - from === NAMES_MAX || length === OPEN_NAMES_MAX) return false;
    const tag = tagOf(mark);
    const word = depth * TAG_WORDS + (tag >> 5);
    const bit = 1 << (tag & 31);
    const tags = this.#tags[word]!;
    if ((tags & bit) !== 0 && this.#has(bytes, mark, from, start, end)) return false;
    this.#tags[word] = tags | bit;
    this.#starts[length] = start;
    this.#ends[length] = end;
    this.#marks[length] = mark;
    this.length = length + 1;
    return true;
  }

  #has(bytes: Uint8Array, mark: number, from: number, start: number, end: number): boolean {
    for (let at = from; at < this.length; at++) {
      if (this.#marks[at] === mark && isAlike(bytes, start, end, this.#starts[at]!, this.#ends[at]!))
        return true;
    }
    return false;
  }
}

function isAlike(
  bytes: Uint8Array,
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): boolean {
  const length = end - start;
  if (otherEnd - otherStart !== length) return false;
  const compared = Math.min(length, COMPARED_BYTES);
  for (let i = 0; i < compared; i++) if (bytes[start + i] !== bytes[otherStart + i]) return false;
  for (let i = 1; i <= compared; i++) if (bytes[end - i] !== bytes[otherEnd - i]) return false;
  return true;
}
