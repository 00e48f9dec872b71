import * as fc from 'fast-check';

/**
 * Random JSON documents for tests, written in every spelling that JSON allows: escapes, white space, numbers, members of
 * one name several times. JSON.stringify would write each document in one way only.
 */

export type Document =
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: Document])[] }
  | { readonly kind: 'array'; readonly items: readonly Document[] }
  | { readonly kind: 'string'; readonly text: string }
  /** A number or a literal, as it is written. */
  | { readonly kind: 'scalar'; readonly json: string };

/** Few, so that the same ones meet again: on a path, in a document, and twice in an object. */
const NAMES = [
  'a',
  'b',
  'c',
  'id',
  'ab',
  '0',
  '1',
  '01',
  '',
  'é',
  '€',
  '😀',
  'a.b',
  'a/b',
  'a~b',
  '"',
  '\\',
  '__proto__',
  'length',
];
const STRINGS = [
  ...NAMES,
  'null',
  '{"a":1}',
  '}',
  ']',
  '\n\r\t',
  '\u0000\u001f\u007f',
  '\ud800',
  '\udc00x',
  'x'.repeat(40),
];
const SCALARS = [
  '0',
  '-0',
  '1',
  '01e0'.slice(1),
  '-1.5',
  '1E+2',
  '2230.0',
  '1e-7',
  '1e999',
  '9223372036854775807',
  'true',
  'false',
  'null',
];

export const someName = fc.constantFrom(...NAMES);

export const someDocument: fc.Arbitrary<Document> = fc.letrec<{ value: Document }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...SCALARS).map(json => ({ kind: 'scalar' as const, json })),
    fc
      .oneof(fc.constantFrom(...STRINGS), fc.string({ unit: 'binary' }))
      .map(text => ({ kind: 'string' as const, text })),
    fc.array(tie('value'), { maxLength: 4 }).map(items => ({ kind: 'array' as const, items })),
    fc
      .array(fc.tuple(someName, tie('value')), { maxLength: 6 })
      .map(members => ({ kind: 'object' as const, members })),
  ),
})).value;

/** An object more often than not, because a path leads nowhere else. */
export const someEvent = fc.oneof(
  { weight: 1, arbitrary: someDocument },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.tuple(someName, someDocument), { maxLength: 6 })
      .map((members): Document => ({ kind: 'object', members })),
  },
);

/** A path that means the same in both ways to write it, as JSON Pointer. */
export const somePointer = fc
  .array(someName, { minLength: 1, maxLength: 4 })
  .map(names => names.map(name => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));

/** What decides how a document is spelt. */
export const someSpelling = fc.array(fc.nat(255), { minLength: 1, maxLength: 32 });

/** `document` as JSON text in one line, spelt as `spelling` says. */
export function write(document: Document, spelling: readonly number[]): string {
  const pen = new Pen(spelling);
  return pen.space() + pen.value(document) + pen.space();
}

const SPACES = ['', '', '', ' ', '\t', '\r', '  ', ' \r\t'];
const SHORT: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
};

class Pen {
  readonly #spelling: readonly number[];
  #at = 0;

  constructor(spelling: readonly number[]) {
    this.#spelling = spelling;
  }

  space(): string {
    return SPACES[this.#choice() % SPACES.length]!;
  }

  value(document: Document): string {
    if (document.kind === 'scalar') return document.json;
    if (document.kind === 'string') return this.#string(document.text);
    if (document.kind === 'array') {
      return `[${document.items.map(item => this.space() + this.value(item) + this.space()).join(',') || this.space()}]`;
    }
    const members = document.members.map(
      ([name, value]) =>
        this.space() +
        this.#string(name) +
        this.space() +
        ':' +
        this.space() +
        this.value(value) +
        this.space(),
    );
    return `{${members.join(',') || this.space()}}`;
  }

  #string(text: string): string {
    return `"${Array.from(text, character => this.#character(character)).join('')}"`;
  }

  /** One character: as it is where that is allowed, in its short form, or in hexadecimal. */
  #character(character: string): string {
    const choice = this.#choice();
    const short = SHORT[character];
    if (short !== undefined && choice % 2 === 0) return short;
    const plain =
      character >= ' ' && character !== '"' && character !== '\\' && !/\p{Surrogate}/u.test(character);
    return plain && choice % 4 !== 3 ? character : hexadecimal(character, choice % 8 > 3);
  }

  #choice(): number {
    return this.#spelling[this.#at++ % this.#spelling.length]!;
  }
}

function hexadecimal(character: string, upperCase: boolean): string {
  const units = Array.from({ length: character.length }, (_, at) => {
    const digits = character.charCodeAt(at).toString(16).padStart(4, '0');
    return `\\u${upperCase ? digits.toUpperCase() : digits}`;
  });
  return units.join('');
}

/** The value that `names` lead to in `value`, as JavaScript would find it; undefined where there is none. */
export function walk(value: unknown, names: readonly string[]): unknown {
  let found = value;
  for (const name of names) {
    if (typeof found !== 'object' || found === null) return undefined;
    if (Array.isArray(found) && !/^(0|[1-9]\d*)$/.test(name)) return undefined;
    if (!Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}
