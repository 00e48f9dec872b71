import { exactExp, exactLog } from './exact-math.ts';
import type { Random } from './random.ts';

/**
 * Draws keys by Zipf's law: key k, counted from 0, is drawn in proportion to 1 / (k + 1)^skew; with a skew of 0 all are alike.
 * By Walker's alias method (Vose's construction), which takes two draws whatever the number of keys, and eight bytes for each.
 */

/** Most keys that can be told apart: the tables of this many take some 100 MB. */
export const KEYS_MAX = 10_000_000;
export const SKEW_MAX = 10;

const TWO_32 = 2 ** 32;

export class Keys {
  readonly count: number;
  readonly #random: Random;
  /** For each key how much of its column is its own, in 2^32nds, and whose the rest is. Absent where all are alike. */
  readonly #own: Uint32Array | undefined;
  readonly #alias: Uint32Array | undefined;

  constructor(random: Random, count: number, skew: number) {
    this.#random = random;
    this.count = count;
    if (skew === 0) return;
    const { own, alias } = aliasTable(zipfWeights(count, skew));
    this.#own = own;
    this.#alias = alias;
  }

  /** A key from 0 to just below `count`. */
  draw(): number {
    const column = this.#random.below(this.count);
    if (this.#own === undefined) return column;
    return this.#random.bits() < this.#own[column]! ? column : this.#alias![column]!;
  }
}

function zipfWeights(count: number, skew: number): Float64Array {
  const weights = new Float64Array(count);
  for (let key = 0; key < count; key++) weights[key] = exactExp(-skew * exactLog(key + 1));
  return weights;
}

function aliasTable(weights: Float64Array): { own: Uint32Array; alias: Uint32Array } {
  const count = weights.length;
  const own = new Uint32Array(count);
  const alias = new Uint32Array(count);
  let sum = 0;
  for (let key = 0; key < count; key++) sum += weights[key]!;
  for (let key = 0; key < count; key++) weights[key] = (weights[key]! * count) / sum;
  // Columns that are not full, and those that have something to give; two stacks that grow towards each other.
  const stack = new Uint32Array(count);
  let [small, large] = [0, count];
  for (let key = 0; key < count; key++) stack[weights[key]! < 1 ? small++ : --large] = key;
  while (small > 0 && large < count) {
    const taker = stack[--small]!;
    const giver = stack[large]!;
    own[taker] = Math.min(Math.floor(weights[taker]! * TWO_32), TWO_32 - 1);
    alias[taker] = giver;
    weights[giver] = weights[giver]! - (1 - weights[taker]!);
    if (weights[giver] >= 1) continue;
    large++;
    stack[small++] = giver;
  }
  // What is left is full, but for rounding.
  const fill = (key: number): void => {
    own[key] = TWO_32 - 1;
    alias[key] = key;
  };
  for (let at = 0; at < small; at++) fill(stack[at]!);
  for (let at = large; at < count; at++) fill(stack[at]!);
  return { own, alias };
}
