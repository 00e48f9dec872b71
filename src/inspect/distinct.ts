import { HyperLogLog } from './hyper-log-log.ts';
import { ValueHash } from './value-hash.ts';

/** How many different keys there are: exactly as long as they are few, by HyperLogLog beyond. */

/** Above four times the registers, where the estimate has no bias left. */
const EXACT_MAX = 65_536;
const REGISTER_BITS = 14;

export interface DistinctCount {
  readonly count: number;
  readonly exact: boolean;
  /** The standard deviation of `count`, as a share of it; 0 where it is exact. */
  readonly standardError: number;
}

export class Distinct {
  readonly #exactMax: number;
  #seen: Set<string> | undefined = new Set();
  readonly #sketch = new HyperLogLog(REGISTER_BITS);
  readonly #hash = new ValueHash();

  constructor(exactMax = EXACT_MAX) {
    this.#exactMax = exactMax;
  }

  add(value: string): void {
    if (this.#seen !== undefined) {
      if (this.#seen.has(value)) return;
      if (this.#seen.size < this.#exactMax) this.#seen.add(value);
      else this.#seen = undefined;
    }
    this.#hash.ofText(value);
    this.#sketch.add(this.#hash.a, this.#hash.b);
  }

  get(): DistinctCount {
    if (this.#seen !== undefined) return { count: this.#seen.size, exact: true, standardError: 0 };
    const { standardError } = this.#sketch;
    return { count: Math.round(this.#sketch.estimate()), exact: false, standardError };
  }
}
