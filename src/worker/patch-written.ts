/**
 * The text of a value as JSON.stringify writes it inside another one: what a patch puts in the place of a value that was
 * changed.
 */

/**
 * `value` as JSON.stringify writes it for the member or the element `key`; undefined where it leaves a member out. Reads
 * a toJSON once. Throws what JSON.stringify throws.
 */
export function written(value: unknown, key: string | number): string | undefined {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
    case 'symbol':
      return undefined;
    default:
      if (value === null) return 'null';
      return writtenAfter((value as { toJSON?: unknown }).toJSON, value, key);
  }
}

/** The same for an object, a function or a BigInt whose `toJSON` has been read. */
export function writtenAfter(toJSON: unknown, value: unknown, key: string | number): string | undefined {
  const bare: unknown = typeof toJSON === 'function' ? Reflect.apply(toJSON, value, [String(key)]) : value;
  // JSON.stringify does not ask what a toJSON returned for a toJSON again.
  return JSON.stringify({ toJSON: () => bare });
}
