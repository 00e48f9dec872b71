import { onStdout as colours } from './colours.ts';
import { columnsOf, COLUMNS, cut, onOneLine } from './text-columns.ts';

/** A field that differs, as people read it. */

/** What is shown of a long value before its first difference. */
const BEFORE = 12;

type Colour = (text: string) => string;

/** On one line where there is room, else one value below the other, each from just before where they differ. */
export function fieldLines(
  field: string,
  old: string | undefined,
  actual: string | undefined,
  sentence: (before: string, now: string) => string,
): string[] {
  const name = onOneLine(field);
  const [before, now] = [old, actual].map(value => (value === undefined ? undefined : onOneLine(value)));
  const short = `        ${name}: ${sentence(before ?? 'nothing', now ?? 'nothing')}`;
  if (columnsOf(short) <= COLUMNS) return [colours.bold(short)];
  const from = firstDifference(before ?? '', now ?? '');
  const side = (mark: string, value: string | undefined, colour: Colour): string =>
    colour(cut(`        ${mark} ${value === undefined ? 'nothing' : tail(value, from)}`, COLUMNS));
  return [
    colours.bold(cut(`        ${name}:`, COLUMNS)),
    side('-', before, colours.red),
    side('+', now, colours.green),
  ];
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

function tail(value: string, from: number): string {
  let start = Math.max(0, from - BEFORE);
  // Not in the middle of a character.
  if (/[\udc00-\udfff]/.test(value[start] ?? '')) start--;
  return start <= 1 ? value : `…${value.slice(start)}`;
}
