// Decides a predicate for the line whose record is at hand: the table of ../program.ts. Tests, as ../wasm.ts writes them:
//
//     op u32   field u32   onTrue i32   onFalse i32   number f64   text u32   length u32

import { equal } from './text';

const TEST_BYTES: usize = 32;

export const PASS: i32 = -1;
export const DROP: i32 = -2;
export const UNSURE: i32 = -3;

const NO: i32 = 0;
const YES: i32 = 1;
const UNKNOWN: i32 = 2;

/** As in ../records.ts. */
const MISSING: u32 = 0;
const NULL: u32 = 1;
const FALSE: u32 = 2;
const TRUE: u32 = 3;
const NUMBER: u32 = 4;
const NUMBER_TEXT: u32 = 5;
const STRING: u32 = 6;
const ESCAPED_STRING: u32 = 7;
const OBJECT: u32 = 8;
const ARRAY: u32 = 9;

let tests: usize = 0;

/** Says where the tests are; 0 where all lines go on. */
export function setTests(at: usize): void {
  tests = at;
}

export function hasTests(): bool {
  return tests != 0;
}

/** PASS, DROP or UNSURE, for the record at `record` of a line whose slot begins at `bytes`. */
export function decide(record: usize, bytes: usize): i32 {
  let next: i32 = 0;
  while (next >= 0) {
    const test = tests + (<usize>next) * TEST_BYTES;
    const answer = ask(test, record + 16 + (<usize>load<u32>(test, 4)) * 24, bytes);
    if (answer == UNKNOWN) return UNSURE;
    next = answer == YES ? load<i32>(test, 8) : load<i32>(test, 12);
  }
  return next;
}

function ask(test: usize, field: usize, bytes: usize): i32 {
  const op: u32 = load<u32>(test);
  const kind: u32 = load<u32>(field);
  switch (op) {
    case 1:
      return truth(kind, field);
    case 2:
    case 3:
    case 4:
    case 5:
      return compare(op, kind, field, load<f64>(test, 16));
    case 6:
      if (kind == FALSE || kind == TRUE) return ((kind == TRUE ? 1.0 : 0.0) == load<f64>(test, 16)) as i32;
      if (kind >= STRING) return UNKNOWN;
      return sameNumber(kind, field, load<f64>(test, 16));
    case 7:
      return sameNumber(kind, field, load<f64>(test, 16));
    case 8:
      if (kind > NULL && kind != STRING) return UNKNOWN;
      return sameText(kind, field, bytes, test);
    case 9:
      return sameText(kind, field, bytes, test);
    case 10:
      return (kind <= NULL) as i32;
    case 11:
      return (kind == NULL) as i32;
    case 12:
      return (kind == FALSE) as i32;
    case 13:
      return (kind == TRUE) as i32;
    case 14:
      return (kind != MISSING) as i32;
    case 15:
    case 16:
    case 17:
      if (kind == ESCAPED_STRING || kind == ARRAY) return UNKNOWN;
      return kind == STRING ? (holds(op, field, bytes, test) as i32) : NO;
    case 18:
      return (kind == OBJECT) as i32;
    case 19:
      return (kind == STRING || kind == ESCAPED_STRING) as i32;
    default:
      return UNKNOWN;
  }
}

function truth(kind: u32, field: usize): i32 {
  switch (kind) {
    case MISSING:
    case NULL:
    case FALSE:
      return NO;
    case NUMBER:
      return (load<f64>(field, 16) != 0) as i32;
    case NUMBER_TEXT:
      return UNKNOWN;
    case STRING:
      return (load<u32>(field, 4) < load<u32>(field, 8)) as i32;
    default:
      // A string that holds an escape is not empty.
      return YES;
  }
}

function compare(op: u32, kind: u32, field: usize, number: f64): i32 {
  if (kind == MISSING) return NO;
  if (kind > NUMBER) return UNKNOWN;
  const value: f64 = kind == NUMBER ? load<f64>(field, 16) : kind == TRUE ? 1 : 0;
  if (op == 2) return (value < number) as i32;
  if (op == 3) return (value <= number) as i32;
  if (op == 4) return (value > number) as i32;
  return (value >= number) as i32;
}

function sameNumber(kind: u32, field: usize, number: f64): i32 {
  if (kind == NUMBER_TEXT) return UNKNOWN;
  return (kind == NUMBER && load<f64>(field, 16) == number) as i32;
}

function sameText(kind: u32, field: usize, bytes: usize, test: usize): i32 {
  if (kind == ESCAPED_STRING) return UNKNOWN;
  if (kind != STRING) return NO;
  const start = bytes + load<u32>(field, 4);
  const length = bytes + load<u32>(field, 8) - start;
  if (length != <usize>load<u32>(test, 28)) return NO;
  return equal(start, load<u32>(test, 24) as usize, length) as i32;
}

/** Whether the string begins with, ends with, or includes the text of the test. */
function holds(op: u32, field: usize, bytes: usize, test: usize): bool {
  const start = bytes + load<u32>(field, 4);
  const end = bytes + load<u32>(field, 8);
  const text = load<u32>(test, 24) as usize;
  const length = load<u32>(test, 28) as usize;
  if (length > end - start) return false;
  if (length == 0) return true;
  if (op == 15) return equal(start, text, length);
  if (op == 16) return equal(end - length, text, length);
  const first = i8x16.splat(load<u8>(text));
  const lastStart = end - length;
  for (let at = start; at <= lastStart; at += 16) {
    let hits = i8x16.bitmask(i8x16.eq(v128.load(at), first));
    while (hits != 0) {
      const hit = at + (ctz(hits) as usize);
      if (hit > lastStart) return false;
      if (equal(hit, text, length)) return true;
      hits &= hits - 1;
    }
  }
  return false;
}
