import type { PathSegment } from '../kernel/path.ts';

/** The value to which a path leads in a decoded event, or undefined: own members only, and items of arrays. */
export function valueAt(event: unknown, segments: readonly PathSegment[]): unknown {
  let value = event;
  for (const { name, index } of segments) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) value = index >= 0 ? (value as unknown[])[index] : undefined;
    else if (Object.hasOwn(value, name)) value = (value as Record<string, unknown>)[name];
    else return undefined;
  }
  return value;
}
