import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonical, parseExactly, written } from '../../src/compare/exact-json.ts';

function same(a: string, b: string): boolean {
  return canonical(parseExactly(a)!) === canonical(parseExactly(b)!);
}

describe('two JSON texts', () => {
  test('are the same whatever their spacing, spelling of strings and order of members', () => {
    expect(same('{"a":1,"b":[{"c":2,"d":null}]}', ' { "b" : [ {"d":null, "c":2} ], "a":1 }\r')).toBe(true);
    expect(same(String.raw`"\u0041\/\""`, String.raw`"A/\u0022"`)).toBe(true);
  });

  test.each([
    ['[1,2]', '[2,1]'],
    ['{"a":1}', '{"a":1,"b":null}'],
    ['"1"', '1'],
    ['"n1"', '1'],
    ['"null"', 'null'],
    ['""', '0'],
    ['[]', '{}'],
    ['{"0":1}', '[1]'],
    ['false', 'null'],
    ['"s"', '""'],
    ['{"__proto__":{"a":1}}', '{}'],
  ])('%s and %s are two', (a, b) => {
    expect(same(a, b)).toBe(false);
    expect(same(b, a)).toBe(false);
  });

  test.each([
    ['1', '1.0'],
    ['1.50e1', '15'],
    ['1e400', '10E+399'],
    ['-0.0', '0e7'],
    ['0.000123', '1.23e-4'],
    ['100', '1e2'],
    ['9223372036854775807', '9223372036854775807.0'],
  ])('%s and %s are one number', (a, b) => {
    expect(same(a, b)).toBe(true);
  });

  test.each([
    ['9223372036854775807', '9223372036854775808'],
    ['1e400', '1e401'],
    ['0.1', '0.10000000000000001'],
    ['-1', '1'],
    ['10', '1'],
    ['1e-400', '0'],
  ])('%s and %s are two numbers, although doubles may not tell them apart', (a, b) => {
    expect(same(a, b)).toBe(false);
  });

  test('that JSON.parse reads are told apart at least where it tells them apart', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (a, b) => {
        const plain = JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
        if (same(a, b)) expect(JSON.parse(a)).toEqual(JSON.parse(b));
        else expect(plain).toBe(false);
      }),
    );
  });
});

test('what is read is written as JSON with its numbers as they were', () => {
  const text = String.raw`{"a\"b":[9223372036854775807,2230.0,1e400,-0],"__proto__":"n1","":{"s":"s"},"x":[]}`;
  expect(written(parseExactly(text)!)).toBe(text);
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const json = JSON.stringify(value);
      expect(written(parseExactly(json)!)).toBe(json);
    }),
  );
});

test.each(['', '{', '01', '{"a":1}}', '"\u0001"', 'undefined', '1 2'])('%j is no JSON', text => {
  expect(parseExactly(text)).toBeUndefined();
});

test('a long string, and a number of many zeros, take no more time than they must', () => {
  const long = JSON.stringify('\\"x'.repeat(1_000_000));
  expect(written(parseExactly(long)!)).toBe(long);
  expect(same(`1${'0'.repeat(200_000)}`, '1e200000')).toBe(true);
  expect(same(`0.${'0'.repeat(200_000)}1`, '1e-200001')).toBe(true);
});
