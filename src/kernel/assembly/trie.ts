// The wanted paths, as ../wasm.ts writes them: nodes in preorder, the root first. Each:
//
//     word u64   mask u64   name u32   length u32   field i32   index i32   child u32   next u32   end u32   stamp u32
//
// `word` is the name's first eight bytes under `mask`; `index` the element it means in an array, or -1; `child`, `next`
// and `end` are addresses: of the first child, the next sibling (0 for none), and behind the last descendant.

import { equal } from './text';

export const NODE_BYTES: usize = 48;

// @ts-ignore: decorator
@inline
export function nodeField(node: usize): i32 {
  return load<i32>(node, 24);
}

// @ts-ignore: decorator
@inline
export function firstChild(node: usize): usize {
  return load<u32>(node, 32) as usize;
}

// @ts-ignore: decorator
@inline
export function nodeEnd(node: usize): usize {
  return load<u32>(node, 40) as usize;
}

/** Whether the node was met in this line before; from now on it was. */
// @ts-ignore: decorator
@inline
export function wasMet(node: usize, line: u32): bool {
  const before = load<u32>(node, 44);
  store<u32>(node, line, 44);
  return before == line;
}

/** The child of `node` with this name, or 0. */
// @ts-ignore: decorator
@inline
export function findChild(node: usize, name: usize, length: usize): usize {
  const head = load<u64>(name);
  for (let child = firstChild(node); child != 0; child = load<u32>(child, 36) as usize) {
    if (<usize>load<u32>(child, 20) != length || (head & load<u64>(child, 8)) != load<u64>(child)) continue;
    if (length <= 8 || equal(name + 8, (load<u32>(child, 16) as usize) + 8, length - 8)) return child;
  }
  return 0;
}

/** The child of `node` that means the element `index`, or 0. */
export function findElement(node: usize, index: i32): usize {
  for (let child = firstChild(node); child != 0; child = load<u32>(child, 36) as usize) {
    if (load<i32>(child, 28) == index) return child;
  }
  return 0;
}
