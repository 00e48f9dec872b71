import type { Ratio } from '../rounds.ts';

/** How figures are written in the tables of the page. */

export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function ratioCells({ median: middle, min, max }: Ratio): readonly string[] {
  return [twoDigits(middle), `${twoDigits(min)}–${twoDigits(max)}`];
}

export function twoDigits(value: number): string {
  // Of a program that takes less than a hundredth of a second the processor time is not known.
  return Number.isFinite(value) ? value.toFixed(value >= 10 ? 1 : 2) : '';
}
