// How the names of an object are spelt: whether they differ from one another, and none begins with a digit (which would
// change the order of members in JavaScript).

import { base, NAME_HASHES, NAMES, NAMES_MAX } from './layout';

const MEMBERS_MAX: i32 = 64;
const NAME_BYTES: usize = 24;

/** Names of the root are kept apart, in front; those of all other objects that are open are counted from here. */
let count: i32 = MEMBERS_MAX;

/** Names of the root of this line so far; and of those kept how many are known to differ, from the line before. */
let rootCount: i32 = 0;
let rootKnown: i32 = 0;
/** Whether all names of this line's root are those of the line before. */
let following: bool = false;

export function beginNames(): void {
  count = MEMBERS_MAX;
  if (!following) rootKnown = rootCount;
  rootCount = 0;
  following = true;
}

/** Takes a name of the root, without escapes; whether it is one that changes no order. */
export function noteRootName(name: usize, length: usize): bool {
  if (following && rootCount < rootKnown && isNameAt(rootCount, name, length)) {
    rootCount++;
    return true;
  }
  following = false;
  if (rootCount >= MEMBERS_MAX || !add(0, rootCount, name, length)) return false;
  rootCount++;
  return true;
}

/** Opens an object; the result is what `closeNames` and `noteName` take. */
// @ts-ignore: decorator
@inline
export function openNames(): i32 {
  return count;
}

// @ts-ignore: decorator
@inline
export function closeNames(first: i32): void {
  count = first;
}

/** Takes a name, without escapes, of the object whose names begin at number `first`; the result is as for the root's. */
export function noteName(first: i32, name: usize, length: usize): bool {
  const open = count - MEMBERS_MAX + rootCount;
  if (count - first >= MEMBERS_MAX || open >= NAMES_MAX || !add(first, count, name, length)) return false;
  count++;
  return true;
}

/** The first eight bytes of a name, or all there are. */
// @ts-ignore: decorator
@inline
function headOf(name: usize, length: usize): u64 {
  if (length >= 8) return load<u64>(name);
  return length == 0 ? 0 : load<u64>(name) & (<u64>-1 >> (64 - (<u64>length << 3)));
}

// @ts-ignore: decorator
@inline
function tailOf(name: usize, length: usize, head: u64): u64 {
  return length >= 8 ? load<u64>(name + length - 8) : head;
}

function isNameAt(number: i32, name: usize, length: usize): bool {
  const entry = base + NAMES + (<usize>number) * NAME_BYTES;
  const head = headOf(name, length);
  return (
    load<u64>(entry) == (length as u64) &&
    load<u64>(entry, 8) == head &&
    load<u64>(entry, 16) == tailOf(name, length, head)
  );
}

/** Adds a name as number `next` to those from `first`, if none of them looks the same and it does not begin with a digit. */
function add(first: i32, next: i32, name: usize, length: usize): bool {
  if (<u32>load<u8>(name) - 0x30 < 10) return false;
  const head = headOf(name, length);
  const tail = tailOf(name, length, head);
  const mixed = (head ^ rotl<u64>(tail, 29) ^ <u64>length) * 0x9e3779b97f4a7c15;
  const hash = (mixed >> 32) as u32;
  if (isTaken(first, next, hash, head, tail, length)) return false;
  store<u32>(base + NAME_HASHES + ((<usize>next) << 2), hash);
  const entry = base + NAMES + (<usize>next) * NAME_BYTES;
  store<u64>(entry, length);
  store<u64>(entry, head, 8);
  store<u64>(entry, tail, 16);
  return true;
}

/** Whether there is a name that looks the same: of this length, with these first and last eight bytes. */
function isTaken(first: i32, count: i32, hash: u32, head: u64, tail: u64, length: usize): bool {
  const wanted = i32x4.splat(hash as i32);
  for (let at = first; at < count; at += 4) {
    const hits = i32x4.bitmask(i32x4.eq(v128.load(base + NAME_HASHES + ((<usize>at) << 2)), wanted));
    if (hits == 0) continue;
    for (let i = 0; i < 4 && at + i < count; i++) {
      const entry = base + NAMES + (<usize>(at + i)) * NAME_BYTES;
      if (load<u64>(entry) == length && load<u64>(entry, 8) == head && load<u64>(entry, 16) == tail) return true;
    }
  }
  return false;
}
