import { BACKSLASH, DOT, isDigit, LETTER_E, MINUS, PLUS, QUOTE } from './json-bytes.ts';
import { Kind } from './records.ts';

/**
 * The tokens of JSON as bytes: where they end, strictly by RFC 8259. A position of -1 says that they are not valid. None of
 * these goes past a newline, so they need no other bound.
 */

/** Bytes that end a run of plain ones in a string: control characters, the quote, the backslash. */
const STRING_STOPS = setOf('"\\', 0x20);
/** Bytes that may follow a backslash, but for `u`. */
const SHORT_ESCAPES = setOf('"\\/bfnrt');
const HEX_DIGITS = setOf('0123456789abcdefABCDEF');
const LETTER_U = 0x75;

/** A 1 for each of the characters, and for each byte below `below`. */
function setOf(characters: string, below = 0): Uint8Array {
  const bytes = new Uint8Array(256).fill(1, 0, below);
  for (const character of characters) bytes[character.charCodeAt(0)] = 1;
  return bytes;
}

/** The first position from `at` on that is no plain character of a string: of a valid one without escapes its quote. */
export function plainEnd(bytes: Uint8Array, at: number): number {
  for (;;) {
    if (STRING_STOPS[bytes[at]!] !== 0) return at;
    if (STRING_STOPS[bytes[at + 1]!] !== 0) return at + 1;
    if (STRING_STOPS[bytes[at + 2]!] !== 0) return at + 2;
    if (STRING_STOPS[bytes[at + 3]!] !== 0) return at + 3;
    at += 4;
  }
}

/** The closing quote of a string from its first escape at `at` on. */
export function escapesEnd(bytes: Uint8Array, at: number): number {
  while (bytes[at] === BACKSLASH) {
    const letter = bytes[at + 1]!;
    if (letter === LETTER_U) {
      for (let digit = at + 2; digit < at + 6; digit++) if (HEX_DIGITS[bytes[digit]!] === 0) return -1;
      at += 6;
    } else {
      if (SHORT_ESCAPES[letter] === 0) return -1;
      at += 2;
    }
    at = plainEnd(bytes, at);
  }
  return bytes[at] === QUOTE ? at : -1;
}

/** The position behind the fraction and exponent of a number that begin at `at` with a point or a letter. */
export function fractionEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] === DOT) {
    if (!isDigit(bytes[++at]!)) return -1;
    while (isDigit(bytes[at]!)) at++;
  }
  if ((bytes[at]! | 0x20) !== LETTER_E) return at;
  at++;
  if (bytes[at] === PLUS || bytes[at] === MINUS) at++;
  if (!isDigit(bytes[at]!)) return -1;
  while (isDigit(bytes[at]!)) at++;
  return at;
}

/** The kind of the literal at `at`, or `Kind.missing`. */
export function literalAt(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case 0x6e: // null
      return bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c
        ? Kind.null
        : Kind.missing;
    case 0x74: // true
      return bytes[at + 1] === 0x72 && bytes[at + 2] === 0x75 && bytes[at + 3] === 0x65
        ? Kind.true
        : Kind.missing;
    case 0x66: // false
      return bytes[at + 1] === 0x61 &&
        bytes[at + 2] === 0x6c &&
        bytes[at + 3] === 0x73 &&
        bytes[at + 4] === 0x65
        ? Kind.false
        : Kind.missing;
    default:
      return Kind.missing;
  }
}
