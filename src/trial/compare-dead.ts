import { type Exact, isObject, parseExactly, textOf } from '../compare/exact-json.ts';
import { type FieldDifference, fieldDifferences } from '../compare/fields.ts';
import type { Line } from '../compare/lines.ts';

/**
 * The dead letters of a case, held against those that were expected.
 *
 * `line` (of the input), `reason` and `event` (or `eventBase64`) must agree, and `error.message` where one is expected. What
 * else the expected one has, so that a whole dead letter can stand there, must be a member that dead letters have.
 */

export interface DeadDifference {
  /** The line of the input; undefined where the expected letter does not name one. */
  readonly line: number | undefined;
  readonly expected: Line | undefined;
  readonly actual: Line | undefined;
  /** What differs where there are both. */
  readonly fields: readonly FieldDifference[];
}

/** The differences, by the lines of the input; expected letters that name none come last. */
export function compareDead(expected: readonly Line[], actual: readonly Line[]): DeadDifference[] {
  const left = new Map(actual.map(line => [inputLineOf(line), line]));
  const found: DeadDifference[] = [];
  for (const line of expected) {
    const number = inputLineOf(line);
    const other = number === undefined ? undefined : left.get(number);
    if (other !== undefined) left.delete(number);
    const fields = other === undefined ? [] : letterDifferences(line.value!, other.value!);
    if (other === undefined || fields.length > 0) {
      found.push({ line: number, expected: line, actual: other, fields });
    }
  }
  for (const [line, letter] of left) found.push({ line, expected: undefined, actual: letter, fields: [] });
  return found.sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
}

function inputLineOf({ value }: Line): number | undefined {
  const line = isObject(value) ? value['sline'] : undefined;
  const number = typeof line === 'string' && line.startsWith('n') ? Number(line.slice(1)) : Number.NaN;
  return Number.isInteger(number) ? number : undefined;
}

function letterDifferences(expected: Exact, actual: Exact): FieldDifference[] {
  const [before, now] = [expected as Members, actual as Members];
  const found = [
    ...fieldDifferences(before['sreason'], now['sreason'], ['reason']),
    ...eventDifferences(before, now),
  ];
  const [error, actualError] = [before['serror'], now['serror']];
  if (isObject(error) && isObject(actualError)) {
    if (error['smessage'] !== undefined) {
      found.push(...fieldDifferences(error['smessage'], actualError['smessage'], ['error', 'message']));
    }
    found.push(...unknown(error, actualError, ['error']));
  } else if (error !== undefined) {
    found.push(...fieldDifferences(error, actualError, ['error']));
  }
  return [...found, ...unknown(before, now, [])];
}

type Members = { readonly [name: string]: Exact };

/** An event can be expected as its text, as it stands in dead letters, or as JSON. */
function eventDifferences(expected: Members, actual: Members): FieldDifference[] {
  const name = actual['sevent'] === undefined ? 'eventBase64' : 'event';
  const [before, now] = [expected[`s${name}`], actual[`s${name}`]];
  if (before === undefined || textOf(before) !== undefined) return fieldDifferences(before, now, [name]);
  const value = parseExactly(textOf(now) ?? '');
  return fieldDifferences(before, value ?? now, [name]);
}

/** Members that are expected and that the letter does not have: misspelt ones among them. */
function unknown(expected: Members, actual: Members, path: readonly string[]): FieldDifference[] {
  return Object.keys(expected)
    .filter(name => actual[name] === undefined)
    .flatMap(name => fieldDifferences(expected[name], undefined, [...path, name.slice(1)]));
}
