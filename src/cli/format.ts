/** Numbers for people. */

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
const COUNT_UNITS = ['', 'k', 'M', 'G'] as const;

/** `1532000` as `1.5 MB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, BYTE_UNITS, ' ');
}

/** `254300` as `254k`. */
export function formatCount(count: number): string {
  return scaled(count, COUNT_UNITS, '');
}

function scaled(value: number, units: readonly string[], gap: string): string {
  let at = 0;
  let rest = value;
  while (rest >= 999.5 && at < units.length - 1) {
    rest /= 1000;
    at++;
  }
  const digits = at === 0 || rest >= 99.5 ? 0 : 1;
  return `${rest.toFixed(digits)}${gap}${units[at]}`;
}

const TIME_UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
] as const;

/** Nanoseconds: `1532` as `1.53 µs`. */
export function formatNs(ns: number): string {
  const [unit, size] = TIME_UNITS.find(([, least]) => ns >= least * 0.9995) ?? (['ns', 1] as const);
  return `${threeDigits(ns / size)} ${unit}`;
}

export function formatMs(ms: number): string {
  return formatNs(ms * 1e6);
}

function threeDigits(value: number): string {
  if (value >= 99.95 || value === 0) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** A share as `12 %`. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.0095 ? 1 : 0)} %`;
}
