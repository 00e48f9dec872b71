import { CLOSE_ARRAY, CLOSE_OBJECT, COMMA, DOT, MINUS, NINE, SPACE, ZERO } from '../kernel/json-bytes.ts';

/**
 * Compares a number with its text while looking for the text's end.
 *
 * Up to fifteen digits with a decimal point or without are decoded here: they are an integer that a double holds exactly,
 * divided by a power of ten that it holds exactly too, so the quotient is the one number that is nearest (Clinger, "How
 * to read floating point numbers accurately", 1990). All other numbers are left to Number.
 */

const CHARS_MAX = 16;
const POWERS_OF_TEN = Array.from({ length: CHARS_MAX }, (_, power) => Number(`1e${power}`));

/**
 * The end of the number that begins at `start` inside a container, if it is `value` (as Object.is has it); otherwise ~end,
 * which is negative.
 */
export function numberEnd(text: string, start: number, value: unknown): number {
  let at = start;
  let character = text.charCodeAt(at);
  const negative = character === MINUS;
  if (negative) character = text.charCodeAt(++at);
  let whole = 0;
  let fraction = -1;
  for (;;) {
    if (character >= ZERO && character <= NINE) whole = whole * 10 + (character - ZERO);
    else if (character === DOT) fraction = at + 1;
    else break;
    character = text.charCodeAt(++at);
  }
  let exponent = false;
  while (
    character > SPACE &&
    character !== COMMA &&
    character !== CLOSE_OBJECT &&
    character !== CLOSE_ARRAY
  ) {
    exponent = true;
    character = text.charCodeAt(++at);
  }
  if (typeof value !== 'number') return ~at;
  let number: number;
  if (exponent || at - start > CHARS_MAX - 1) number = Number(text.slice(start, at));
  else {
    if (fraction >= 0) whole /= POWERS_OF_TEN[at - fraction]!;
    number = negative ? -whole : whole;
  }
  return Object.is(number, value) ? at : ~at;
}
