import { QUOTE } from './json-bytes.ts';
import type { ValuePath } from './path.ts';
import { markOf, tagOf, TAGS } from './plain-names.ts';
import { buildTrie } from './trie.ts';

/**
 * The trie of a program's paths in flat arrays, as the plain engine walks by it. All are indexed by a node's number; where
 * they hold the number of another node, 0 stands for none, because no path leads back to the root.
 */

export class PathTree {
  /** The field whose path ends here, or -1. */
  readonly fields: Int32Array;
  /** The largest number of a node below. */
  readonly last: Int32Array;
  /** 1 where some path goes on from here, into an object at least. */
  readonly hasMembers: Uint8Array;
  /** The index that leads here in an array, or -1. */
  readonly indices: Int32Array;
  /** The child with the smallest index, and the sibling with the next one. */
  readonly firstElement: Int32Array;
  readonly nextElement: Int32Array;

  /** At `node * TAGS + tag` the first child of `node` whose name has this tag. */
  readonly firstOfTag: Int32Array;
  /** For each child the next sibling that shares its tag. */
  readonly #nextOfTag: Int32Array;
  readonly #names: readonly Uint8Array[];

  constructor(paths: readonly ValuePath[]) {
    const nodes = buildTrie(paths);
    this.fields = Int32Array.from(nodes, ({ field }) => field);
    this.last = Int32Array.from(nodes, ({ last }) => last);
    this.hasMembers = Uint8Array.from(nodes, ({ children }) => (children.length > 0 ? 1 : 0));
    this.indices = Int32Array.from(nodes, ({ index }) => index);
    this.firstElement = new Int32Array(nodes.length);
    this.nextElement = new Int32Array(nodes.length);
    this.#names = nodes.map(({ nameBytes }) => nameBytes);
    this.firstOfTag = new Int32Array(nodes.length * TAGS);
    this.#nextOfTag = new Int32Array(nodes.length);
    for (const [own, { children }] of nodes.entries()) {
      this.#linkElements(own, children);
      for (const child of children) this.#addMember(own, child);
    }
  }

  /** From `child` on, among the siblings that share its tag, the one with the name `bytes[start..end)`; 0 if there is none. */
  named(child: number, bytes: Uint8Array, start: number, end: number): number {
    while (child > 0 && !isSame(this.#names[child]!, bytes, start, end)) child = this.#nextOfTag[child]!;
    return child;
  }

  #linkElements(own: number, children: readonly number[]): void {
    const elements = children
      .filter(child => this.indices[child]! >= 0)
      .sort((a, b) => this.indices[a]! - this.indices[b]!);
    for (const [at, child] of elements.entries()) this.nextElement[child] = elements[at + 1] ?? 0;
    this.firstElement[own] = elements[0] ?? 0;
  }

  #addMember(own: number, child: number): void {
    const name = this.#names[child]!;
    const quoted = Uint8Array.of(QUOTE, ...name, QUOTE);
    const at = own * TAGS + tagOf(markOf(quoted, 1, 1 + name.length));
    this.#nextOfTag[child] = this.firstOfTag[at]!;
    this.firstOfTag[at] = child;
  }
}

function isSame(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = name;
  if (end - start !== length) return false;
  for (let at = 0; at < length; at++) if (bytes[start + at] !== name[at]) return false;
  return true;
}
