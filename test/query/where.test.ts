import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QUERY_DEPTH_MAX, WHERE_LENGTH_MAX } from '../../src/base/limits.ts';
import { parseWhere } from '../../src/query/where.ts';

/** What `parseWhere` refuses, and how; the language itself is in evaluate.test.ts and docs/WHERE.md. */

function refusal(text: string): { message: string; hint: string | undefined } {
  try {
    parseWhere(text);
  } catch (error) {
    expect(error).toMatchObject({ code: 'MILLRACE_WHERE', exit: 2, retryable: false });
    return error as { message: string; hint: string | undefined };
  }
  throw new Error(`${text} is taken`);
}

function nested(depth: number): string {
  return `${'!'.repeat(depth)}a`;
}

describe('an expression is refused that', () => {
  test.each([
    ['', 'column 1, at the end: the expression is empty'],
    [' \t', 'column 3, at the end: the expression is empty'],
    ['status >', 'column 9, at the end: something is missing'],
    ['(status', 'column 8, at the end: something is missing'],
    ['status = 500', 'column 8, at "= 500": an assignment is not part of the language'],
    ['(a) += 1', 'column 5, at "+= 1": an assignment is not part of the language'],
    ['a == 1 b', 'column 8, at "b": the expression is over before this'],
    ['(a) )', 'column 5, at ")": the expression is over before this'],
    ['a; b', 'column 2, at "; b": the expression is over before this'],
    ['class == 1', 'column 7, at "== 1": unexpected token'],
    ['@x', `column 1, at "@x": unexpected character '@'`],
    ['a == "x', 'column 6, at ""x": unterminated string constant'],
    ['a, b', 'column 2, at ", b": a comma between expressions is not part of the language'],
    ['a && foo(b)', 'column 6, at "foo(b)": there is no function "foo"'],
    ['a.map(x => x)', 'column 3, at "map(x => x)": there is no method "map"'],
    ['a.some(b)', 'column 3, at "some(b)": there is no method "some"'],
    ['Math.sin(a)', 'column 6, at "sin(a)": there is no method "sin"'],
    ['a.constructor("b")', 'column 3, at "constructor("b")": there is no method "constructor"'],
    ['a["toString"]()', 'column 3, at ""toString"]()": there is no method "toString"'],
    ['this()', 'column 1, at "this()": this cannot be called'],
    ['a.trim()()', 'column 1, at "a.trim()()": this cannot be called'],
    ['startsWith("a")', 'column 1, at "startsWith("a")": there is no function "startsWith"'],
    ['a => a', 'column 1, at "a => a": a function is not part of the language'],
    ['async a => a', 'column 1, at "async a => a": a function is not part of the language'],
    ['function () {}', 'column 1, at "function () {}": a function is not part of the language'],
    ['class {}', 'column 1, at "class {}": a class is not part of the language'],
    ['new Date()', 'column 1, at "new Date()": "new" is not part of the language'],
    ['({})', 'column 2, at "{})": an object literal is not part of the language'],
    ['import("x")', 'column 1, at "import("x")": an import is not part of the language'],
    ['`a${b}`', 'column 1, at "`a${b}`": "${" is not part of the language'],
    ['a`b`', 'column 1, at "a`b`": a template with a tag is not part of the language'],
    ['a == 1n', 'column 6, at "1n": a BigInt is not part of the language'],
    ['a == 010', 'column 6, at "010": a number that begins with 0 is not part of the language'],
    ['a <!--b', 'column 3, at "<!--b": an HTML comment is not part of the language'],
    ['a\n--> b', 'line 2, column 1, at "--> b": an HTML comment is not part of the language'],
    ['#!a\nb', 'column 2, at "!a": unexpected character \'!\''],
    ['a ** 2', 'column 3, at "** 2": the operator "**" is not part of the language'],
    ['a & 1', 'column 3, at "& 1": the operator "&" is not part of the language'],
    ['a instanceof b', 'column 3, at "instanceof b": the operator "instanceof" is not part of the language'],
    ['~a', 'column 1, at "~a": the operator "~" is not part of the language'],
    ['void 0', 'column 1, at "void 0": the operator "void" is not part of the language'],
    ['delete a', 'column 1, at "delete a": the operator "delete" is not part of the language'],
    ['a++', 'column 1, at "a++": "++" or "--" is not part of the language'],
    ['a[b]', 'column 3, at "b]": brackets must hold a text or a number'],
    ['a[null]', 'column 3, at "null]": brackets must hold a text or a number'],
    ['[1, , 2]', 'column 1, at "[1, , 2]": an array with a gap is not part of the language'],
    ['[...a]', 'column 2, at "...a]": "..." is not part of the language'],
    ['Number(...a)', 'column 8, at "...a)": "..." is not part of the language'],
    ['/a/', 'column 1, at "/a/": a regular expression stands only in /…/.test(value) and value.match(/…/)'],
    [
      '/a/.source',
      'column 1, at "/a/.source": a regular expression stands only in /…/.test(value) and value.match(/…/)',
    ],
    [
      'a.startsWith(/a/)',
      'column 14, at "/a/)": a regular expression stands only in /…/.test(value) and value.match(/…/)',
    ],
    ['a.test("b")', 'column 1, at "a.test("b")": "test" needs a regular expression that is written out'],
    ['a.match("b")', 'column 9, at ""b")": "match" needs a regular expression that is written out'],
    ['/a/.test()', 'column 1, at "/a/.test()": "test" takes one argument'],
    ['/(/.test(a)', 'column 2, at "(/.test(a)": invalid regular expression: /(/: Unterminated group'],
    ['a.trim(1)', 'column 1, at "a.trim(1)": "trim" takes 0 arguments'],
    ['a.startsWith()', 'column 1, at "a.startsWith()": "startsWith" takes 1 to 2 arguments'],
    ['Math.max()', 'column 1, at "Math.max()": "Math.max" takes at least 1 argument'],
    ['Number(1, 2)', 'column 1, at "Number(1, 2)": "Number" takes 1 argument'],
    ['#a in this', 'column 1, at "#a in this": unexpected token'],
    ['"😀" + = a', 'column 7, at "= a": unexpected token'],
    ['a &&\n  b c', 'line 2, column 5, at "c": the expression is over before this'],
    [
      `a = ${'b'.repeat(50)}`,
      `column 3, at "= ${'b'.repeat(18)}…": an assignment is not part of the language`,
    ],
  ])('is %j', (text, what) => {
    const { message, hint } = refusal(text);
    expect(message).toBe(`cannot understand the expression in ${what}`);
    expect(hint).toMatch(/\w/);
  });

  test('is too long', () => {
    expect(parseWhere('a'.padEnd(WHERE_LENGTH_MAX)).test({ a: 1 })).toBe(true);
    expect(refusal('a'.padEnd(WHERE_LENGTH_MAX + 1)).message).toContain(`${WHERE_LENGTH_MAX}`);
  });

  test('is nested too deeply', () => {
    expect(parseWhere(nested(QUERY_DEPTH_MAX)).test({ a: 1 })).toBe(QUERY_DEPTH_MAX % 2 === 0);
    expect(refusal(nested(QUERY_DEPTH_MAX + 1)).message).toContain('nested too deeply');
    for (const text of [nested(16_000), `${'('.repeat(8000)}a${')'.repeat(8000)}`, `a${'+a'.repeat(8000)}`]) {
      expect(refusal(text).message).toContain('nested too deeply');
    }
  });

  test('no parser has seen before, with an error of ours', () => {
    const words =
      'a this 1 "x" /r/ ( ) [ ] { } . ?. , ; : ? && || ?? ! == in typeof new => = + - ++ ` ${ ...'.split(' ');
    const others = [
      ' ',
      '\n',
      '\\',
      '#',
      '@',
      '//',
      '/*',
      '*/',
      '<!--',
      '-->',
      '\u2028',
      '\ud800',
      'async',
      'class',
    ];
    const someToken = fc.constantFrom(...words, ...others);
    fc.assert(
      fc.property(fc.array(someToken, { maxLength: 12 }), tokens => {
        try {
          expect(typeof parseWhere(tokens.join('')).test({ a: 1 })).toBe('boolean');
        } catch (error) {
          expect(error).toMatchObject({ code: 'MILLRACE_WHERE' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an expression is taken that', () => {
  test('is a chain of thousands, which is no deeper than one of two', () => {
    const { test: passes, predicate } = parseWhere(
      Array.from({ length: 2000 }, (_, at) => `a<${at}`).join('||'),
    );
    expect(predicate.tests).toHaveLength(2000);
    expect([passes({ a: 1998 }), passes({ a: 1999 })]).toEqual([true, false]);
  });

  test('has space, lines and comments around its parts', () => {
    const where = parseWhere(' // first\n ( /* then */ a )\n\n && b // last');
    expect(where.text).toBe(' // first\n ( /* then */ a )\n\n && b // last');
    expect(where.test({ a: 1, b: 1 })).toBe(true);
  });

  test('names members like words that JavaScript reserves elsewhere', () => {
    for (const name of [
      'await',
      'yield',
      'let',
      'static',
      'public',
      'async',
      'of',
      'arguments',
      'eval',
      'get',
    ]) {
      expect(parseWhere(`${name} == 1`).test({ [name]: 1 })).toBe(true);
    }
    for (const name of ['class', 'new', 'in', 'this', 'null', 'true', 'undefined', 'NaN']) {
      expect(parseWhere(`this.${name} == 1`).test({ [name]: 1 })).toBe(true);
    }
  });
});
