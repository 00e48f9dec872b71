// Lines of one source mostly have the same members in the same order. The walk keeps the names that it met, by their place in
// the line; where a name stands that was there before, one comparison of it, with its quotes and colon, takes the place of
// walking it, looking it up, and finding the colon. Each:
//
//     bytes v128 v128   mask v128 v128   node u32   child u32   length u32
//
// `bytes` is `"name":` and `length` its length; `node` is where in the trie the object is in which it stands (0 for none),
// and `child` what it leads to there.

import { base, SHAPE, SHAPE_BYTES } from './layout';
import { QUOTE } from './text';

const ENTRY_BYTES: usize = 96;
const ENTRIES_MAX: u32 = 128;
/** Characters of a name that is kept, so that it fits into two vectors with two quotes and a colon. */
const NAME_MAX: usize = 29;
const COLON: u32 = 0x3a;
/** No object stands there. */
const NOWHERE: u32 = 0xffff_ffff;

/** The place of the next member in the line. */
let step: u32 = 0;

/** Forgets all; must be called before the first line, and when the trie has changed. */
export function clearShape(): void {
  for (let at: usize = 0; at < SHAPE_BYTES; at += ENTRY_BYTES) store<u32>(base + SHAPE + at, NOWHERE, 64);
}

// @ts-ignore: decorator
@inline
export function beginShape(): void {
  step = 0;
}

/** The entry of the member that begins with the quote at `at`, in an object at `node`, or 0 where it was not met there. */
// @ts-ignore: decorator
@inline
export function expected(at: usize, node: usize): usize {
  if (step >= ENTRIES_MAX - 1) return 0;
  const entry = base + SHAPE + (step as usize) * ENTRY_BYTES;
  step++;
  if (isAt(entry, at, node)) return entry;
  // The one that was there may be missing.
  const next = entry + ENTRY_BYTES;
  if (!isAt(next, at, node)) return 0;
  step++;
  return next;
}

// @ts-ignore: decorator
@inline
function isAt(entry: usize, at: usize, node: usize): bool {
  if (load<u32>(entry, 64) != (node as u32)) return false;
  const differing = v128.and(v128.xor(v128.load(at), v128.load(entry)), v128.load(entry, 32));
  if (v128.any_true(differing)) return false;
  return load<u32>(entry, 72) <= 16 || isRestAt(entry, at);
}

function isRestAt(entry: usize, at: usize): bool {
  const differing = v128.and(v128.xor(v128.load(at, 16), v128.load(entry, 16)), v128.load(entry, 48));
  return !v128.any_true(differing);
}

// @ts-ignore: decorator
@inline
export function entryChild(entry: usize): usize {
  return load<u32>(entry, 68) as usize;
}

// @ts-ignore: decorator
@inline
export function entryLength(entry: usize): usize {
  return load<u32>(entry, 72) as usize;
}

/** Keeps the member whose name, without escapes, was just walked, in the place of the one that was expected. */
export function learn(name: usize, length: usize, node: usize, child: usize): void {
  if (step == 0 || step >= ENTRIES_MAX - 1) return;
  const entry = base + SHAPE + ((step - 1) as usize) * ENTRY_BYTES;
  const at = name - 1;
  if (length > NAME_MAX || <u32>load<u8>(name + length) != QUOTE || <u32>load<u8>(name + length + 1) != COLON) {
    store<u32>(entry, NOWHERE, 64);
    return;
  }
  const token = length + 3;
  for (let i: usize = 0; i < 32; i++) {
    const within = i < token;
    store<u8>(entry + i, within ? load<u8>(at + i) : 0);
    store<u8>(entry + i, within ? 0xff : 0, 32);
  }
  store<u32>(entry, node as u32, 64);
  store<u32>(entry, child as u32, 68);
  store<u32>(entry, token as u32, 72);
}
