/**
 * The bytes that have a meaning in JSON, as the plain engine compares with them.
 */

export const NEWLINE = 0x0a;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const ZERO = 0x30;
export const NINE = 0x39;
export const COLON = 0x3a;
export const OPEN_ARRAY = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_ARRAY = 0x5d;
/** A small letter; an exponent may be written with the large one. */
export const LETTER_E = 0x65;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** The first position from `at` on that is not white space inside a line. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  for (;;) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== 0x09 && byte !== 0x0d) return at;
    at++;
  }
}
