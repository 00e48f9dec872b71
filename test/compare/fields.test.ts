import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonical, parseExactly } from '../../src/compare/exact-json.ts';
import { fieldDifferences } from '../../src/compare/fields.ts';

function differences(expected: string, actual: string): unknown {
  return fieldDifferences(parseExactly(expected), parseExactly(actual)).map(
    ({ path, expected: before, actual: now }) => [path.join('/'), before, now],
  );
}

/** `inner` below forty thousand levels. */
function deep(inner: string): string {
  return `${'[{"a":'.repeat(20_000)}${inner}${'}]'.repeat(20_000)}`;
}

describe('the fields that differ', () => {
  test('are named with both values, and with none where one is not there', () => {
    expect(differences('{"a":1,"b":{"c":[1,2]},"d":"x"}', '{"b":{"c":[1,3,4]},"d":"x","e":null}')).toEqual([
      ['a', '1', undefined],
      ['b/c/1', '2', '3'],
      ['b/c/2', undefined, '4'],
      ['e', undefined, 'null'],
    ]);
  });

  test('are told apart by digits that a double has not', () => {
    expect(differences('{"n":9223372036854775807,"m":1.0}', '{"n":9223372036854775808,"m":1}')).toEqual([
      ['n', '9223372036854775807', '9223372036854775808'],
    ]);
  });

  test('are the event itself where one is of another kind', () => {
    expect(differences('{"a":1}', '[1]')).toEqual([['', '{"a":1}', '[1]']]);
    expect(differences('1', '"1"')).toEqual([['', '1', '"1"']]);
  });

  test('are twenty at most', () => {
    const many = JSON.stringify(Array.from({ length: 100 }, (_, index) => [index]));
    expect(differences(many, '[]')).toHaveLength(20);
  });

  test('are none exactly where the events are the same', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.json({ maxDepth: 3 }), (a, b) => {
        const [before, now] = [parseExactly(a)!, parseExactly(b)!];
        expect(fieldDifferences(before, now).length === 0).toBe(canonical(before) === canonical(now));
        expect(fieldDifferences(before, before)).toEqual([]);
      }),
    );
  });

  test('are found in events of any depth', () => {
    expect(differences(deep('1'), deep('2'))).toHaveLength(1);
  });
});
