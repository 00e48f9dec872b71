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
