/** Figures for people. */

export function timeText(ns: number): string {
  const [unit, size] = ns >= 1e9 ? ['s', 1e9] : ns >= 1e6 ? ['ms', 1e6] : ns >= 1e3 ? ['µs', 1e3] : ['ns', 1];
  return `${digits(ns / (size as number))} ${unit}`;
}

export function countText(count: number): string {
  const [unit, size] =
    count >= 1e9 ? ['G', 1e9] : count >= 1e6 ? ['M', 1e6] : count >= 1e3 ? ['k', 1e3] : ['', 1];
  return `${digits(count / (size as number))}${unit}`;
}

export function bytesText(bytes: number): string {
  return `${countText(bytes).replace(/([GMk]?)$/, ' $1')}B`;
}

export function shareText(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 1 : 0)} %`;
}

function digits(value: number): string {
  if (value === 0) return '0';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
