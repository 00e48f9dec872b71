import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLines } from '../../src/cli/json-lines.ts';

test('JSON on several lines is what JSON.stringify makes of it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), value => {
      for (const space of [0, 1, '\t']) {
        expect(jsonLines(JSON.stringify(value, null, space))).toBe(JSON.stringify(value, null, 2));
      }
    }),
  );
});

test('numbers, strings and members that come twice stay as they are spelt', () => {
  const text = '{"a":9223372036854775807, "a":1e400,"b":[-0.0,2230.0,"\\u0041\\"[{,"],"c":{ }}';
  expect(jsonLines(text)).toBe(
    '{\n  "a": 9223372036854775807,\n  "a": 1e400,\n  "b": [\n    -0.0,\n    2230.0,\n    "\\u0041\\"[{,"\n  ],\n  "c": {}\n}',
  );
});

test('a string may be long, and full of escapes', () => {
  for (const part of ['a', '\\n', 'a\\"']) {
    const text = `"${part.repeat(3_000_000)}"`;
    expect(jsonLines(text) === text).toBe(true);
  }
});

test('what is not JSON, or too deep to be read, is left as it is', () => {
  for (const text of ['', '{oops', '"a', '1 2', `${'['.repeat(51)}1${']'.repeat(51)}`]) {
    expect(jsonLines(text)).toBeUndefined();
  }
  expect(jsonLines(`${'['.repeat(50)}1${']'.repeat(50)}`)?.split('\n')).toHaveLength(101);
});
