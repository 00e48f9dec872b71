import { types } from 'node:util';

/**
 * What can be untouched at all, and whether it is.
 *
 * Untouched is a value that is as JSON.parse made it. Objects of a class, boxed primitives, Proxies and whatever has a
 * toJSON are never so: JSON.stringify has its own ways with them.
 */

/** Whether `value`, no Proxy and without toJSON, is an array, or else an object as JSON.parse makes it. */
export function isContainer(value: object, array: boolean): boolean {
  if (array || Array.isArray(value)) return array && Array.isArray(value);
  return Object.getPrototypeOf(value) === Object.prototype && !types.isBoxedPrimitive(value);
}

/**
 * Whether all of `value` is as in `original`, which comes from JSON.parse. Works without recursion, for what is nested
 * too deep for it. Getters are not read: what has them is not the same.
 */
export function isUntouched(original: unknown, value: unknown): boolean {
  const pairs: [original: unknown, value: unknown][] = [[original, value]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [before, now] = pair;
    if (typeof before !== 'object' || before === null) {
      if (!Object.is(before, now)) return false;
      continue;
    }
    if (typeof now !== 'object' || now === null || types.isProxy(now)) return false;
    if (typeof (now as { toJSON?: unknown }).toJSON === 'function') return false;
    if (!isContainer(now, Array.isArray(before))) return false;
    const keys = Object.keys(before);
    // Names that an array has beside its elements do not count.
    const keysNow = Array.isArray(before) ? keys : Object.keys(now);
    if (sizeOf(before) !== sizeOf(now)) return false;
    for (const [at, key] of keys.entries()) {
      const property = Object.getOwnPropertyDescriptor(now, key);
      if (keysNow[at] !== key || property === undefined || !('value' in property)) return false;
      pairs.push([(before as Record<string, unknown>)[key], property.value]);
    }
  }
  return true;
}

function sizeOf(container: object): number {
  return Array.isArray(container) ? container.length : Object.keys(container).length;
}
