import { types } from 'node:util';

/**
 * What stands at a path in a value that JSON.stringify has written: the member itself, where the way there leads through
 * objects that are written as they are. Undefined where it does not: where there is a getter, a Proxy, or an object that
 * decides by its toJSON what is written.
 */
export function ownValueAt(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || types.isProxy(found)) return undefined;
    if (typeof (found as { toJSON?: unknown }).toJSON === 'function') return undefined;
    found = Object.getOwnPropertyDescriptor(found, name)?.value as unknown;
  }
  return found;
}
