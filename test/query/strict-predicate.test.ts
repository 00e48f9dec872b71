import { type Expression, parseExpressionAt } from 'acorn';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memberName, unchained } from '../../src/query/ast.ts';
import { type CompiledPredicate, compilePredicate } from '../../src/query/compile-predicate.ts';
import { expectWellFormed, runPredicate } from './run-predicate.ts';

/** Expressions of handlers, which have no rules but JavaScript's. */

function pathOf(node: Expression): readonly string[] | undefined {
  if (node.type === 'Identifier' && node.name === 'event') return [];
  // As a handler's parameter has it that is taken apart: ({ given, deep: { inner } }).
  if (node.type === 'Identifier' && node.name === 'given') return ['given'];
  if (node.type !== 'MemberExpression' || node.object.type === 'Super') return undefined;
  const [before, name] = [pathOf(unchained(node.object) as Expression), memberName(node)];
  return before === undefined || name === undefined ? undefined : [...before, name];
}

function compile(text: string): CompiledPredicate | undefined {
  return compilePredicate(parseExpressionAt(text, 0, { ecmaVersion: 'latest' }), { pathOf, strict: true });
}

/** What the handler's result does, or `other` where it throws, or replaces the event. */
function outcome(run: (event: unknown) => unknown, event: unknown): 'pass' | 'drop' | 'other' {
  try {
    const result = run(event);
    if (result === true) return 'pass';
    return result === false || result === null || result === undefined ? 'drop' : 'other';
  } catch {
    return 'other';
  }
}

const NAMES = ['a', 'b', 'c', 'length', '0', 'at', 'link', 'toString', 'constructor', 'valueOf', '__proto__'];
const CONSTANTS = [
  '0',
  '1',
  '-1',
  '"a"',
  '"ab"',
  '""',
  'true',
  'false',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '"object"',
];

const someName = fc.oneof(
  { arbitrary: fc.constantFrom('a', 'b'), weight: 3 },
  { arbitrary: fc.constantFrom(...NAMES), weight: 1 },
);
const somePath = fc
  .array(fc.tuple(someName, fc.constantFrom('.', '.', '?.', ').', ')?.')), { minLength: 1, maxLength: 3 })
  .map(steps => {
    let text = 'event';
    for (const [name, dot] of steps) {
      if (dot.startsWith(')')) text = `(${text}`;
      text +=
        name === '0' ? `${dot === '.' || dot === ').' ? dot.replace('.', '') : dot}[0]` : `${dot}${name}`;
    }
    return text;
  });
const someConstant = fc.constantFrom(...CONSTANTS);
const someOperator = fc.constantFrom('==', '!=', '===', '!==', '<', '<=', '>', '>=');
const someMethod = fc.constantFrom(
  '.startsWith',
  '.endsWith',
  '.includes',
  '?.startsWith',
  '.includes?.',
  '.trim',
);
const some = fc.letrec<{ value: string; verdict: string }>(tie => ({
  value: fc.oneof({ depthSize: 'small', maxDepth: 2 }, somePath, someConstant, tie('verdict')),
  verdict: fc.oneof(
    { depthSize: 'medium', maxDepth: 4 },
    {
      arbitrary: fc.tuple(somePath, someOperator, someConstant).map(parts => `(${parts.join(' ')})`),
      weight: 5,
    },
    {
      arbitrary: fc.tuple(someConstant, someOperator, somePath).map(parts => `(${parts.join(' ')})`),
      weight: 1,
    },
    { arbitrary: fc.tuple(somePath, someMethod).map(([path, method]) => `${path}${method}("a")`), weight: 3 },
    {
      arbitrary: fc.tuple(somePath, someMethod).map(([path, method]) => `(${path})${method}("a")`),
      weight: 1,
    },
    { arbitrary: fc.tuple(someName, somePath).map(([name, path]) => `("${name}" in ${path})`), weight: 2 },
    { arbitrary: someName.map(name => `("${name}" in event)`), weight: 1 },
    {
      arbitrary: fc
        .tuple(somePath, someOperator)
        .map(([path, operator]) => `(typeof ${path} ${operator} "string")`),
      weight: 1,
    },
    { arbitrary: somePath.map(path => `(typeof ${path} === "object")`), weight: 1 },
    {
      arbitrary: fc
        .tuple(someConstant, someConstant, somePath)
        .map(([a, b, path]) => `[${a}, ${b}].includes(${path})`),
      weight: 1,
    },
    {
      arbitrary: fc
        .tuple(somePath, someConstant, someOperator, someConstant)
        .map(([path, or, operator, to]) => `((${path} ?? ${or}) ${operator} ${to})`),
      weight: 1,
    },
    { arbitrary: tie('value').map(value => `!${value.startsWith('(') ? value : `(${value})`}`), weight: 2 },
    {
      arbitrary: fc
        .tuple(tie('verdict'), fc.constantFrom('&&', '||'), tie('verdict'))
        .map(parts => `(${parts.join(' ')})`),
      weight: 6,
    },
    {
      arbitrary: fc
        .tuple(tie('verdict'), fc.constantFrom('&&', '||'), tie('value'))
        .map(parts => `(${parts.join(' ')})`),
      weight: 1,
    },
    {
      arbitrary: fc
        .tuple(tie('value'), tie('verdict'), tie('verdict'))
        .map(([on, yes, no]) => `(${on} ? ${yes} : ${no})`),
      weight: 1,
    },
    { arbitrary: somePath.map(path => `probe(${path})`), weight: 1 },
    { arbitrary: fc.constantFrom('true', 'false'), weight: 1 },
  ),
}));

const someMember = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    { arbitrary: fc.constantFrom<unknown>(0, 1, 5, true, false, null, '', 'a', 'ab', 'ba', '\n'), weight: 3 },
    { arbitrary: fc.array(tie('value'), { maxLength: 2 }), weight: 1 },
    { arbitrary: fc.array(fc.tuple(someName, tie('value')), { maxLength: 4 }).map(fromMembers), weight: 4 },
  ),
})).value;

function fromMembers(members: readonly (readonly [string, unknown])[]): unknown {
  return JSON.parse(
    `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`,
  );
}

describe('the predicate of a handler', () => {
  test('is unsure wherever the handler would throw or replace the event, and right where it is not', () => {
    fc.assert(
      fc.property(some.verdict, fc.array(someMember, { minLength: 1, maxLength: 8 }), (text, events) => {
        const compiled = compile(text);
        if (compiled === undefined) return;
        expectWellFormed(compiled);
        // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- JavaScript is what the code is held against.
        const run = new Function('probe', 'event', `return (${text});`).bind(
          undefined,
          (value: unknown) => value,
        );
        for (const event of events) {
          const found = runPredicate(compiled, event);
          if (found !== 'unsure') expect(found).toBe(outcome(run, event));
        }
      }),
      { numRuns: 4000 },
    );
  });
});

describe('the kernel decides for a handler', () => {
  test.each<[string, unknown[], unknown[]]>([
    ['event.a >= 5', [{ a: 5 }, { a: 4 }, { a: null }], [{}, null, 'text', [], 5, { a: '5' }]],
    ['!event.a', [{ a: 5 }, { a: '' }, { a: [] }], [{}, null, 'text']],
    ['event.a === undefined', [{ a: 5 }, { a: null }], [{}, null, 'text']],
    ['event?.a === undefined', [{ a: 5 }, { a: null }, {}, null, 'text', [], 5], []],
    ['event?.at === undefined', [{ at: 5 }], [{}, null, 'text', []]],
    ['event.a !== 1 && event.b === undefined', [{ a: 1 }, { a: 2 }, { a: 2, b: 1 }], [{}, { b: 1 }, null]],
    [
      '(event.a === 1 || event.b === 1) && event.c === undefined',
      [{ a: 1 }, { a: 2 }, { a: 2, b: 1 }],
      [{ b: 1 }],
    ],
    [
      'event.a ? event.b === undefined : event.c === undefined',
      [{ a: 1 }, { a: 0 }, { a: 1, b: 1 }],
      [{ b: 1 }],
    ],
    ['event.a.b > 1', [{ a: { b: 2 } }, { a: {} }], [{}, { a: null }, { a: 'x' }, { a: [] }, null]],
    ['event.a?.b > 1', [{ a: { b: 2 } }, { a: {} }, { a: null }], [{}, { a: 'x' }, { a: [] }, null]],
    ['event?.a?.b === undefined', [{ a: { b: 2 } }, { a: {} }, { a: null }, {}, null, 5], [{ a: 'x' }]],
    ['event.a?.b.c === undefined', [{ a: { b: {} } }, { a: null }], [{ a: {} }, { a: { b: null } }]],
    ['(event.a?.b).c === undefined', [{ a: { b: {} } }], [{ a: {} }, { a: null }]],
    ['(event.a?.b)?.c === undefined', [{ a: { b: {} } }, { a: {} }, { a: null }], [{ a: 'x' }]],
    ['"b" in event.a', [{ a: { b: 1 } }, { a: {} }], [{}, { a: null }, { a: 'b' }, { a: ['b'] }]],
    ['"b" in event.a?.c', [{ a: { c: {} } }], [{ a: null }, { a: {} }]],
    ['"a" in event', [{ a: null }], [{}, [], 'a', null]],
    [
      'event.a.startsWith("x")',
      [{ a: 'xy' }, { a: 'y' }],
      [{}, { a: null }, { a: 5 }, { a: [] }, { a: '\n' }],
    ],
    ['event.a?.includes("x")', [{ a: 'xy' }, { a: 'y' }, { a: null }], [{}, { a: 5 }, { a: ['x'] }]],
    ['event.a?.b.endsWith("x")', [{ a: { b: 'x' } }, { a: null }], [{ a: {} }, { a: { b: null } }]],
    ['!event.a?.b.endsWith("x")', [{ a: { b: 'x' } }, { a: null }], [{ a: {} }, { a: { b: null } }]],
    [
      'event?.a?.b.endsWith("x")',
      [{ a: { b: 'x' } }, { a: null }, {}, null],
      [{ a: {} }, { a: { b: null } }],
    ],
    ['["x", "y"].includes(event.a)', [{ a: 'x' }, { a: 'z' }, { a: null }], [{}, null]],
    ['typeof event.a === "string"', [{ a: 'x' }, { a: 5 }], [{}, null]],
    ['typeof event?.a === "object"', [{ a: {} }, { a: null }, { a: 5 }, {}, null], [{ a: [] }]],
    ['typeof event.a === "function"', [{ a: 'x' }, { a: [] }], [{}, null]],
    ['(event.a ?? 6) > 5', [{ a: null }, { a: 5 }, { a: 6 }], [{}, { a: '6' }]],
    ['event.a.length > 1', [{ a: { length: 2 } }, { a: {} }], [{ a: 'xy' }, { a: [1, 2] }]],
    ['event.length > 1', [{ length: 2 }], [{}, 'xy', [1, 2]]],
    ['given >= 5', [{ given: 5 }], [{}, null]],
    ['event.a >= 5 && check(event)', [{ a: 4 }], [{ a: 5 }, {}]],
    ['event.a >= 5 && check(event) && event.b > 1', [{ a: 4 }], [{ a: 5 }, {}]],
    ['event.a >= 5 || event.b.match(/x/)', [{ a: 5 }], [{ a: 4 }]],
    ['event.a >= 5 || pattern.test(event.b)', [{ a: 5 }], [{ a: 4 }]],
    ['event.a >= 5 && (event.b = 1)', [{ a: 4 }], [{ a: 5 }]],
    ['event.a === 5 ? true : event.b === 1', [{ a: 5 }, { a: 4, b: 1 }, { a: 4 }], [{}]],
  ])('%s', (text, decided, unsure) => {
    const compiled = compile(text)!;
    expectWellFormed(compiled);
    // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- as above.
    const run = new Function('event', `const given = event?.given; return (${text});`) as (
      event: unknown,
    ) => unknown;
    for (const event of decided) {
      expect([event, runPredicate(compiled, event)]).toEqual([event, outcome(run, event)]);
    }
    for (const event of unsure) expect([event, runPredicate(compiled, event)]).toEqual([event, 'unsure']);
  });

  test('in the order in which the handler looks, since that decides what throws', () => {
    const compiled = compile('event.a.b === 1 && event.c === 1')!;
    expect(runPredicate(compiled, { c: 2 })).toBe('unsure');
    expect(compile('check(event) || event.a === 1')).toBeUndefined();
  });
});

describe('no predicate is made of', () => {
  test.each([
    'event',
    'event.a',
    'event.a && event.b > 1',
    'event.a > 1 && event.b',
    'event.a > 1 && event',
    'event.a > 1 ? event : false',
    'event.a > 1 ? true : null',
    'event.a ?? false',
    'event.a > 1 && undefined',
    'event.a > 1 && "x"',
    '-event.a',
    'event.a + 1',
    'typeof event.a',
    '({ a: event.a })',
    '[event.a]',
    '`${event.a}`',
    '() => event.a',
    'new Date(event.a)',
    'true',
    'check(event)',
    'check(event) && event.a > 1',
    'event.a > event.b',
    'event.a === "\\ud800"',
    'event.toString === 1',
    '"constructor" in event',
    'event.a[0] === 1',
    'other.a > 1',
    '/x/.test(event.a)',
    'Boolean(event.a)',
    `${'!'.repeat(300)}event.a`,
    'event.a?.[event.b] > 1',
  ])('%s', text => {
    expect(compile(text)).toBeUndefined();
  });
});
