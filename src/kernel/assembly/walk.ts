// The strict walk over one line of JSON: validates it, finds the wanted values, and notes how the line is spelt. It does
// what ../plain.ts does; ../kernel.ts and ../records.ts say what that is.
//
// Invariant: the bytes end in a newline, which is no part of any valid token, so no loop needs a bounds check. A position
// of 0 means that the line is not valid, or, with `rare`, that JavaScript must look at it.

import { checkNumber, numberCanonical, numberExact, numberValue, skipNumber, walkNumber } from './number';
import { beginShape, clearShape, entryChild, entryLength, expected, learn } from './shape';
import { beginNames, closeNames, noteName, noteRootName, openNames } from './spelling';
import { anyEscape, anySpace, beginText, escaped, NEWLINE, QUOTE, skipSpace, walkLiteral, walkString } from './text';
import { findChild, findElement, firstChild, NODE_BYTES, nodeEnd, nodeField, wasMet } from './trie';

const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;
const MINUS: u32 = 0x2d;
const OPEN_OBJECT: u32 = 0x7b;
const CLOSE_OBJECT: u32 = 0x7d;
const OPEN_ARRAY: u32 = 0x5b;
const CLOSE_ARRAY: u32 = 0x5d;

/** As in ../records.ts. */
const NULL: u32 = 1;
const FALSE: u32 = 2;
const TRUE: u32 = 3;
const NUMBER: u32 = 4;
const NUMBER_TEXT: u32 = 5;
const STRING: u32 = 6;
const ESCAPED_STRING: u32 = 7;
const OBJECT: u32 = 8;
const ARRAY: u32 = 9;
const REGULAR: u32 = 1;
const CANONICAL: u32 = 2;
const NUMBERS: u32 = 4;
const BARE: u32 = 8;

const DEPTH_MAX: i32 = 1000;
const FIELDS_AT: usize = 16;
const FIELD_BYTES: usize = 24;

/** As in ../program.ts. */
const CHECK_ALL: i32 = 2;
const CHECK_NUMBERS: i32 = 3;

/** How much of the names' spelling is looked at: 0, 1 for the root's, 2 for all. And whether that of numbers is. */
let spelling: i32 = 0;
let checksNumbers: bool = false;
/** The root of the trie, or 0 where nothing is wanted. */
let root: usize = 0;

/** Of the line at hand. */
let origin: usize = 0;
let record: usize = 0;
let stamp: u32 = 0;
let members: u32 = 0;
let insertAt: u32 = 0;
let canonicalNumbers: bool = true;
/** Whether the root's names, and all other objects', change no order. */
let rootNames: bool = true;
let innerNames: bool = true;
/** Whether JavaScript must look at the line. */
export let rare: bool = false;

export function setProgram(trie: usize, check: i32): void {
  root = firstChild(trie) == 0 ? 0 : trie;
  spelling = check == CHECK_NUMBERS ? 0 : check;
  checksNumbers = check >= CHECK_ALL;
  clearShape();
}

/**
 * Walks the value at `at`, which is no white space, in the line that begins at `start`; writes what it finds to the record at
 * `to`, whose fields are all missing. Returns the position behind the value. Positions are told as offsets from `bytes`.
 */
export function walkRoot(bytes: usize, start: usize, at: usize, to: usize): usize {
  const isFirst = at == start;
  origin = bytes;
  record = to;
  rare = false;
  members = 0;
  insertAt = 0;
  stamp++;
  beginShape();
  canonicalNumbers = true;
  if (spelling != 0) {
    beginNames();
    beginText();
    rootNames = true;
    innerNames = true;
  }
  const first: u32 = load<u8>(at);
  if (first == OPEN_OBJECT) {
    insertAt = (at + 1 - bytes) as u32;
    at = walkObject(at + 1, root, 1);
  } else {
    at = first == OPEN_ARRAY && root != 0 ? walkArray(at + 1, root, 1) : skipValue(at, 0);
  }
  if (at == 0) return 0;
  let spelt: u32 = checksNumbers && canonicalNumbers ? NUMBERS : 0;
  if (spelling != 0 && first == OPEN_OBJECT) {
    if (rootNames) spelt |= REGULAR;
    const names = rootNames && innerNames;
    if (spelling == 2 && names && canonicalNumbers && !anyEscape && !anySpace) spelt |= CANONICAL;
  }
  if (spelling != 0 && isFirst && <u32>load<u8>(at) == NEWLINE) spelt |= BARE;
  store<u32>(record, spelt, 4);
  store<u32>(record, insertAt, 8);
  store<u32>(record, members, 12);
  return at;
}

/**
 * The position behind the object whose first member is at `at`, in which the children of `node` are looked for; 0 for none.
 */
function walkObject(at: usize, node: usize, depth: i32): usize {
  const isRoot = depth == 1;
  const names = openNames();
  at = skipSpace(at);
  if (<u32>load<u8>(at) == CLOSE_OBJECT) return at + 1;
  while (true) {
    const name = at + 1;
    let length: usize;
    let child: usize = 0;
    let plain = true;
    const entry = expected(at, node);
    if (entry != 0) {
      length = entryLength(entry) - 3;
      child = entryChild(entry);
      at = skipSpace(at + length + 3);
    } else {
      if (<u32>load<u8>(at) != QUOTE) return 0;
      at = walkString(name);
      if (at == 0) return 0;
      plain = !escaped;
      length = at - 1 - name;
      if (node != 0) {
        if (!plain) {
          // It may be a wanted name in another spelling.
          rare = true;
          return 0;
        }
        child = findChild(node, name, length);
      }
      if (plain) learn(name, length, node, child);
      at = skipSpace(at);
      if (<u32>load<u8>(at) != COLON) return 0;
      at = skipSpace(at + 1);
    }
    if (spelling != 0) {
      if (isRoot) rootNames = rootNames && plain && noteRootName(name, length);
      else if (spelling == 2) innerNames = innerNames && plain && noteName(names, name, length);
    }
    at = child == 0 ? skipValue(at, depth) : takeValue(at, child, depth);
    if (at == 0) return 0;
    if (isRoot) {
      members++;
      insertAt = (at - origin) as u32;
    }
    at = skipSpace(at);
    const next: u32 = load<u8>(at);
    if (next == COMMA) {
      at = skipSpace(at + 1);
      continue;
    }
    if (next != CLOSE_OBJECT) return 0;
    closeNames(names);
    return at + 1;
  }
}

/** The position behind the array whose first element is at `at`, in which the children of `node` are looked for. */
function walkArray(at: usize, node: usize, depth: i32): usize {
  at = skipSpace(at);
  if (<u32>load<u8>(at) == CLOSE_ARRAY) return at + 1;
  let index: i32 = 0;
  while (true) {
    const child = findElement(node, index++);
    at = child == 0 ? skipValue(at, depth) : takeValue(at, child, depth);
    if (at == 0) return 0;
    at = skipSpace(at);
    const next: u32 = load<u8>(at);
    if (next == CLOSE_ARRAY) return at + 1;
    if (next != COMMA) return 0;
    at = skipSpace(at + 1);
  }
}

/** Takes the value at `at` as that of `node`; returns the position behind it. */
function takeValue(at: usize, node: usize, depth: i32): usize {
  // Of several members of one name the last counts, and nothing of the earlier ones is left.
  if (wasMet(node, stamp)) clearFields(node);
  const first: u32 = load<u8>(at);
  const field = nodeField(node);
  if (first == QUOTE) {
    const end = walkString(at + 1);
    if (end != 0 && field >= 0) setField(field, escaped ? ESCAPED_STRING : STRING, at + 1, end - 1);
    return end;
  }
  if (first == MINUS || first - 0x30 < 10) {
    const end = walkNumber(at);
    if (end == 0) return 0;
    canonicalNumbers = canonicalNumbers && numberCanonical;
    if (field >= 0) {
      const to = setField(field, numberExact ? NUMBER : NUMBER_TEXT, at, end);
      store<f64>(to, numberValue, 16);
    }
    return end;
  }
  let end: usize;
  let kind: u32;
  const hasChildren = firstChild(node) != 0;
  if (first == OPEN_OBJECT) {
    kind = OBJECT;
    if (depth >= DEPTH_MAX) return giveUp();
    end = walkObject(at + 1, hasChildren ? node : 0, depth + 1);
  } else if (first == OPEN_ARRAY) {
    kind = ARRAY;
    if (depth >= DEPTH_MAX) return giveUp();
    end = hasChildren ? walkArray(at + 1, node, depth + 1) : skipArray(at + 1, depth + 1);
  } else {
    end = walkLiteral(at);
    kind = first == 0x6e ? NULL : first == 0x74 ? TRUE : FALSE;
  }
  if (end != 0 && field >= 0) setField(field, kind, at, end);
  return end;
}

function setField(field: i32, kind: u32, start: usize, end: usize): usize {
  const to = record + FIELDS_AT + (<usize>field) * FIELD_BYTES;
  store<u32>(to, kind);
  store<u32>(to, (start - origin) as u32, 4);
  store<u32>(to, (end - origin) as u32, 8);
  return to;
}

/** Takes back what was found under `node`. */
function clearFields(node: usize): void {
  const end = nodeEnd(node);
  for (let each = node; each < end; each += NODE_BYTES) {
    const field = nodeField(each);
    if (field >= 0) memory.fill(record + FIELDS_AT + (<usize>field) * FIELD_BYTES, 0, FIELD_BYTES);
  }
}

/** The position behind the value at `at`, of which nothing is wanted. */
function skipValue(at: usize, depth: i32): usize {
  const first: u32 = load<u8>(at);
  if (first == QUOTE) return walkString(at + 1);
  if (first == MINUS || first - 0x30 < 10) {
    if (!checksNumbers) return skipNumber(at);
    at = checkNumber(at);
    canonicalNumbers = canonicalNumbers && numberCanonical;
    return at;
  }
  if (first == OPEN_OBJECT) return depth >= DEPTH_MAX ? giveUp() : walkObject(at + 1, 0, depth + 1);
  if (first == OPEN_ARRAY) return depth >= DEPTH_MAX ? giveUp() : skipArray(at + 1, depth + 1);
  return walkLiteral(at);
}

function skipArray(at: usize, depth: i32): usize {
  at = skipSpace(at);
  if (<u32>load<u8>(at) == CLOSE_ARRAY) return at + 1;
  while (true) {
    at = skipValue(at, depth);
    if (at == 0) return 0;
    at = skipSpace(at);
    const next: u32 = load<u8>(at);
    if (next == CLOSE_ARRAY) return at + 1;
    if (next != COMMA) return 0;
    at = skipSpace(at + 1);
  }
}

function giveUp(): usize {
  rare = true;
  return 0;
}
