import { numberOf, textOf } from './values.ts';

/** The methods and functions that an expression can call. */

export interface Callable {
  /** How many arguments it takes. */
  readonly min: number;
  readonly max: number;
  /** What it gives; undefined where `value` has no such method. Of a function `value` is without meaning. */
  readonly call: (value: unknown, values: readonly unknown[]) => unknown;
}

type TextMethod = (text: string, ...values: unknown[]) => unknown;
type ArrayMethod = (array: readonly unknown[], ...values: unknown[]) => unknown;

export const METHODS: ReadonlyMap<string, Callable> = new Map([
  ['startsWith', method(1, 2, (text, search, at) => text.startsWith(textOf(search), position(at)))],
  ['endsWith', method(1, 2, (text, search, at) => text.endsWith(textOf(search), position(at)))],
  [
    'includes',
    method(
      1,
      2,
      (text, search, at) => text.includes(textOf(search), position(at)),
      (array, item, at) => array.includes(item, position(at)),
    ),
  ],
  [
    'indexOf',
    method(
      1,
      2,
      (text, search, at) => text.indexOf(textOf(search), position(at)),
      (array, item, at) => array.indexOf(item, position(at)),
    ),
  ],
  [
    'slice',
    method(
      0,
      2,
      (text, from, to) => text.slice(position(from), position(to)),
      (array, from, to) => array.slice(position(from), position(to)),
    ),
  ],
  ['charAt', method(0, 1, (text, at) => text.charAt(position(at) ?? 0))],
  ['toLowerCase', method(0, 0, text => text.toLowerCase())],
  ['toUpperCase', method(0, 0, text => text.toUpperCase())],
  ['trim', method(0, 0, text => text.trim())],
]);

export const FUNCTIONS: ReadonlyMap<string, Callable> = new Map([
  ['Number', callable(1, 1, numberOf)],
  ['String', callable(1, 1, textOf)],
  ['Boolean', callable(1, 1, Boolean)],
  ['Date.parse', callable(1, 1, value => Date.parse(textOf(value)))],
  ['Math.abs', callable(1, 1, value => Math.abs(numberOf(value)))],
  ['Math.ceil', callable(1, 1, value => Math.ceil(numberOf(value)))],
  ['Math.floor', callable(1, 1, value => Math.floor(numberOf(value)))],
  ['Math.round', callable(1, 1, value => Math.round(numberOf(value)))],
  ['Math.trunc', callable(1, 1, value => Math.trunc(numberOf(value)))],
  ['Math.min', callable(1, Number.POSITIVE_INFINITY, (...values) => Math.min(...values.map(numberOf)))],
  ['Math.max', callable(1, Number.POSITIVE_INFINITY, (...values) => Math.max(...values.map(numberOf)))],
]);

/** `pattern.test(value)`. Whatever its flags are, the pattern keeps nothing from one call to the next. */
export function testPattern(pattern: RegExp, value: unknown): boolean {
  pattern.lastIndex = 0;
  return pattern.test(textOf(value));
}

/** `value.match(pattern)` as an array of texts, without the further members that JavaScript gives it. */
export function matchPattern(pattern: RegExp, value: unknown): (string | undefined)[] | null | undefined {
  if (typeof value !== 'string') return undefined;
  pattern.lastIndex = 0;
  const found = value.match(pattern);
  return found === null ? null : [...found];
}

function method(min: number, max: number, ofText: TextMethod, ofArray?: ArrayMethod): Callable {
  const call = (value: unknown, values: readonly unknown[]): unknown => {
    if (typeof value === 'string') return ofText(value, ...values);
    return Array.isArray(value) ? ofArray?.(value, ...values) : undefined;
  };
  return { min, max, call };
}

function callable(min: number, max: number, of: (...values: unknown[]) => unknown): Callable {
  return { min, max, call: (_, values) => of(...values) };
}

/** An argument that is a place in a text or an array; one that is left out stays so. */
function position(value: unknown): number | undefined {
  return value === undefined ? undefined : numberOf(value);
}
