/**
 * 64 bits of hash for a value, as two numbers of 32 bits that are computed together: the rounds are those of Austin
 * Appleby's MurmurHash3 (x86, 32 bits) over UTF-16 code units, with two seeds. Made for sketches, and never kept:
 * nothing may depend on it from one version to the next.
 */

/** Code units of a text that are hashed; what is longer is told apart by its length as well. */
export const HASHED_UNITS_MAX = 256;

const SEED_A = 0x3c6ef372;
const SEED_B = 0x510e527f;

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

export class ValueHash {
  /** The two halves of the last hash, as signed 32-bit integers. */
  a = 0;
  b = 0;

  ofText(text: string): void {
    const length = text.length;
    const end = length < HASHED_UNITS_MAX ? length : HASHED_UNITS_MAX;
    let a = SEED_A;
    let b = SEED_B;
    let at = 0;
    for (; at + 1 < end; at += 2) {
      const k = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
      a = round(a, k);
      b = round(b, k ^ 0x1b873593);
    }
    if (at < end) {
      a = round(a, text.charCodeAt(at));
      b = round(b, text.charCodeAt(at) ^ 0x1b873593);
    }
    this.a = finish(a ^ length);
    this.b = finish(b ^ length);
  }

  ofNumber(value: number): void {
    // 0 and -0 are one number.
    double[0] = value + 0;
    this.a = finish(round(round(SEED_A, words[0]!), words[1]!) ^ 8);
    this.b = finish(round(round(SEED_B, words[0]!), words[1]!) ^ 8);
  }
}

function round(hash: number, block: number): number {
  let k = Math.imul(block, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
