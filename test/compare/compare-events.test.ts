import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareEvents } from '../../src/compare/compare-events.ts';
import { linesOf } from '../../src/compare/lines.ts';

function compared(expected: string, actual: string, exactly = false): unknown[] {
  return compareEvents(linesOf(expected, exactly), linesOf(actual, exactly)).map(difference => {
    if (difference.kind === 'missing') return ['missing', difference.expected.number];
    if (difference.kind === 'extra') return ['extra', difference.actual.number];
    const { expected: before, actual: now, fields } = difference;
    return ['changed', before.number, now.number, fields.map(({ path }) => path.join('.'))];
  });
}

/** Twenty thousand lines, none of which is in another one's twenty thousand. */
function many(first: number): string {
  return Array.from({ length: 20_000 }, (_, index) => first + index).join('\n');
}

describe('what came out', () => {
  test('is as expected whatever the spacing, order of members, blank lines, line ends and a byte order mark', () => {
    expect(compared('\uFEFF{"a":1, "b":2}\r\n\r\n\n3', '{"b":2,"a":1}\n3\n')).toEqual([]);
  });

  test('is not as expected with --exact where anything of it is spelt in another way', () => {
    expect(compared('{"a":1}\n{"b":2}\n', '{"a":1}\n{"b": 2}\n', true)).toEqual([['changed', 2, 2, []]]);
    expect(compared('{"a":1}\n', '{"a":1}\n', true)).toEqual([]);
  });

  test('lacks an event', () => {
    expect(compared('1\n2\n3\n', '1\n3\n')).toEqual([['missing', 2]]);
    expect(compared('1\n', '')).toEqual([['missing', 1]]);
  });

  test('has an event that was not expected', () => {
    expect(compared('1\n3\n', '1\n2\n3\n')).toEqual([['extra', 2]]);
    expect(compared('', '1\n1\n')).toEqual([
      ['extra', 1],
      ['extra', 2],
    ]);
  });

  test('has another event in the place of one, of which the fields are named', () => {
    expect(compared('{"a":1}\n\n{"b":{"c":1}}\n', '{"a":1}\n{"b":{"c":2}}\n')).toEqual([
      ['changed', 3, 2, ['b.c']],
    ]);
  });

  test('must come in order', () => {
    expect(compared('1\n2\n', '2\n1\n')).not.toEqual([]);
  });

  test('is as expected exactly where the lines are the same, one by one', () => {
    const lines = fc.array(fc.constantFrom('1', '2', '3', '{"a":1}', '{"a":2}'), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, now) => {
        const found = compareEvents(linesOf(before.join('\n'), false), linesOf(now.join('\n'), false));
        expect(found.length === 0).toBe(before.join() === now.join());
        // Every line is either in both or told of.
        const told = (kind: string): number => found.filter(({ kind: other }) => other === kind).length;
        expect(before.length - told('missing')).toBe(now.length - told('extra'));
      }),
    );
  });

  test('is compared in bounded time however much there is of it', () => {
    expect(compared(many(0), many(20_000))).toHaveLength(20_000);
    // More than a call can have arguments.
    expect(compared('1\n'.repeat(300_000), '')).toHaveLength(300_000);
    expect(compared(`x\n${many(0)}`, `${many(0)}\n`)).not.toEqual([]);
  });

  test('that is nested too deep to be looked into is compared as text', () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    expect(compared(deep, deep)).toEqual([]);
    expect(compared(deep, `[${deep}]`)).toHaveLength(1);
  });
});
