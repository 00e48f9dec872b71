import { canonical, type Exact, isList, isObject, written } from './exact-json.ts';

/** Which fields of two events differ. */

export interface FieldDifference {
  /** Names of the members, and numbers of the items, that lead to the field; none for the event itself. */
  readonly path: readonly string[];
  /** The values as JSON; undefined where there is none. */
  readonly expected: string | undefined;
  readonly actual: string | undefined;
}

/** As many as anybody reads, and how deep fields are looked for: a value below that is compared whole. */
const FIELDS_MAX = 20;
const DEPTH_MAX = 64;

/** The fields that differ, in the order of the expected event and then of the actual one; the first twenty of them. */
export function fieldDifferences(
  expected: Exact | undefined,
  actual: Exact | undefined,
  path: readonly string[] = [],
): FieldDifference[] {
  const [before, now] = [membersOf(expected), membersOf(actual)];
  const isSameKind = before !== undefined && now !== undefined && isList(expected) === isList(actual);
  if (!isSameKind || path.length >= DEPTH_MAX) {
    return isEqual(expected, actual) ? [] : [{ path, expected: shown(expected), actual: shown(actual) }];
  }
  const found: FieldDifference[] = [];
  for (const name of new Set([...before.keys(), ...now.keys()])) {
    if (found.length >= FIELDS_MAX) break;
    found.push(...fieldDifferences(before.get(name), now.get(name), [...path, name]));
  }
  return found.slice(0, FIELDS_MAX);
}

function membersOf(value: Exact | undefined): ReadonlyMap<string, Exact> | undefined {
  if (isList(value)) return new Map(value.map((item, index) => [String(index), item]));
  if (isObject(value)) return new Map(Object.entries(value).map(([name, member]) => [name.slice(1), member]));
  return undefined;
}

function isEqual(a: Exact | undefined, b: Exact | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  try {
    return canonical(a) === canonical(b);
  } catch {
    // Nested too deep: it is said to differ, as whoever asks has found that the events do.
    return false;
  }
}

function shown(value: Exact | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return written(value);
  } catch {
    return isList(value) ? '[…]' : '{…}';
  }
}
