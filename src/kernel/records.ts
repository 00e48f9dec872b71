/**
 * What the kernel found in the lines that go on: one record for each, in the order of the lines, all of one size, in
 * memory that both engines write alike. Positions are offsets from the slot's first byte.
 *
 *     record:  line  flags  insertAt  members | field 0 | field 1 | …     (words of 32 bits)
 *     field:   kind  start  end       0         value (a 64-bit float)
 */

/**
 * Words of a record before its fields. `insertAt` is where a further member of the root object would be put: behind the
 * last value, or behind the brace of an empty one. `members` counts those that are written. Both are 0 for other roots.
 */
export const RECORD_WORDS = 4;
export const RecordWord = { line: 0, spelling: 1, insertAt: 2, members: 3 } as const;

/** Words of a field. `start` and `end` are the value's bytes; of a string those between the quotes. */
export const FIELD_WORDS = 6;
export const FieldWord = { kind: 0, start: 1, end: 2, value: 4 } as const;

/**
 * How a line is spelt, as bits; 0 where the program does not ask. The first two are those of roots that are objects.
 * Whoever is told need not touch the line's bytes, which may have left the processor's cache since they were scanned.
 *
 * `regular`: the names of the root's members differ, none is spelt with escapes, and none begins with a digit. Missing
 * though all that is true where there are more than NAMES_MAX, or two look alike: one length, the same first 8 bytes and
 * the same last 8.
 * `canonical`: the line, without white space around it, is what JSON.stringify would give for what JSON.parse gives. Never
 * there where that is not true, but missing in some lines where it is. It is there if, on all levels, there is no
 * backslash and no white space between tokens, the names of each object are as in a regular root, no more than
 * OPEN_NAMES_MAX of them belong to objects that are open at once, and all numbers are written as
 * `-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?` but not `-0`, with no more than 15 digits from the first that is not 0, and with no
 * more than 5 zeros between `0.` and that one.
 * `numbers`: all numbers of the line, of whatever root, are written so. It is always there if that is true.
 * `bare`: the line begins with its value, and ends with it. It is always there if that is true and the program asks for names.
 */
export const Spelling = { regular: 1, canonical: 2, numbers: 4, bare: 8 } as const;
export const NAMES_MAX = 64;
export const OPEN_NAMES_MAX = 1024;

/**
 * What a field holds. `number`: the float beside it is exactly JSON.parse's. `numberText`: a number whose value the
 * engine leaves to JavaScript, because it has more than 15 digits from the first that is not 0, or its decimal exponent
 * (the written one minus the digits behind the point) is not within -22 to 22. `string`: one without escapes, so that its
 * bytes are its text.
 */
export const Kind = {
  missing: 0,
  null: 1,
  false: 2,
  true: 3,
  number: 4,
  numberText: 5,
  string: 6,
  escapedString: 7,
  object: 8,
  array: 9,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Bytes of one record of a program with so many fields. */
export function recordBytes(fields: number): number {
  return (RECORD_WORDS + FIELD_WORDS * fields) * 4;
}
