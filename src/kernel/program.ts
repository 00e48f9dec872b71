import type { ValuePath } from './path.ts';

/**
 * What the kernel is asked to find in every line, and to decide about it: plain data, the same for both engines, that can
 * be sent to a thread.
 */
export interface Program {
  /**
   * Values to find in each line; a field's number is its place here. Each path has a segment, and no two have the same
   * segments, however they are written.
   */
  readonly fields: readonly ValuePath[];
  /** The field that is the key, by number; -1 where there is none. */
  readonly key: number;
  /** Which lines go on; undefined for all. */
  readonly predicate: Predicate | undefined;
  /** How closely the spelling of a line is looked at. */
  readonly spelling: SpellingCheck;
  /** Whether nothing but the predicate looks at lines: valid ones get no record and `Outcome.passed`; unsure ones do not. */
  readonly verdictOnly: boolean;
  /** A line of more bytes, without its newline, is invalid whatever is in it, unless it is blank. */
  readonly lineBytesMax: number;
  /**
   * Whether lines are all that is wanted, because JavaScript parses each of them anyway: those that are not blank or too
   * long are `rare`, and nobody walks over them. Goes only without fields, key and predicate.
   */
  readonly linesOnly?: boolean;
}

/**
 * `none`: not at all. `names`: whether the root's members can be changed by splicing (`Spelling.regular`). `all`: whether
 * JSON.stringify(JSON.parse(line)) is the line itself as well (`Spelling.canonical`), and what `numbers` asks for. `numbers`:
 * only whether its numbers are spelt so (`Spelling.numbers`).
 */
export const SpellingCheck = { none: 0, names: 1, all: 2, numbers: 3 } as const;
export type SpellingCheck = (typeof SpellingCheck)[keyof typeof SpellingCheck];

/**
 * Short-circuit code: the first test is run first, and each test names what comes after it, whether it holds or not: the
 * number of a later test, or an `Exit`. A test that cannot be decided ends in `Exit.unsure`.
 */
export interface Predicate {
  /** One at least. */
  readonly tests: readonly Test[];
}

export interface Test {
  readonly op: Op;
  /** Number of the field that is looked at; 0 and without meaning for `Op.unsure`. */
  readonly field: number;
  /** What the field is compared with, where the operation takes something: any number, NaN and infinities too. */
  readonly number: number;
  /** Compared as UTF-8. So without lone surrogates: whoever makes the test makes it `Op.unsure` instead. */
  readonly text: string;
  /** Number of the next test, or an `Exit`. */
  readonly onTrue: number;
  readonly onFalse: number;
}

export const Exit = { pass: -1, drop: -2, unsure: -3 } as const;

/**
 * What a test does, by the kind of the field (`Kind`). Each gives what JavaScript would give for the value that JSON.parse
 * gives, or cannot be decided (unsure): JavaScript looks at those lines. A string that is spelt with escapes is unsure
 * where the table compares or looks into strings, and `Kind.numberText` where it compares numbers or asks for 0; all
 * else is as the table says (such a string is never empty, so it is truthy).
 *
 * | op | missing | null | false, true | number | string | object, array |
 * | --- | --- | --- | --- | --- | --- | --- |
 * | truthy | no | no | no, yes | not 0 | not empty | yes |
 * | less … greaterOrEqual | no | as 0 | as 0, 1 | compared | unsure | unsure |
 * | looseNumber (==) | no | no | as 0, 1 | equal | unsure | unsure |
 * | strictNumber (===) | no | no | no | equal | no | no |
 * | looseText (==) | no | no | unsure | unsure | equal | unsure |
 * | strictText (===) | no | no | no | no | equal | no |
 * | nullish (== null) | yes | yes | no | no | no | no |
 * | isNull, isFalse, isTrue | only the kind itself |
 * | exists | no | yes | yes | yes | yes | yes |
 * | startsWith, endsWith, includes | no | no | no | no | looked for | no; array: unsure |
 * | isObject, isString | only the kind itself; a string also where it is spelt with escapes |
 * | unsure | unsure always |
 */
export const Op = {
  unsure: 0,
  truthy: 1,
  less: 2,
  lessOrEqual: 3,
  greater: 4,
  greaterOrEqual: 5,
  looseNumber: 6,
  strictNumber: 7,
  looseText: 8,
  strictText: 9,
  nullish: 10,
  isNull: 11,
  isFalse: 12,
  isTrue: 13,
  exists: 14,
  startsWith: 15,
  endsWith: 16,
  includes: 17,
  isObject: 18,
  isString: 19,
} as const;
export type Op = (typeof Op)[keyof typeof Op];
