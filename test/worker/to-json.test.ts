import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadResult, memberJson, patchedJson, toJson } from '../../src/worker/to-json.ts';

const ODD: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  1e21,
  1.5,
  NaN,
  Infinity,
  '',
  '\ud800"\n€',
  Symbol('s'),
  () => 1,
  Object.assign(() => 1, { toJSON: () => 2 }),
  new Date(0),
  new Map([[1, 2]]),
  Object(5),
  Object('x'),
  [undefined, Symbol('s'), NaN],
  { toJSON: (name: string) => `for ${name}` },
  { toJSON: () => undefined },
  { a: undefined },
];
const someValue = fc.oneof(fc.jsonValue(), fc.constantFrom(...ODD));

describe('memberJson', () => {
  test('is what JSON.stringify makes of the member, or nothing where that leaves it out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), someValue, (name, value) => {
        fc.pre(name !== '__proto__' && name !== 'toJSON');
        const json = memberJson(name, value);
        expect(json === undefined ? '{}' : `{${JSON.stringify(name)}:${json}}`).toBe(
          JSON.stringify({ [name]: value }),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('toJson', () => {
  test('is what JSON.stringify makes of a result, and throws where that is nothing that an event can be', () => {
    for (const value of ODD) {
      const json = JSON.stringify(value) as string | undefined;
      if (json === undefined || (typeof value === 'number' && !Number.isFinite(value))) {
        expect(() => toJson(value)).toThrow(BadResult);
      } else {
        expect(toJson(value)).toBe(json);
      }
    }
  });

  test('tells what keeps a value from being written, in one line', () => {
    expect(() => toJson(5n)).toThrow(
      new BadResult(
        'the handler returned a value that cannot be written as JSON: Do not know how to serialize a BigInt',
      ),
    );
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(() => toJson(circular)).toThrow(/: Converting circular structure to JSON$/);
  });
});

describe('patchedJson', () => {
  test.each(['{"a":1}', undefined])('throws BadResult for an event that cannot be written: %s', text => {
    for (const value of [{ a: 5n }, { toJSON: () => undefined }]) {
      expect(() => patchedJson(text, value)).toThrow(BadResult);
    }
    expect(patchedJson(text, { a: 2 })).toBe('{"a":2}');
  });
});
