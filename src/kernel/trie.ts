import type { PathSegment, ValuePath } from './path.ts';

/**
 * The paths of a program as one tree, so that a walk over a line looks at each name once, however many paths share it.
 * Flat and numbered in preorder: the nodes below node n are n + 1 to `last`, its first child is n + 1, and the sibling
 * after a child is the child's `last` + 1. Both engines walk by it.
 */
export interface TrieNode {
  /** The segment that leads here: its name in an object, its index in an array or -1. The root has none: no bytes, -1. */
  readonly nameBytes: Uint8Array;
  readonly index: number;
  /** The field whose path ends here, by its number in the program, or -1. A node without children always has one. */
  readonly field: number;
  /** Numbers of the nodes one segment further on, ascending; no two have the same name. */
  readonly children: readonly number[];
  /** The largest number of a node below this one; its own number where there is none. */
  readonly last: number;
}

/** A node that has no number yet. */
interface Branch {
  readonly segment: Pick<PathSegment, 'nameBytes' | 'index'>;
  readonly branches: Map<string, Branch>;
  field: number;
}

/**
 * The tree of `fields`; node 0 is its root, which stands for the line's value itself. Siblings are in the order in which
 * the fields name them first. Throws where a path has no segment, or two have the same ones.
 */
export function buildTrie(fields: readonly ValuePath[]): readonly TrieNode[] {
  const root = newBranch({ nameBytes: new Uint8Array(0), index: -1 });
  for (const [field, { text, segments }] of fields.entries()) {
    let branch = root;
    for (const segment of segments) {
      const next = branch.branches.get(segment.name) ?? newBranch(segment);
      branch.branches.set(segment.name, next);
      branch = next;
    }
    if (branch === root) throw new Error(`the path "${text}" has no segment`);
    if (branch.field >= 0) throw new Error(`the path "${text}" is there twice`);
    branch.field = field;
  }
  const nodes: TrieNode[] = [];
  number(root, nodes);
  return nodes;
}

function newBranch(segment: Branch['segment']): Branch {
  return { segment, branches: new Map(), field: -1 };
}

/** Appends `branch` and all below it to `nodes`; returns its number. */
function number({ segment, branches, field }: Branch, nodes: TrieNode[]): number {
  const own = nodes.length;
  const children: number[] = [];
  const node = { nameBytes: segment.nameBytes, index: segment.index, field, children, last: own };
  nodes.push(node);
  for (const branch of branches.values()) children.push(number(branch, nodes));
  node.last = nodes.length - 1;
  return own;
}
