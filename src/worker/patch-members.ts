import type { PatchIndex } from './patch-index.ts';
import { type Piece, SAME, Splicer } from './patch-splicer.ts';

/**
 * The text of an object whose members are not those of the text in the order of the text, or of an array of another
 * length, from what became of each of its values.
 */

/** In the place of a value of the text, for a key that has none there. */
export const NONE = -1;

export interface Members {
  readonly keys: readonly string[];
  /** For each key the value in the text that counts for it: of members of one name the last. */
  readonly nodes: readonly number[];
  /** All values of the text that count, by name, in the order in which the names come first. */
  readonly byName: ReadonlyMap<string, number>;
  /** Whether a name stands there more than once. */
  readonly areRepeated: boolean;
}

/** Finds the members of the object `node` for `keys`. */
export function findMembers(index: PatchIndex, node: number, keys: readonly string[]): Members {
  const byName = new Map<string, number>();
  let members = 0;
  for (let child = node + 1; child < index.nexts[node]!; child = index.nexts[child]!) {
    byName.set(index.nameOf(child), child);
    members++;
  }
  const nodes = keys.map(key => byName.get(key) ?? NONE);
  return { keys, nodes, byName, areRepeated: byName.size < members };
}

/** Whether the keys are those that JSON.parse gives, in the same order. */
export function areKeysOfText({ keys, byName }: Members): boolean {
  if (keys.length !== byName.size) return false;
  // An object puts names like "7" first, in ascending order; without a prototype it takes any name.
  const parsed = Object.create(null) as Record<string, true>;
  for (const name of byName.keys()) parsed[name] = true;
  return Object.keys(parsed).every((name, at) => name === keys[at]);
}

/** The object's text with `pieces`, one for each key. */
export function writeMembers(
  index: PatchIndex,
  text: string,
  node: number,
  members: Members,
  pieces: readonly Piece[],
): string {
  return isInOrder(members, pieces)
    ? spliceMembers(index, text, node, members, pieces)
    : rebuildMembers(index, members, pieces);
}

/** Whether the members that stay come in the order of the text, and new ones after them. */
function isInOrder({ nodes, areRepeated }: Members, pieces: readonly Piece[]): boolean {
  if (areRepeated) return false;
  let last = 0;
  for (const [at, node] of nodes.entries()) {
    if (pieces[at] === undefined) continue;
    const place = node === NONE ? Number.MAX_SAFE_INTEGER : node;
    if (place < last) return false;
    last = place;
  }
  return true;
}

function spliceMembers(
  { starts, ends, nexts, nameStarts }: PatchIndex,
  text: string,
  node: number,
  { keys, nodes }: Members,
  pieces: readonly Piece[],
): string {
  const splicer = new Splicer(text, starts[node]!, starts[node]! + 1);
  let at = 0;
  for (let child = node + 1; child < nexts[node]!; child = nexts[child]!) {
    while (at < keys.length && pieces[at] === undefined) at++;
    const piece = nodes[at] === child ? pieces[at++] : undefined;
    const from = nameStarts[child]!;
    const end = ends[child]!;
    if (piece === undefined) splicer.drop(from, end);
    else if (piece === SAME) splicer.keep(from, end);
    else splicer.replace(from, starts[child]!, end, piece);
  }
  for (; at < keys.length; at++) {
    const piece = pieces[at];
    if (typeof piece === 'string') splicer.append(keys[at]!, piece);
  }
  return splicer.finish(ends[node]!);
}

function rebuildMembers(index: PatchIndex, { keys, nodes }: Members, pieces: readonly Piece[]): string {
  let json = '';
  for (const [at, key] of keys.entries()) {
    const piece = pieces[at];
    if (piece === undefined) continue;
    const value = piece === SAME ? index.textOf(nodes[at]!) : piece;
    json += `${json === '' ? '{' : ','}${JSON.stringify(key)}:${value}`;
  }
  return json === '' ? '{}' : `${json}}`;
}

/** The text of an array that has become longer or shorter; `pieces` are those of its elements now. */
export function writeElements(index: PatchIndex, node: number, pieces: readonly Piece[]): string {
  let json = '';
  let child = node + 1;
  for (const piece of pieces) {
    json += (json === '' ? '[' : ',') + (piece === SAME ? index.textOf(child) : (piece ?? 'null'));
    child = index.nexts[child]!;
  }
  return json === '' ? '[]' : `${json}]`;
}
