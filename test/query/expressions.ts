import * as fc from 'fast-check';

/**
 * Random expressions and events that have something to do with each other. An expression comes twice: in the language of
 * `--where`, and as JavaScript, in which what the language implies is written out.
 */

export interface Spelt {
  readonly text: string;
  readonly js: string;
}

type Spelling = fc.Arbitrary<Spelt>;
type Write = (...parts: string[]) => string;

/** Names that JavaScript gives to no value by itself, but for the items and the length of texts and arrays. */
const PLAIN_NAMES = ['a', 'b', 'c', 'length', '0', 'x-y', 'é'];
const INHERITED_NAMES = ['__proto__', 'constructor', 'toString', 'valueOf', 'startsWith', 'at', 'includes'];
const HOSTILE_NAMES = [...PLAIN_NAMES, ...PLAIN_NAMES, ...INHERITED_NAMES];

const TEXTS = [
  '',
  'a',
  'ab',
  'abc',
  'A',
  ' a',
  '5',
  '1,2',
  '0',
  'true',
  'é',
  '😀',
  '"',
  '\\',
  '\n',
  '\ud800',
];
const NUMBERS = [0, -0, 1, 2, 5, 500, -1, 1.5, 2 ** 53, 1e308];
const CONSTANTS = [
  ...TEXTS.map(text => JSON.stringify(text)),
  ...NUMBERS.map(number => (Object.is(number, -0) ? '-0' : String(number))),
  ...'true false null undefined NaN Infinity -Infinity 1e400 -1e400 0x10 .5'.split(' '),
  "'ab'",
  '`a`',
];
const PATTERNS = ['/a/', '/^a?b/i', '/[a-c]+/g', '/b/y', '/é|5/u', '/(a)|(b)/'];
const COMPARISONS = ['==', '!=', '===', '!==', '<', '<=', '>', '>='];
const WITH_ARGUMENTS = ['startsWith', 'endsWith', 'includes', 'indexOf', 'slice'];
const WITHOUT_ARGUMENTS = ['slice', 'charAt', 'trim', 'toLowerCase', 'toUpperCase'];
const FUNCTIONS = ['Number', 'String', 'Boolean', 'Math.abs', 'Math.floor', 'Math.round', 'Date.parse'];
const TYPES = ['"string"', '"number"', '"object"', '"boolean"', '"undefined"', '"x"'];

/** An object as JSON.parse gives it, with members of these names. */
export function objectOf(names: readonly string[], value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 5 }).map(members => {
    const texts = members.map(([name, of]) => `${JSON.stringify(name)}:${JSON.stringify(of)}`);
    return JSON.parse(`{${texts.join()}}`) as unknown;
  });
}

/** Values as JSON.parse gives them, with members of these names. */
function valueOf(names: readonly string[]): fc.Arbitrary<unknown> {
  return fc.letrec(tie => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 3 },
      { arbitrary: fc.constantFrom<unknown>(...TEXTS), weight: 3 },
      { arbitrary: fc.constantFrom<unknown>(...NUMBERS), weight: 3 },
      { arbitrary: fc.constantFrom<unknown>(true, false, null), weight: 2 },
      { arbitrary: fc.array(tie('value'), { maxLength: 3 }), weight: 1 },
      { arbitrary: objectOf(names, tie('value')), weight: 4 },
    ),
  })).value;
}

/** Events that are objects, and with which JavaScript itself has no trouble. */
export const somePlainEvent = objectOf(PLAIN_NAMES, valueOf(PLAIN_NAMES));
/** Events that are anything, and try to mislead. */
export const someHostileEvent = fc.oneof(
  { arbitrary: objectOf(HOSTILE_NAMES, valueOf(HOSTILE_NAMES)), weight: 5 },
  { arbitrary: valueOf(HOSTILE_NAMES), weight: 1 },
);

/** A part that is the same in both languages. */
function oneOf(...texts: string[]): Spelling {
  return fc.constantFrom(...texts).map(text => ({ text, js: text }));
}

/** Writes parts in both languages. */
function join(parts: readonly Spelling[], write: Write, js = write): Spelling {
  return fc.tuple(...parts).map(spelt => ({
    text: write(...spelt.map(one => one.text)),
    js: js(...spelt.map(one => one.js)),
  }));
}

function spaced(...parts: string[]): string {
  return `(${parts.join(' ')})`;
}

function called(value: string, method: string, ...values: string[]): string {
  return `${value}.${method}(${values.join()})`;
}

function calledIfThere(value: string, method: string, ...values: string[]): string {
  return `${value}?.${method}?.(${values.join()})`;
}

/** A path, with dots and brackets as they come. */
function pathOf(names: readonly string[]): Spelling {
  const step = fc.tuple(fc.constantFrom(...names), fc.constantFrom('plain', 'optional', 'brackets'));
  return fc.tuple(fc.boolean(), fc.array(step, { minLength: 1, maxLength: 3 })).map(([hasThis, steps]) => {
    let [text, js] = ['this', 'this'];
    for (const [at, [name, style]] of steps.entries()) {
      const isName = /^[a-zé_]\w*$/i.test(name);
      const isOptional = style === 'optional';
      const quoted = /^\d+$/.test(name) ? name : JSON.stringify(name);
      if (at === 0 && !hasThis && isName) [text, js] = [name, name];
      else if (isName && style !== 'brackets')
        [text, js] = [`${text}${isOptional ? '?.' : '.'}${name}`, `${js}?.${name}`];
      else [text, js] = [`${text}${isOptional ? '?.' : ''}[${quoted}]`, `${js}?.[${quoted}]`];
    }
    return { text, js };
  });
}

/** Expressions over members of these names. */
function expressionOf(names: readonly string[]): Spelling {
  const path = pathOf(names);
  const constant = oneOf(...CONSTANTS);
  const name = oneOf('0', ...names.map(text => JSON.stringify(text)));
  const list = fc.array(constant, { maxLength: 4 }).map(items => ({
    text: `[${items.map(({ text }) => text).join()}]`,
    js: `[${items.map(({ js }) => js).join()}]`,
  }));
  return fc.letrec<{ part: Spelt }>(tie => {
    const part = tie('part');
    const inBrackets = join([part], of => `(${of})`);
    const weighted: readonly (readonly [number, Spelling])[] = [
      [4, path],
      [1, constant],
      [6, join([path, oneOf(...COMPARISONS), constant], spaced)],
      [2, join([constant, oneOf(...COMPARISONS), path], spaced)],
      [1, join([part, oneOf(...COMPARISONS), part], spaced)],
      [1, join([part, oneOf('+', '-', '*', '/', '%'), part], spaced)],
      [6, join([part, oneOf('&&', '||'), part], spaced)],
      [3, join([part, oneOf('&&', '||'), part, part], (a, or, b, c) => spaced(a!, or!, b!, or!, c!))],
      [1, join([part, oneOf('??'), part], spaced)],
      [
        2,
        join(
          [path, constant, oneOf(...COMPARISONS), constant],
          (a, b, than, c) => `((${a} ?? ${b}) ${than} ${c})`,
        ),
      ],
      [3, join([oneOf('!', '-', '+', 'typeof'), part], spaced)],
      [2, join([part, part, part], (on, yes, no) => `(${on} ? ${yes} : ${no})`)],
      [
        2,
        join(
          [path, oneOf(...COMPARISONS), oneOf(...TYPES)],
          (of, than, type) => `(typeof ${of} ${than} ${type})`,
        ),
      ],
      [
        3,
        join(
          [name, fc.oneof(path, oneOf('this'), part)],
          (key, of) => `(${key} in ${of})`,
          (key, of) => `isIn(${key}, ${of})`,
        ),
      ],
      [3, join([list, fc.oneof(path, part)], (of, value) => `${of}.includes(${value})`)],
      [3, join([path, oneOf(...WITH_ARGUMENTS), constant], called, calledIfThere)],
      [1, join([inBrackets, oneOf(...WITH_ARGUMENTS, 'charAt'), part], called, calledIfThere)],
      [1, join([path, oneOf(...WITH_ARGUMENTS), constant, constant], called, calledIfThere)],
      [1, join([path, oneOf(...WITHOUT_ARGUMENTS)], called, calledIfThere)],
      [1, join([path, oneOf('match'), oneOf(...PATTERNS)], called, calledIfThere)],
      [1, join([oneOf(...PATTERNS), oneOf('test'), part], called)],
      [2, join([oneOf(...FUNCTIONS), part], (of, value) => `${of}(${value})`)],
      [1, join([oneOf('Math.min', 'Math.max'), part, part], (of, ...values) => `${of}(${values.join()})`)],
      [1, join([part, part, oneOf('0', '1', '"length"', '-1')], (a, b, at) => `[${a}, ${b}][${at}]`)],
    ];
    return {
      part: fc.oneof(
        { depthSize: 'medium', maxDepth: 4 },
        ...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })),
      ),
    };
  }).part;
}

export const somePlainExpression = expressionOf(PLAIN_NAMES);
export const someHostileExpression = expressionOf(HOSTILE_NAMES);
