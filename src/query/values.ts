import type { Primitive } from './ast.ts';

/**
 * JavaScript's operators on values of JSON and undefined. Events come from anywhere, so nothing here runs into a member of
 * theirs by accident: only own members are seen, and an object's own `toString` or `valueOf` does not take part in
 * conversions, where JavaScript would throw. An object is "[object Object]", and an array is what `join` gives.
 */

/** The own member `name`; of texts and arrays that is an index or `length`. Undefined where there is none. */
export function memberOf(value: unknown, name: string): unknown {
  if (value === null || value === undefined || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** `name in value`, of own members; false where the value is no object. */
function hasMember(value: unknown, name: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, textOf(name));
}

/** `String(value)`. */
export function textOf(value: unknown): string {
  return String(primitiveOf(value));
}

/** `Number(value)`. */
export function numberOf(value: unknown): number {
  return Number(primitiveOf(value));
}

/** The operators with two operands that the language has. */
export const BINARY: ReadonlyMap<string, (left: unknown, right: unknown) => unknown> = new Map<
  string,
  (left: unknown, right: unknown) => unknown
>([
  ['===', (left, right) => left === right],
  ['!==', (left, right) => left !== right],
  ['==', looselyEqual],
  ['!=', (left, right) => !looselyEqual(left, right)],
  ['<', (left, right) => comparable(left) < comparable(right)],
  ['<=', (left, right) => comparable(left) <= comparable(right)],
  ['>', (left, right) => comparable(left) > comparable(right)],
  ['>=', (left, right) => comparable(left) >= comparable(right)],
  ['in', (left, right) => hasMember(right, left)],
  ['+', (left, right) => comparable(left) + comparable(right)],
  ['-', (left, right) => numberOf(left) - numberOf(right)],
  ['*', (left, right) => numberOf(left) * numberOf(right)],
  ['/', (left, right) => numberOf(left) / numberOf(right)],
  ['%', (left, right) => numberOf(left) % numberOf(right)],
]);

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function primitiveOf(value: unknown): Primitive {
  if (Array.isArray(value)) return arrayText(value);
  return isObject(value) ? '[object Object]' : (value as Primitive);
}

/** The primitive value of an operand, whose types are then up to JavaScript. */
function comparable(value: unknown): number {
  return primitiveOf(value) as number;
}

function looselyEqual(left: unknown, right: unknown): boolean {
  if (isObject(left) === isObject(right)) return left == right;
  return primitiveOf(left) == primitiveOf(right);
}

/** `array.join()`, for arrays as deep as can be. */
function arrayText(array: readonly unknown[]): string {
  const open = [{ array, next: 0 }];
  let text = '';
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    if (top.next === top.array.length) {
      open.pop();
      continue;
    }
    if (top.next > 0) text += ',';
    const item = top.array[top.next++];
    if (Array.isArray(item)) open.push({ array: item, next: 0 });
    else if (item !== null && item !== undefined) text += String(primitiveOf(item));
  }
  return text;
}
