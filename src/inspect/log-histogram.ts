/**
 * Quantiles of numbers from a histogram whose buckets grow by a fixed factor, so that a quantile is off by at most a
 * fixed share of itself, and memory does not grow (the scale of DDSketch: Masson, Rim, Lee, 2019, with a fixed range).
 */

/** What a quantile may be off by, as a share of it. */
export const QUANTILE_ERROR = 0.01;

const GAMMA = (1 + QUANTILE_ERROR) / (1 - QUANTILE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);
/** What is less counts as 0; what is more is in the last bucket. */
const LEAST = 1e-3;
const MOST = 1e18;
const OFFSET = 1 - Math.ceil(Math.log(LEAST) / LOG_GAMMA);
const BUCKETS = Math.ceil(Math.log(MOST) / LOG_GAMMA) + OFFSET + 1;

/** Quantiles, to 1 per cent, between the exact least and greatest. */
export interface Quantiles {
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export class LogHistogram {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** The first is for 0. */
  readonly #buckets = new Float64Array(BUCKETS);

  /** Takes a number; negative ones count as 0. */
  add(value: number): void {
    this.count++;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    const bucket = value < LEAST ? 0 : Math.ceil(Math.log(value < MOST ? value : MOST) / LOG_GAMMA) + OFFSET;
    this.#buckets[bucket]!++;
  }

  /** The least number such that at least `share` of all are no greater; NaN where there are none. */
  quantile(share: number): number {
    if (this.count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(share * this.count));
    let before = 0;
    let bucket = 0;
    for (; bucket < BUCKETS; bucket++) {
      before += this.#buckets[bucket]!;
      if (before >= rank) break;
    }
    // The number in the bucket from which both of its ends are equally far, by the measure of their shares.
    const middle = bucket === 0 ? 0 : (2 * GAMMA ** (bucket - OFFSET)) / (GAMMA + 1);
    return Math.min(this.max, Math.max(this.min, middle));
  }

  /** How many numbers lie in each of up to `count` bins of equal shares, from the least to the greatest. */
  bins(count: number): { readonly edges: readonly number[]; readonly counts: readonly number[] } {
    const first = this.#buckets.findIndex(inBucket => inBucket > 0);
    const last = this.#buckets.findLastIndex(inBucket => inBucket > 0);
    if (first < 0) return { edges: [0], counts: [] };
    const width = Math.ceil((last - first + 1) / count);
    const edges: number[] = [];
    const counts: number[] = [];
    for (let from = first; from <= last; from += width) {
      edges.push(GAMMA ** (from - OFFSET - 1));
      counts.push(
        this.#buckets.slice(from, Math.min(last + 1, from + width)).reduce((sum, some) => sum + some, 0),
      );
    }
    edges.push(GAMMA ** (first + width * counts.length - OFFSET - 1));
    return { edges, counts };
  }

  /** Undefined where there are no numbers. */
  quantiles(): Quantiles | undefined {
    if (this.count === 0) return undefined;
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map(share => this.quantile(share));
    return { min: this.min, p50: p50!, p90: p90!, p99: p99!, max: this.max };
  }
}
