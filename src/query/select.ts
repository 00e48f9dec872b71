import { MillraceError } from '../base/errors.ts';
import { PREDICATE_FIELDS_MAX } from '../base/limits.ts';
import { parsePath, type PathSegment, type ValuePath } from '../kernel/path.ts';
import { memberOf } from './values.ts';

/**
 * `--select a,b.c`: just these fields of an event, as a new object in which each stands where it stood:
 * `{"a":…,"b":{"c":…}}`. What an event does not have is left out, with the objects around it; null is a value.
 *
 * The order is the one in which the fields are named, but for names that are whole numbers: JavaScript puts those first,
 * and so both ways of writing the object do.
 */
export interface Select {
  readonly text: string;
  /** The values to find; a field's number is its place here. */
  readonly fields: readonly ValuePath[];
  readonly tree: SelectTree;
  /** The object of the fields of an event. */
  readonly pick: (event: unknown) => unknown;
}

/** The members of an object to be written, in their order. */
export type SelectTree = readonly SelectMember[];

export interface SelectMember {
  readonly name: string;
  /** The number of the field that is the member's value, or the members of the object that is. */
  readonly value: number | SelectTree;
}

interface Branch {
  readonly name: string;
  value: number | Branch[];
}

/** Parses paths as in `--key`, with commas between them; throws MILLRACE_SELECT. */
export function parseSelect(text: string): Select {
  const fields = text.split(',').map(item => parseItem(item.trim()));
  if (fields.length > PREDICATE_FIELDS_MAX) {
    throw new MillraceError('MILLRACE_SELECT', `--select has more than ${PREDICATE_FIELDS_MAX} paths`, {
      hint: 'write a handler instead',
    });
  }
  const root: Branch[] = [];
  for (const [field, path] of fields.entries()) grow(root, path, field);
  const tree = inOrder(root);
  return { text, fields, tree, pick: event => pick(tree, fields, event) ?? {} };
}

function parseItem(text: string): ValuePath {
  try {
    return parsePath(text);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const hint = 'write paths with commas between them (time,user.id), or JSON Pointers (/id.orig_h)';
    throw new MillraceError('MILLRACE_SELECT', `--select: ${error.message}`, { hint: error.hint ?? hint });
  }
}

/** Adds a path to the branches, of which no two may hold the same value. */
function grow(root: Branch[], path: ValuePath, field: number): void {
  let branches = root;
  for (const [depth, { name }] of path.segments.entries()) {
    const isLast = depth === path.segments.length - 1;
    let branch = branches.find(other => other.name === name);
    if (branch !== undefined && (isLast || typeof branch.value === 'number')) {
      throw new MillraceError(
        'MILLRACE_SELECT',
        `--select has "${path.text}" twice, or inside of another path`,
        {
          hint: 'leave one of them out: a path brings along all that is inside of it',
        },
      );
    }
    if (branch === undefined) {
      branch = { name, value: isLast ? field : [] };
      branches.push(branch);
    }
    if (typeof branch.value !== 'number') branches = branch.value;
  }
}

/** The branches in the order of an object's members: indices first, by their size. */
function inOrder(branches: readonly Branch[]): SelectTree {
  const members = branches.map(({ name, value }) => ({
    name,
    value: typeof value === 'number' ? value : inOrder(value),
  }));
  return members.sort((one, other) => rank(one.name) - rank(other.name));
}

/** Where objects keep a member of this name: those that can be indices come first, by their size. */
function rank(name: string): number {
  const isIndex = String(Number(name) >>> 0) === name && Number(name) < 2 ** 32 - 1;
  return isIndex ? Number(name) : 2 ** 32;
}

/** The object of those members that the event has, or undefined where it has none. */
function pick(tree: SelectTree, fields: readonly ValuePath[], event: unknown): object | undefined {
  let picked: object | undefined;
  for (const { name, value: source } of tree) {
    const value =
      typeof source === 'number' ? valueAt(event, fields[source]!.segments) : pick(source, fields, event);
    if (value === undefined) continue;
    picked ??= {};
    // Assigning would not make a member of this name.
    Object.defineProperty(picked, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return picked;
}

/** The value that the kernel would find: names lead into objects, and indices into arrays. */
function valueAt(event: unknown, segments: readonly PathSegment[]): unknown {
  let value = event;
  for (const { name, index } of segments) {
    if (typeof value !== 'object' || value === null || (Array.isArray(value) && index < 0)) return undefined;
    value = memberOf(value, name);
  }
  return value;
}
