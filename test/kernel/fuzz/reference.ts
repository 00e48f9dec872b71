import { type Program, SpellingCheck } from '../../../src/kernel/program.ts';
import { Kind, NAMES_MAX, OPEN_NAMES_MAX, Spelling } from '../../../src/kernel/records.ts';

/**
 * What the contract says about one line, found slowly: by regular expressions over text in which each byte is one
 * character, and with nothing in common with the engines. `truth.ts` holds it to JSON.parse.
 */

export interface Found {
  readonly kind: number;
  /** From the line's first byte. */
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

export interface Reference {
  readonly state: 'blank' | 'invalid' | 'rare' | 'valid';
  /** For each field of the program; undefined where there is none. */
  readonly fields: readonly (Found | undefined)[];
  readonly spelling: number;
  readonly insertAt: number;
  readonly members: number;
}

const SPACE = /[ \t\r]*/y;
// oxlint-disable-next-line no-control-regex
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERAL = /null|false|true/y;
const LITERALS = { null: Kind.null, false: Kind.false, true: Kind.true } as const;
const DEPTH_MAX = 1000;

/** Why a walk ends early. */
class Stop extends Error {
  readonly state: 'invalid' | 'rare';

  constructor(state: 'invalid' | 'rare') {
    super(state);
    this.state = state;
  }
}

/** Without the cost of a trace each time. */
const INVALID = new Stop('invalid');
const RARE = new Stop('rare');

/** Fields whose paths lead to where the walk is, with their number. */
type Active = readonly { readonly field: number; readonly names: readonly string[] }[];

/** The reference for `line`, without its newline, each character a byte. */
export function refer(line: string, program: Program): Reference {
  if (/^[ \t\r]*$/.test(line)) return early('blank', program);
  const walk = new Walk(line, program);
  try {
    return walk.root();
  } catch (error) {
    if (error instanceof Stop) return early(error.state, program);
    throw error;
  }
}

function early(state: Reference['state'], { fields }: Program): Reference {
  return { state, fields: fields.map(() => undefined), spelling: 0, insertAt: 0, members: 0 };
}

class Walk {
  readonly #line: string;
  readonly #program: Program;
  readonly #found: (Found | undefined)[];
  #at = 0;
  #insertAt = 0;
  #members = 0;
  #rootNames: readonly string[] = [];
  #canonical = true;
  #canonicalNumbers = true;
  /** Names of all objects that are open. */
  #openNames = 0;

  constructor(line: string, program: Program) {
    this.#line = line;
    this.#program = program;
    this.#found = program.fields.map(() => undefined);
  }

  root(): Reference {
    this.#take(SPACE);
    const isObject = this.#line[this.#at] === '{';
    const active = this.#program.fields.map(({ segments }, field) => ({
      field,
      names: segments.map(({ nameBytes }) => Buffer.from(nameBytes).toString('latin1')),
    }));
    this.#value(active, 0, 0);
    this.#take(SPACE);
    if (this.#at < this.#line.length) throw INVALID;
    return {
      state: 'valid',
      fields: this.#found,
      spelling: this.#spelling(isObject),
      insertAt: this.#insertAt,
      members: this.#members,
    };
  }

  #spelling(isObject: boolean): number {
    const { spelling } = this.#program;
    const { names, all, numbers } = SpellingCheck;
    const regular =
      isObject && areFine(this.#rootNames) && !this.#rootNames.some(name => name.includes('\\'));
    const canonical = isObject && this.#canonical && this.#canonicalNumbers;
    return (
      ((spelling === names || spelling === all) && regular ? Spelling.regular : 0) |
      (spelling === all && canonical ? Spelling.canonical : 0) |
      ((spelling === numbers || spelling === all) && this.#canonicalNumbers ? Spelling.numbers : 0) |
      ((spelling === names || spelling === all) && !/^[ \t\r]|[ \t\r]$/.test(this.#line) ? Spelling.bare : 0)
    );
  }

  /** The value at which `length` segments of the paths of `active` end, inside `depth` containers. */
  #value(active: Active, length: number, depth: number): void {
    const start = this.#at;
    const kind = this.#valueKind(active, length, depth);
    const isText = kind === Kind.string || kind === Kind.escapedString;
    const text = this.#line.slice(start, this.#at);
    const exact = kind !== Kind.number || isExact(text);
    for (const { field, names } of active) {
      if (names.length !== length || length === 0) continue;
      this.#found[field] = {
        kind: exact ? kind : Kind.numberText,
        start: isText ? start + 1 : start,
        end: isText ? this.#at - 1 : this.#at,
        value: kind === Kind.number && exact ? Number(text) : 0,
      };
    }
  }

  #valueKind(active: Active, length: number, depth: number): number {
    const first = this.#line[this.#at];
    if (first === '{' || first === '[') {
      if (depth === DEPTH_MAX) throw RARE;
      this.#at++;
      const further = active.filter(({ names }) => names.length > length);
      if (first === '{') this.#object(further, length, depth + 1);
      else this.#array(further, length, depth + 1);
      return first === '{' ? Kind.object : Kind.array;
    }
    const string = this.#take(STRING);
    if (string !== undefined) {
      if (string.includes('\\')) this.#canonical = false;
      return string.includes('\\') ? Kind.escapedString : Kind.string;
    }
    const number = this.#take(NUMBER);
    if (number !== undefined) {
      if (!isCanonicalNumber(number)) this.#canonicalNumbers = false;
      return Kind.number;
    }
    const literal = this.#take(LITERAL);
    if (literal === undefined) throw INVALID;
    return LITERALS[literal as keyof typeof LITERALS];
  }

  #object(active: Active, length: number, depth: number): void {
    const names: string[] = [];
    if (depth === 1) this.#insertAt = this.#at;
    this.#space();
    if (this.#skip('}')) return;
    for (;;) {
      const string = this.#take(STRING);
      if (string === undefined) throw INVALID;
      if (string.includes('\\')) {
        if (active.length > 0) throw RARE;
        this.#canonical = false;
      }
      const name = string.slice(1, -1);
      names.push(name);
      this.#openNames++;
      if (this.#openNames > OPEN_NAMES_MAX) this.#canonical = false;
      const further = active.filter(path => path.names[length] === name);
      for (const { field } of further) this.#found[field] = undefined;
      this.#space();
      if (!this.#skip(':')) throw INVALID;
      this.#space();
      this.#value(further, length + 1, depth);
      if (depth === 1) this.#insertAt = this.#at;
      this.#space();
      if (this.#skip('}')) break;
      if (!this.#skip(',')) throw INVALID;
      this.#space();
    }
    this.#openNames -= names.length;
    if (!areFine(names)) this.#canonical = false;
    if (depth > 1) return;
    this.#members = names.length;
    this.#rootNames = names;
  }

  #array(active: Active, length: number, depth: number): void {
    this.#space();
    if (this.#skip(']')) return;
    for (let index = 0; ; index++) {
      this.#value(
        active.filter(({ names }) => names[length] === String(index)),
        length + 1,
        depth,
      );
      this.#space();
      if (this.#skip(']')) return;
      if (!this.#skip(',')) throw INVALID;
      this.#space();
    }
  }

  #space(): void {
    if (this.#take(SPACE) !== '') this.#canonical = false;
  }

  #skip(character: string): boolean {
    if (this.#line[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const text = token.exec(this.#line)?.[0];
    this.#at += text?.length ?? 0;
    return text;
  }
}

/** Whether the names of one object are few, look different, and leave members in their order. */
function areFine(names: readonly string[]): boolean {
  const looks = new Set(names.map(name => JSON.stringify([name.length, name.slice(0, 8), name.slice(-8)])));
  return names.length <= NAMES_MAX && looks.size === names.length && !names.some(name => /^[0-9]/.test(name));
}

/** Whether the kernel computes the value of a number itself. */
function isExact(number: string): boolean {
  const [significand, exponent] = number.toLowerCase().split('e') as [string, string | undefined];
  const fraction = significand.split('.')[1] ?? '';
  const decimal = Number(exponent ?? 0) - fraction.length;
  return digitsOf(significand) <= 15 && decimal >= -22 && decimal <= 22;
}

/** Digits from the first that is not 0. */
function digitsOf(significand: string): number {
  return significand.replace(/[-.]/g, '').replace(/^0+/, '').length;
}

function isCanonicalNumber(number: string): boolean {
  if (!/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?$/.test(number) || number === '-0') return false;
  return digitsOf(number) <= 15 && !/^-?0\.0{6}/.test(number);
}
