import { isDeepStrictEqual } from 'node:util';
import { parseExpressionAt } from 'acorn';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileExpression } from '../../src/query/evaluate.ts';
import { parseWhere } from '../../src/query/where.ts';
import {
  someHostileEvent,
  someHostileExpression,
  somePlainEvent,
  somePlainExpression,
} from './expressions.ts';

/** The value of an expression; `parseWhere` gives only its truth. */
function evaluate(text: string, event: unknown): unknown {
  return compileExpression(parseExpressionAt(text, 0, { ecmaVersion: 'latest' }))(event);
}

/** Names that are no members of the event in the JavaScript beside. */
const GLOBALS = new Set([
  'undefined',
  'NaN',
  'Infinity',
  'Number',
  'String',
  'Boolean',
  'Date',
  'Math',
  'isIn',
]);

/** `name in of`, of own members. */
function isIn(name: unknown, of: unknown): boolean {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, String(name));
}

/** What JavaScript itself gives for `js`, in which identifiers are members of `event`. */
function javaScript(js: string, event: object): unknown {
  const scope = new Proxy(event, { has: (_, name) => !GLOBALS.has(String(name)) });
  // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- JavaScript is what the language is held against.
  return new Function('scope', 'isIn', `with (scope) return (${js});`).call(event, scope, isIn);
}

/** Arrays that `match` gives have further members in JavaScript. */
function plain(value: unknown): unknown {
  return Array.isArray(value) ? value.map(plain) : value;
}

describe('an expression', () => {
  test('has the value that JavaScript gives, where what the language implies is written out', () => {
    fc.assert(
      fc.property(
        somePlainExpression,
        fc.array(somePlainEvent, { minLength: 1, maxLength: 4 }),
        ({ text, js }, events) => {
          for (const event of events) {
            const value = plain(evaluate(text, event));
            const wanted = plain(javaScript(js, event as object));
            // As strict as that about -0, and faster than expect.
            if (!isDeepStrictEqual(value, wanted)) expect(value).toStrictEqual(wanted);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('never throws, whatever the event', () => {
    fc.assert(
      fc.property(someHostileExpression, someHostileEvent, ({ text }, event) => {
        expect(typeof parseWhere(text).test(event)).toBe('boolean');
        evaluate(text, event);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('a member', () => {
  test.each([
    ['a.b.c', { a: { b: { c: 5 } } }, 5],
    ['a.b.c', {}, undefined],
    ['a.b.c', { a: null }, undefined],
    ['a?.b["c"]', { a: { b: { c: 5 } } }, 5],
    ['this["x-y"]', { 'x-y': 5 }, 5],
    ['this[""]', { '': 5 }, 5],
    ['this[1e3]', { 1000: 5 }, 5],
    ['this', 5, 5],
    ['tags[1]', { tags: ['x', 'y'] }, 'y'],
    ['tags[-1]', { tags: ['x'] }, undefined],
    ['tags.length', { tags: ['x'] }, 1],
    ['name[1]', { name: 'xy' }, 'y'],
    ['name.length', { name: 'xy' }, 2],
    ['length', 'xyz', 3],
    ['length', { length: 'own' }, 'own'],
    ['this.undefined', { undefined: 5 }, 5],
    ['undefined', { undefined: 5 }, undefined],
    ['this.NaN', { NaN: 5 }, 5],
    ['this.class', { class: 5 }, 5],
    ['public', { public: 5 }, 5],
    ['Math', { Math: 5 }, 5],
    ['größe + 変数', { größe: 1, 変数: 2 }, 3],
    ['\\u0061', { a: 5 }, 5],
    ['`a\\n`', {}, 'a\n'],
    ['a // why\n + 1', { a: 1 }, 2],
  ])('%s of %j is %j', (text, event, value) => {
    expect(evaluate(text, event)).toStrictEqual(value);
  });

  test.each(['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'startsWith'])(
    'named %s is seen only where the event has it',
    name => {
      for (const path of [
        name,
        `this["${name}"]`,
        `a.${name}`,
        `tags.${name}`,
        `name.${name}`,
        `count.${name}`,
      ]) {
        expect(evaluate(path, { a: {}, tags: [], name: 'x', count: 1 })).toBeUndefined();
      }
      for (const event of ['x', 5, true, null, [], {}]) {
        expect(evaluate(name, event)).toBeUndefined();
        expect(evaluate(`"${name}" in this`, event)).toBe(false);
      }
      const event = JSON.parse(`{"${name}":{"x":1}}`) as unknown;
      expect(evaluate(`${name}.x`, event)).toBe(1);
      expect(evaluate(`"${name}" in this`, event)).toBe(true);
    },
  );
});

describe('==', () => {
  test.each([
    ['a == b', { a: {}, b: {} }, false],
    ['a == a', { a: {} }, true],
    ['a == b', { a: [1], b: 1 }, true],
    ['a == "1,2"', { a: [1, 2] }, true],
    ['[1] == [1]', {}, false],
    ['null == a', {}, true],
    ['null == a', { a: {} }, false],
    ['a == null', { a: [] }, false],
    ['a == "5"', { a: 5 }, true],
    ['a == true', { a: '1' }, true],
  ])('%s of %j is %j', (text, event, value) => {
    expect(evaluate(text, event)).toBe(value);
  });
});

describe('in', () => {
  test.each([
    ['"a" in this', { a: undefined }, true],
    ['"b" in this.a', { a: { b: null } }, true],
    ['"b" in a', { a: 'b' }, false],
    ['"b" in a', {}, false],
    ['"length" in a', { a: 'b' }, false],
    ['"length" in a', { a: [] }, true],
    ['0 in a', { a: ['x'] }, true],
    ['1 in a', { a: ['x'] }, false],
    ['"x" in a', { a: ['x'] }, false],
    ['kind in known', { kind: 'x', known: { x: 1 } }, true],
  ])('%s of %j is %j', (text, event, value) => {
    expect(evaluate(text, event)).toBe(value);
  });
});

describe('a call', () => {
  test.each([
    ['name.startsWith("x")', { name: 5 }, undefined],
    ['name.startsWith("x")', {}, undefined],
    ['name.startsWith("x")', { name: { startsWith: 1 } }, undefined],
    ['name.startsWith(5)', { name: '5x' }, true],
    ['name.startsWith("x", 1)', { name: '5x' }, true],
    ['name?.startsWith?.("x")', { name: 'xy' }, true],
    ['(name.startsWith)("x")', { name: 'xy' }, true],
    ['name["startsWith"]("x")', { name: 'xy' }, true],
    ['name.trim().toUpperCase().slice(0, 1)', { name: ' xy' }, 'X'],
    ['tags.includes("x")', { tags: ['x'] }, true],
    ['tags.includes(undefined)', { tags: ['x'] }, false],
    ['tags.indexOf("y")', { tags: ['x'] }, -1],
    ['tags.startsWith("x")', { tags: ['x'] }, undefined],
    ['[1, NaN].includes(NaN)', {}, true],
    ['[a, 2].includes(5)', { a: 5 }, true],
    ['path.match(/^\\/(\\w+)/)[1]', { path: '/users/1' }, 'users'],
    ['path.match(/(x)?a/)', { path: 'a' }, ['a', undefined]],
    ['path.match(/x/)', { path: 'a' }, null],
    ['path.match(/a/g)', { path: 'aba' }, ['a', 'a']],
    ['path.match(/x/)', {}, undefined],
    ['/^undefined$/.test(path)', {}, true],
    ['Math.max(a, b, 3)', { a: 1, b: '5' }, 5],
    ['Date.parse(at) - Date.parse("2026-01-01")', { at: '2026-01-01T00:00:01Z' }, 1000],
    ['Date', { Date: 5 }, 5],
    ['Date.startsWith("x")', { Date: 'xy' }, true],
    ['String(a)', { a: [1, [2, null, {}]] }, '1,2,,[object Object]'],
    ['Number(a)', { a: ['5'] }, 5],
  ])('%s of %j is %j', (text, event, value) => {
    expect(evaluate(text, event)).toStrictEqual(value);
  });

  test('of a regular expression keeps nothing for the next one', () => {
    for (const flags of ['g', 'y', 'gy']) {
      const { test: passes } = parseWhere(`/a/${flags}.test(name) && name.match(/a/${flags})`);
      expect([1, 2, 3].map(() => passes({ name: 'ab' }))).toEqual([true, true, true]);
    }
  });
});

describe('a hostile event', () => {
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;

  test('with arrays a hundred thousand deep is converted without a stack', () => {
    for (const text of ['String(a) === ""', 'a == ""', 'Number(a) === 0', 'a + "" === ""', '/^$/.test(a)']) {
      expect(parseWhere(text).test({ a: deep })).toBe(true);
    }
  });

  test('has no say in how it is converted', () => {
    const event = JSON.parse('{"a":{"toString":1,"valueOf":2,"__proto__":null,"then":3}}') as unknown;
    expect(evaluate('a + ""', event)).toBe('[object Object]');
    expect(evaluate('a == "[object Object]" && !(a < 1) && a == a', event)).toBe(true);
    expect(evaluate('[a, 1] + ""', event)).toBe('[object Object],1');
  });

  test('that would make a text too long for JavaScript does not go on', () => {
    const { test: passes } = parseWhere('a + a + a + a');
    expect(passes({ a: 'x' })).toBe(true);
    expect(passes({ a: 'x'.repeat(2 ** 28) })).toBe(false);
  });
});
