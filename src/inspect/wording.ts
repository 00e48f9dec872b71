/** Figures as they stand in sentences and tables. */

/** A share as per cent, with no more digits than say something: `12.3%`. Only none is `0%`, and only all is `100%`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0) return '0%';
  if (value === 100) return '100%';
  if (value < 0.01) return '<0.01%';
  if (value > 99.99) return '>99.99%';
  const digits = value < 1 || value > 99 ? 2 : 1;
  return `${value.toFixed(digits).replace(/\.?0+$/, '')}%`;
}

const UNITS = [
  ['days', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A time span for people: `250 ms`, `1.5 s`, `3 min`. */
export function duration(ms: number): string {
  for (const [unit, unitMs] of UNITS) if (ms >= unitMs) return `${trimmed(ms / unitMs)} ${unit}`;
  return `${trimmed(ms)} ms`;
}

/** A count for people, with its thousands apart. */
export function exactly(count: number): string {
  return count.toLocaleString('en-US');
}

/** An estimate, with no more digits than it has. */
export function roughly(count: number): string {
  return count < 100 ? String(count) : exactly(Number(count.toPrecision(2)));
}

/** A number with about three digits, or all of those before the point. */
export function trimmed(value: number): string {
  if (value >= 100) return exactly(Math.round(value));
  if (value > 0 && value < 1) return String(Number(value.toPrecision(2)));
  return value.toFixed(value >= 10 ? 1 : 2).replace(/\.?0+$/, '');
}

/** `1 line`, `12 lines`. */
export function counted(count: number, what: string): string {
  return `${exactly(count)} ${what}${count === 1 ? '' : 's'}`;
}
