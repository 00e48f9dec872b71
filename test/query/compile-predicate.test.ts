import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PREDICATE_FIELDS_MAX, PREDICATE_TESTS_MAX } from '../../src/base/limits.ts';
import { Exit, Op } from '../../src/kernel/program.ts';
import { parseWhere } from '../../src/query/where.ts';
import { someHostileEvent, someHostileExpression } from './expressions.ts';
import { expectWellFormed, runPredicate } from './run-predicate.ts';

describe('the predicate of an expression', () => {
  test('is never wrong, whatever the expression and the event', () => {
    const someEvents = fc.array(someHostileEvent, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(someHostileExpression, someEvents, ({ text }, events) => {
        const where = parseWhere(text);
        expectWellFormed(where);
        for (const event of events) {
          const verdict = runPredicate(where, event);
          if (verdict === 'unsure') continue;
          expect([verdict, where.decides]).toEqual([where.test(event) ? 'pass' : 'drop', true]);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('is one test for one comparison', () => {
    const { fields, predicate } = parseWhere('500 <= status');
    expect(fields.map(({ text }) => text)).toEqual(['/status']);
    expect(predicate.tests).toEqual([
      { op: Op.greaterOrEqual, field: 0, number: 500, text: '', onTrue: Exit.pass, onFalse: Exit.drop },
    ]);
  });

  test('goes from test to test, and looks at each path once', () => {
    const { fields, predicate } = parseWhere('(a == 1 || b.c == "x") && !a');
    expect(fields.map(({ text }) => text)).toEqual(['/a', '/b/c']);
    expect(predicate.tests).toEqual([
      { op: Op.looseNumber, field: 0, number: 1, text: '', onTrue: 2, onFalse: 1 },
      { op: Op.looseText, field: 1, number: 0, text: 'x', onTrue: 2, onFalse: Exit.drop },
      { op: Op.truthy, field: 0, number: 0, text: '', onTrue: Exit.drop, onFalse: Exit.pass },
    ]);
  });

  test('finds a path however it is written', () => {
    const { fields } = parseWhere(
      'a.b || a?.b || this.a["b"] || (a).b || this?.["a"]?.b || (a?.b) || this["x/~y"]',
    );
    expect(fields.map(({ text }) => text)).toEqual(['/a/b', '/x~1~0y']);
  });
});

/** Whether `a` is one of so many. */
function list(length: number): string {
  return `[${Array.from({ length }, () => '1').join()}].includes(a)`;
}

const ANY = [
  {},
  { a: null },
  { a: false },
  { a: true },
  { a: 0 },
  { a: 5 },
  { a: '' },
  { a: 'xyz' },
  { a: {} },
];
const NO_OBJECTS = [5, 'text', '', null, true, ['x'], []];

describe('the kernel decides', () => {
  test.each<[string, unknown[], unknown[]]>([
    ['a', [...ANY, { a: [] }, { a: '\n' }], []],
    ['!a', [...ANY, { a: [] }, { a: '\n' }], []],
    ['Boolean(a)', [...ANY, { a: [] }], []],
    ['a.b.c', [{}, { a: 5 }, { a: 'x' }, { a: [] }, { a: { b: null } }, { a: { b: { c: 1 } } }], []],
    ['a >= 5', [{ a: 5 }, { a: 4.5 }, { a: null }, { a: true }, {}], [{ a: '5' }, { a: {} }, { a: [] }]],
    ['a < 5', [{ a: 5 }, { a: 4.5 }, { a: null }, { a: true }, {}], [{ a: '5' }, { a: {} }, { a: [] }]],
    ['5 > a', [{ a: 5 }, { a: 4.5 }, { a: null }, { a: true }, {}], [{ a: '5' }]],
    ['5 <= a', [{ a: 5 }, { a: 4.5 }, { a: null }, { a: true }, {}], [{ a: '5' }]],
    ['a > -1e400', [{ a: 5 }, { a: null }, {}], [{ a: 'x' }]],
    ['a > true', [{ a: 1 }, { a: 2 }, {}], [{ a: '2' }]],
    ['a >= null', [{ a: 1 }, { a: null }, {}], [{ a: '2' }]],
    ['a == 5', [{ a: 5 }, { a: 4 }, { a: null }, { a: true }, {}], [{ a: '5' }, { a: {} }, { a: [5] }]],
    ['a != 5', [{ a: 5 }, { a: 4 }, { a: null }, { a: true }, {}], [{ a: '5' }, { a: {} }, { a: [5] }]],
    ['a == -0', [{ a: 0 }, { a: -0 }, { a: false }, { a: null }, {}], [{ a: '' }]],
    ['a === 5', [...ANY, { a: ['5'] }, { a: '5' }], [{ a: 2 ** 60 }]],
    ['a !== 5', [...ANY, { a: ['5'] }, { a: '5' }], [{ a: 2 ** 60 }]],
    [
      'a == "xyz"',
      [{ a: 'xyz' }, { a: 'xy' }, { a: null }, {}],
      [{ a: 5 }, { a: true }, { a: ['xyz'] }, { a: '\n' }],
    ],
    [
      '"xyz" != a',
      [{ a: 'xyz' }, { a: 'xy' }, { a: null }, {}],
      [{ a: 5 }, { a: true }, { a: ['xyz'] }, { a: '\n' }],
    ],
    ['a === "xyz"', [...ANY, { a: ['xyz'] }], [{ a: '\n' }]],
    ['a !== ""', [...ANY, { a: ['xyz'] }], [{ a: '\n' }]],
    ['a === "é"', [...ANY, { a: 'é' }, { a: 'e' }], [{ a: '\n' }]],
    ['a == null', [...ANY, { a: [] }, { a: '\n' }], []],
    ['a != undefined', [...ANY, { a: [] }, { a: '\n' }], []],
    ['a === null', [...ANY, { a: [] }, { a: '\n' }], []],
    ['a === undefined', [...ANY, { a: [] }, { a: '\n' }], []],
    ['undefined !== a', [...ANY, { a: [] }, { a: '\n' }], []],
    ['a === true', [...ANY, { a: [] }, { a: '\n' }], []],
    ['a !== false', [...ANY, { a: [] }, { a: '\n' }], []],
    ['a == true', [{ a: true }, { a: false }, { a: 1 }, { a: 2 }, { a: null }, {}], [{ a: '1' }, { a: [] }]],
    ['"a" in this', [...ANY, ...NO_OBJECTS], []],
    ['"b" in a', [...ANY, { a: { b: 1 } }, { a: [] }, { a: ['b'] }], []],
    ['"b" in this.a.c', [{}, { a: { c: { b: null } } }, { a: { c: 'b' } }], []],
    ['a.startsWith("x")', [...ANY, { a: 'x' }, { a: 'ax' }], [{ a: [] }, { a: 'x\n' }]],
    ['a.endsWith("z")', [...ANY, { a: 'z' }, { a: 'za' }], [{ a: [] }, { a: '\nz' }]],
    ['a?.includes("y")', [...ANY, { a: 'y' }], [{ a: ['y'] }, { a: 'y\n' }]],
    ['["xyz", 5, null].includes(a)', [...ANY, { a: [] }], [{ a: '\n' }]],
    ['[undefined, NaN].includes(a)', ANY, []],
    ['typeof a === "string"', [...ANY, { a: [] }, { a: '\n' }], []],
    ['typeof a != "undefined"', [...ANY, { a: [] }, { a: '\n' }], []],
    ['"boolean" == typeof a', [...ANY, { a: [] }, { a: '\n' }], []],
    ['typeof a === "number"', [...ANY, { a: '\n' }, { a: -1 }], [{ a: [] }, { a: 2 ** 60 }]],
    ['typeof a === "object"', [...ANY, { a: '\n' }, { a: -1 }], [{ a: [] }]],
    ['a ?? b', [...ANY, { a: [] }, { b: 5 }, { a: null, b: 'x' }], []],
    ['(a ?? 6) > 5', [{}, { a: null }, { a: 5 }, { a: 6 }], [{ a: '6' }]],
    ['"x" === (a ?? "x")', [{}, { a: null }, { a: 'x' }, { a: 5 }], []],
    ['a === 5 ? b : !b', [{}, { a: 5 }, { b: 5 }, { a: 5, b: 5 }], [{ a: 2 ** 60 }]],
    ['a === 5 && b || c', [{}, { a: 5 }, { c: 5 }, { a: 5, b: 5 }], []],
    ['(b + 1 || c + 1) && (a ? b + 1 : false)', [{}, { a: 0 }], [{ a: 1 }]],
    ['a.length.b', [{}, { a: 'x' }, { a: [] }, { a: { length: { b: 1 } } }], []],
    ['a.startsWith', [{}, { a: 'x' }, { a: { startsWith: 1 } }], []],
    ['constructor', [{}, { constructor: 1 }, 'x', []], []],
  ])('%s', (text, decided, unsure) => {
    const where = parseWhere(text);
    expect(where.decides).toBe(true);
    for (const event of [...decided, ...NO_OBJECTS]) {
      expect([event, runPredicate(where, event)]).toEqual([event, where.test(event) ? 'pass' : 'drop']);
    }
    for (const event of unsure) expect([event, runPredicate(where, event)]).toEqual([event, 'unsure']);
  });

  test('the length that an object has, but not that of texts and arrays', () => {
    for (const [text, object] of [
      ['length > 5', (of: unknown) => of],
      ['a.length > 5', (of: unknown) => ({ a: of })],
    ] as const) {
      const where = parseWhere(text);
      expect([5, 6].map(length => runPredicate(where, object({ length })))).toEqual(['drop', 'pass']);
      for (const event of [{}, 'text', [], null]) expect(runPredicate(where, object(event))).toBe('unsure');
    }
  });

  test('first what it can, so that the rest is seldom looked at', () => {
    const { predicate } = parseWhere('/x/.test(path) && (a || /y/.test(b)) && status >= 500');
    expect(predicate.tests.map(({ op }) => op)).toEqual([Op.greaterOrEqual, Op.truthy]);
    const where = parseWhere('/x/.test(path) && status >= 500 || code === "E"');
    expect(runPredicate(where, { path: 'x', code: 'E' })).toBe('pass');
    expect(runPredicate(where, { path: 'x', status: 200 })).toBe('drop');
    expect(runPredicate(where, { path: 'x', status: 500 })).toBe('unsure');
  });
});

describe('the kernel leaves to JavaScript', () => {
  test.each([
    'this',
    'a > "5"',
    'a < b',
    'a == "\\ud800"',
    'this["\\ud800"]',
    'a.startsWith("")',
    'a.startsWith("x", 1)',
    'a.includes(5)',
    'a.includes(b)',
    'a[0]',
    'this["0"].b',
    'a["12"] == 1',
    '0 in a',
    '__proto__',
    '"__proto__" in this',
    'a < NaN',
    'a + 1',
    'a * 2 > 5',
    'a.trim() == "x"',
    '/x/.test(a)',
    '[a].includes("x")',
    '["x"].includes(a, 1)',
    '["x"].indexOf(a)',
    'a === NaN',
    '[].includes(a)',
    'true',
    '1 > 2',
    'typeof this == "object"',
    'a ? b + 1 : c + 1',
    'typeof a > "x"',
    '(a ?? b) > 5',
    `${'a.'.repeat(32)}a`,
  ])('%s', text => {
    const where = parseWhere(text);
    expect(where.decides).toBe(false);
    expect(where.fields).toEqual([]);
    expect(where.predicate.tests).toEqual([
      { op: Op.unsure, field: 0, number: 0, text: '', onTrue: Exit.unsure, onFalse: Exit.unsure },
    ]);
  });

  test('the fields that are too many', () => {
    const names = Array.from({ length: PREDICATE_FIELDS_MAX + 1 }, (_, at) => `f${at}`);
    const where = parseWhere(names.join(' || '));
    expect(where.fields).toHaveLength(PREDICATE_FIELDS_MAX);
    expect(runPredicate(where, { [`f${PREDICATE_FIELDS_MAX - 1}`]: 1 })).toBe('pass');
    expect(runPredicate(where, { [names.at(-1)!]: 1 })).toBe('unsure');
    expect(where.test({ [names.at(-1)!]: 1 })).toBe(true);
  });

  test('a predicate of too many tests', () => {
    expect(parseWhere(list(PREDICATE_TESTS_MAX)).predicate.tests).toHaveLength(PREDICATE_TESTS_MAX);
    expect(parseWhere(list(PREDICATE_TESTS_MAX + 1))).toMatchObject({ decides: false, fields: [] });
  });
});
