// Numbers: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?

import { base, POWER_MAX, POWERS } from './layout';

const MINUS: u32 = 0x2d;
const PLUS: u32 = 0x2b;
const POINT: u32 = 0x2e;
const ZERO: u32 = 0x30;

/** Digits that a 64-bit float holds whatever they are. */
const DIGITS_MAX: i32 = 15;
/** Zeros behind the point that JavaScript writes before it takes to an exponent. */
const ZEROS_MAX: i32 = 5;
/** Of larger exponents the digits are not counted on: nothing is known of them, and nothing is exact. */
const EXPONENT_MAX: i32 = 100_000_000;

/** Of the number that `walkNumber` walked: whether `numberValue` is exact, and whether JavaScript would write it so. */
export let numberExact: bool = false;
export let numberValue: f64 = 0;
export let numberCanonical: bool = false;

// @ts-ignore: decorator
@inline
function digitAt(at: usize): u32 {
  return <u32>load<u8>(at) - ZERO;
}

/** The position behind the number at `at`, or 0. */
export function skipNumber(at: usize): usize {
  if (<u32>load<u8>(at) == MINUS) at++;
  const first = digitAt(at);
  if (first > 9) return 0;
  at++;
  if (first != 0) while (digitAt(at) <= 9) at++;
  let byte: u32 = load<u8>(at);
  if (byte == POINT) {
    if (digitAt(++at) > 9) return 0;
    do at++;
    while (digitAt(at) <= 9);
    byte = load<u8>(at);
  }
  if ((byte | 0x20) != 0x65) return at;
  byte = load<u8>(++at);
  if (byte == PLUS || byte == MINUS) at++;
  if (digitAt(at) > 9) return 0;
  do at++;
  while (digitAt(at) <= 9);
  return at;
}

/** The same, and says in `numberCanonical` how it is spelt. */
export function checkNumber(at: usize): usize {
  const start = at;
  if (<u32>load<u8>(at) == MINUS) at++;
  const first = digitAt(at);
  if (first > 9) return 0;
  const digits = at++;
  if (first != 0) while (digitAt(at) <= 9) at++;
  const point = at;
  if (<u32>load<u8>(at) != POINT) {
    numberCanonical = at - digits <= <usize>DIGITS_MAX && (first != 0 || digits == start);
  } else {
    if (digitAt(++at) > 9) return 0;
    if (first == 0) while (digitAt(at) == 0) at++;
    const zeros = at - point - 1;
    while (digitAt(at) <= 9) at++;
    const count = first == 0 ? at - point - 1 - zeros : at - digits - 1;
    numberCanonical = digitAt(at - 1) != 0 && count <= <usize>DIGITS_MAX && zeros <= <usize>ZEROS_MAX;
  }
  if (((<u32>load<u8>(at)) | 0x20) != 0x65) return at;
  numberCanonical = false;
  return skipNumber(start);
}

/** The same, with the number's value as well. */
export function walkNumber(at: usize): usize {
  const negative = <u32>load<u8>(at) == MINUS;
  if (negative) at++;
  let digit = digitAt(at);
  if (digit > 9) return 0;
  /** All digits as one whole number; wraps where there are too many, and then it does not count. */
  let digits: u64 = digit;
  /** How many digits, from the first that is not 0. */
  let count: i32 = digit == 0 ? 0 : 1;
  at++;
  if (digit != 0) {
    for (digit = digitAt(at); digit <= 9; digit = digitAt(++at)) {
      digits = digits * 10 + digit;
      count++;
    }
  }
  const whole = count > 0;
  let exponent: i32 = 0;
  let isKnown = true;
  let zeros: i32 = 0;
  let lastDigit: u32 = 1;
  if (<u32>load<u8>(at) == POINT) {
    const point = at++;
    digit = digitAt(at);
    if (digit > 9) return 0;
    for (; digit <= 9; digit = digitAt(++at)) {
      digits = digits * 10 + digit;
      if (count > 0 || digit != 0) count++;
      else zeros++;
      lastDigit = digit;
    }
    // A line has far fewer bytes than an i32 can count.
    exponent = -((at - point - 1) as i32);
  }
  numberCanonical =
    count <= DIGITS_MAX && lastDigit != 0 && (whole || zeros <= ZEROS_MAX) && !(negative && count == 0);
  if (((<u32>load<u8>(at)) | 0x20) == 0x65) {
    numberCanonical = false;
    at++;
    const sign: u32 = load<u8>(at);
    if (sign == PLUS || sign == MINUS) at++;
    digit = digitAt(at);
    if (digit > 9) return 0;
    let written: i32 = 0;
    for (; digit <= 9; digit = digitAt(++at)) {
      if (written < EXPONENT_MAX) written = written * 10 + <i32>digit;
      else isKnown = false;
    }
    exponent += sign == MINUS ? -written : written;
  }
  numberExact = isKnown && count <= DIGITS_MAX && exponent >= -POWER_MAX && exponent <= POWER_MAX;
  numberValue = 0;
  if (numberExact) {
    let value = digits as f64;
    if (exponent < 0) value /= load<f64>(base + POWERS + ((<usize>-exponent) << 3));
    else value *= load<f64>(base + POWERS + ((<usize>exponent) << 3));
    numberValue = negative ? -value : value;
  }
  return at;
}
