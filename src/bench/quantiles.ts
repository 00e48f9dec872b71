/** Middle, spread and quantiles of numbers. */

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean without so large a share of the values at each end. */
export function trimmedMean(values: readonly number[], share: number): number {
  const cut = Math.floor(values.length * share);
  return mean([...values].sort((a, b) => a - b).slice(cut, values.length - cut));
}

/** With all values below `low` and above `high` moved there. */
export function held(values: readonly number[], low: number, high: number): number[] {
  return values.map(value => Math.min(high, Math.max(low, value)));
}

/** Of numbers in rising order, between two of them where need be (Hyndman and Fan's seventh, as R and NumPy); NaN of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at % 1);
}

/** So many values must lie beyond a percentile, or it is just one of the largest. */
const BEYOND_MIN = 5;

/** The percentiles that are told of `count` values, by `at`; undefined are those that too few of them lie beyond. */
export function percentilesOf(count: number, at: (share: number) => number): Percentiles {
  const told = (share: number): number | undefined =>
    count * (1 - share) >= BEYOND_MIN - 1e-9 ? at(share) : undefined;
  return { p50: at(0.5), p90: told(0.9), p99: told(0.99), p999: told(0.999) };
}

/** All of them and the largest, in their order. */
export function percentileList({
  p50,
  p90,
  p99,
  p999,
  max,
}: Percentiles & { readonly max: number }): (number | undefined)[] {
  return [p50, p90, p99, p999, max];
}

export interface Percentiles {
  readonly p50: number;
  readonly p90: number | undefined;
  readonly p99: number | undefined;
  readonly p999: number | undefined;
}

/** What a box plot draws, whiskers at the last values within one and a half boxes of it. */
export interface Box {
  readonly low: number;
  readonly q1: number;
  readonly middle: number;
  readonly q3: number;
  readonly high: number;
  readonly outliers: readonly number[];
}

export function boxOf(values: readonly number[]): Box {
  const sorted = [...values].sort((a, b) => a - b);
  const [q1, middle, q3] = [0.25, 0.5, 0.75].map(share => quantile(sorted, share)) as [
    number,
    number,
    number,
  ];
  const reach = 1.5 * (q3 - q1);
  const inside = sorted.filter(value => value >= q1 - reach && value <= q3 + reach);
  return {
    low: inside[0] ?? q1,
    q1,
    middle,
    q3,
    high: inside.at(-1) ?? q3,
    outliers: sorted.filter(value => value < q1 - reach || value > q3 + reach),
  };
}

/** How many values there are in each of `edges.length - 1` bins that grow by a fixed factor. */
export interface LogBins {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** `sorted` are positive numbers in rising order; what lies beyond `share` of them at the upper end goes to the last bin. */
export function logBins(sorted: ArrayLike<number>, bins: number, share = 0.999): LogBins {
  const least = Math.max(sorted[0] ?? 1, 1e-9);
  const most = Math.max(quantile(sorted, share), least * 1.01);
  const factor = (most / least) ** (1 / bins);
  const edges = Array.from({ length: bins + 1 }, (_, at) => least * factor ** at);
  const counts = Array.from({ length: bins }, () => 0);
  for (let at = 0; at < sorted.length; at++) {
    const bin = Math.floor(Math.log(sorted[at]! / least) / Math.log(factor));
    counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return { edges, counts };
}
