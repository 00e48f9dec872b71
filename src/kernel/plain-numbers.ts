import { DOT, isDigit, LETTER_E, MINUS, ZERO } from './json-bytes.ts';

/**
 * Valid JSON numbers as bytes: their value where a float can be computed exactly, and whether they are spelt as
 * JSON.stringify would.
 */

/** Up to so many digits a significand is exact as a float, and what JSON.stringify gives has no other digits. */
export const DIGITS_MAX = 15;
/** Powers of ten up to here are exact as floats. */
const EXPONENT_MAX = 22;
const POWERS = Float64Array.from({ length: EXPONENT_MAX + 1 }, (_, exponent) => Number(`1e${exponent}`));
/** JSON.stringify writes smaller numbers with an exponent. */
const ZEROS_BEFORE_DIGITS_MAX = 5;

/**
 * The value of the number `bytes[start..end)`, exactly JSON.parse's: significand and power of ten are exact, so there is
 * one rounding (W. D. Clinger, How to Read Floating Point Numbers Accurately, 1990). NaN where `Kind.numberText` says that
 * it is left to JavaScript.
 */
export function numberValue(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  let significand = 0;
  let digits = 0;
  let exponent = 0;
  let fraction = 0;
  let at = negative ? start + 1 : start;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === DOT) {
      fraction = 1;
    } else if (isDigit(byte)) {
      significand = significand * 10 + (byte - ZERO);
      // Zeros in front do not count, and neither does a lone zero.
      if (significand !== 0 && ++digits > DIGITS_MAX) return Number.NaN;
      exponent -= fraction;
    } else {
      exponent += exponentAt(bytes, at + 1, end);
      break;
    }
  }
  if (exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX) return Number.NaN;
  const value = exponent < 0 ? significand / POWERS[-exponent]! : significand * POWERS[exponent]!;
  return negative ? -value : value;
}

/** The exponent `bytes[start..end)` with its sign: of very large ones only that they are, up to infinity. */
function exponentAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  let at = isDigit(bytes[start]!) ? start : start + 1;
  for (; at < end; at++) value = value * 10 + (bytes[at]! - ZERO);
  return bytes[start] === MINUS ? -value : value;
}

/** Whether the number `bytes[start..end)`, which has a fraction or an exponent, is written as JSON.stringify would. */
export function isCanonicalFraction(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[end - 1] === ZERO) return false;
  let digits = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((byte | 0x20) === LETTER_E) return false;
    if (isDigit(byte) && (digits > 0 || byte !== ZERO)) digits++;
  }
  if (digits > DIGITS_MAX) return false;
  // Between `0.` and the first other digit.
  let at = bytes[start] === MINUS ? start + 1 : start;
  if (bytes[at] !== ZERO) return true;
  at += 2;
  const zerosStart = at;
  while (bytes[at] === ZERO) at++;
  return at - zerosStart <= ZEROS_BEFORE_DIGITS_MAX;
}
