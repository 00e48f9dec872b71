import { type FieldDifference, fieldDifferences } from './fields.ts';
import type { Line } from './lines.ts';

/** What came out of a case, held against what was expected. */

export type EventDifference =
  | { readonly kind: 'missing'; readonly expected: Line }
  | { readonly kind: 'extra'; readonly actual: Line }
  | {
      readonly kind: 'changed';
      readonly expected: Line;
      readonly actual: Line;
      /** None where only spelling differs. */
      readonly fields: readonly FieldDifference[];
    };

/** Above this the lines between the first and the last difference are taken for one change, as it is soon too slow. */
const CELLS_MAX = 1_000_000;

/** The differences, in order. An event that is not as expected is set against the one that came in its place. */
export function compareEvents(expected: readonly Line[], actual: readonly Line[]): EventDifference[] {
  let start = 0;
  while (start < expected.length && expected[start]!.same === actual[start]?.same) start++;
  let [expectedEnd, actualEnd] = [expected.length, actual.length];
  while (
    expectedEnd > start &&
    actualEnd > start &&
    expected[expectedEnd - 1]!.same === actual[actualEnd - 1]!.same
  ) {
    expectedEnd--;
    actualEnd--;
  }
  return changesBetween(expected.slice(start, expectedEnd), actual.slice(start, actualEnd));
}

function changesBetween(expected: readonly Line[], actual: readonly Line[]): EventDifference[] {
  const found: EventDifference[] = [];
  let [missing, extra]: [Line[], Line[]] = [[], []];
  const close = (): void => {
    for (const difference of paired(missing, extra)) found.push(difference);
    [missing, extra] = [[], []];
  };
  const lengths = commonLengths(expected, actual);
  let [i, j] = [0, 0];
  while (i < expected.length && j < actual.length) {
    if (lengths !== undefined && expected[i]!.same === actual[j]!.same) {
      close();
      i++;
      j++;
    } else if (lengths === undefined || lengths[i + 1]![j]! >= lengths[i]![j + 1]!)
      missing.push(expected[i++]!);
    else extra.push(actual[j++]!);
  }
  for (; i < expected.length; i++) missing.push(expected[i]!);
  for (; j < actual.length; j++) extra.push(actual[j]!);
  close();
  return found;
}

/** For each two places how many lines the two rests have in common at most; undefined where that is too much to find out. */
function commonLengths(expected: readonly Line[], actual: readonly Line[]): Uint32Array[] | undefined {
  if (expected.length * actual.length > CELLS_MAX) return undefined;
  const lengths = Array.from({ length: expected.length + 1 }, () => new Uint32Array(actual.length + 1));
  for (let i = expected.length - 1; i >= 0; i--) {
    for (let j = actual.length - 1; j >= 0; j--) {
      lengths[i]![j] =
        expected[i]!.same === actual[j]!.same
          ? lengths[i + 1]![j + 1]! + 1
          : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}

function paired(missing: readonly Line[], extra: readonly Line[]): EventDifference[] {
  const found: EventDifference[] = [];
  for (let at = 0; at < Math.max(missing.length, extra.length); at++) {
    const [expected, actual] = [missing[at], extra[at]];
    if (expected === undefined) found.push({ kind: 'extra', actual: actual! });
    else if (actual === undefined) found.push({ kind: 'missing', expected });
    else if (expected.same !== actual.same) {
      const fields = fieldDifferences(expected.value, actual.value);
      found.push({ kind: 'changed', expected, actual, fields });
    }
  }
  return found;
}
