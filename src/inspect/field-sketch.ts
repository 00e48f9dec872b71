import { HyperLogLog } from './hyper-log-log.ts';
import { ValueHash } from './value-hash.ts';

/**
 * How the values of one field are spread, in three KiB: about how many different ones there are, and how full the
 * fullest of 256 groups would be if the field were the key. The share of the fullest group is never less than that of
 * the most frequent value, so a field with a heavy hitter is seen without counting values.
 */

const REGISTER_BITS = 11;
const GROUPS = 256;

export class FieldSketch {
  values = 0;
  readonly #registers = new HyperLogLog(REGISTER_BITS);
  readonly #groups = new Uint32Array(GROUPS);
  static readonly #hash = new ValueHash();

  add(value: string | number): void {
    const hash = FieldSketch.#hash;
    if (typeof value === 'string') hash.ofText(value);
    else hash.ofNumber(value);
    this.values++;
    this.#registers.add(hash.a, hash.b);
    // Other bits than those of which the registers make use first.
    this.#groups[(hash.a ^ hash.b) & (GROUPS - 1)]!++;
  }

  /** About how many different values there were, but no more than there were values. */
  get distinct(): number {
    return Math.min(this.values, Math.round(this.#registers.estimate()));
  }

  /** The share that the fullest group has of the values. */
  get biggestGroupShare(): number {
    return this.values === 0 ? 0 : Math.max(...this.#groups) / this.values;
  }
}
