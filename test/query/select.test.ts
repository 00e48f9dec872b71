import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PREDICATE_FIELDS_MAX } from '../../src/base/limits.ts';
import type { ValuePath } from '../../src/kernel/path.ts';
import { parseSelect, type SelectTree } from '../../src/query/select.ts';

const refused = expect.objectContaining({ code: 'MILLRACE_SELECT', exit: 2, retryable: false });

/** Writes the object as whoever has the values' bytes does: members in the order of the tree, those that are missing left out. */
function write(tree: SelectTree, texts: readonly (string | undefined)[]): string | undefined {
  const members = tree.flatMap(({ name, value }) => {
    const text = typeof value === 'number' ? texts[value] : write(value, texts);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return members.length === 0 ? undefined : `{${members.join()}}`;
}

/** The text of the value that the kernel finds, or undefined where it finds none. */
function textAt(event: unknown, { segments }: ValuePath): string | undefined {
  let value = event;
  for (const { name, index } of segments) {
    if (Array.isArray(value)) value = index >= 0 ? (value[index] as unknown) : undefined;
    else if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    else value = (value as Record<string, unknown>)[name];
  }
  return JSON.stringify(value);
}

describe('parseSelect', () => {
  test.each([
    ['a', { a: 1, b: 2 }, '{"a":1}'],
    ['b,a', { a: 1, b: 2 }, '{"b":2,"a":1}'],
    [' b , a ', { a: 1, b: 2 }, '{"b":2,"a":1}'],
    ['a.x,b,a.y', { b: 2, a: { y: 3, z: 4, x: 1 } }, '{"a":{"x":1,"y":3},"b":2}'],
    ['a.b.c', { a: { b: { c: [1, { d: 2 }] } } }, '{"a":{"b":{"c":[1,{"d":2}]}}}'],
    ['a', { a: null }, '{"a":null}'],
    ['a,b', { b: false }, '{"b":false}'],
    ['a.b', { a: 5 }, '{}'],
    ['a.b,c.d', { a: {}, c: { d: '' } }, '{"c":{"d":""}}'],
    ['a', 'text', '{}'],
    ['a', null, '{}'],
    ['tags.1,tags.0', { tags: ['x', 'y', 'z'] }, '{"tags":{"0":"x","1":"y"}}'],
    ['b,10,9', { 9: 1, 10: 2, b: 3 }, '{"9":1,"10":2,"b":3}'],
    ['01,1', { '1': 1, '01': 2 }, '{"1":1,"01":2}'],
    ['length,a.length', { a: [1], length: 5 }, '{"length":5}'],
    ['a.0', { a: 'text' }, '{}'],
    ['/id.orig_h,/a~1b', { 'id.orig_h': 1, 'a/b': 2 }, '{"id.orig_h":1,"a/b":2}'],
    ['/', { '': 1 }, '{"":1}'],
    ['__proto__.a', JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
    ['constructor,toString', {}, '{}'],
  ])('picks %s from %j', (text, event: unknown, json) => {
    const select = parseSelect(text);
    expect(select.text).toBe(text);
    expect(JSON.stringify(select.pick(event))).toBe(json);
    expect(
      write(
        select.tree,
        select.fields.map(path => textAt(event, path)),
      ) ?? '{}',
    ).toBe(json);
  });

  test('has a tree of names and numbers of fields', () => {
    const { tree, fields } = parseSelect('a.x,b,a.y.z');
    expect(fields.map(({ text }) => text)).toEqual(['a.x', 'b', 'a.y.z']);
    expect(tree).toEqual([
      {
        name: 'a',
        value: [
          { name: 'x', value: 0 },
          { name: 'y', value: [{ name: 'z', value: 2 }] },
        ],
      },
      { name: 'b', value: 1 },
    ]);
  });

  test('gives the same whether values or bytes are put together', () => {
    const someName = fc.constantFrom('a', 'b', '0', '1', 'x', '__proto__', 'length', '02');
    const somePath = fc.array(someName, { minLength: 1, maxLength: 3 }).map(names => `/${names.join('/')}`);
    const someEvent = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 3, depthSize: 'medium' },
        fc.constantFrom<unknown>(1, 'x', null, true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc
          .array(fc.tuple(someName, tie('value')), { maxLength: 4 })
          .map(
            members =>
              JSON.parse(
                `{${members.map(([name, of]) => `"${name}":${JSON.stringify(of)}`).join()}}`,
              ) as unknown,
          ),
      ),
    })).value;
    fc.assert(
      fc.property(fc.array(somePath, { minLength: 1, maxLength: 5 }), someEvent, (paths, event) => {
        const isInside = paths.some((path, at) =>
          paths.some((other, to) => at !== to && `${path}/`.startsWith(`${other}/`)),
        );
        if (isInside) expect(() => parseSelect(paths.join())).toThrow(refused);
        if (isInside) return;
        const { tree, fields, pick } = parseSelect(paths.join());
        const text =
          write(
            tree,
            fields.map(path => textAt(event, path)),
          ) ?? '{}';
        expect(JSON.stringify(pick(event))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    '',
    ' ',
    'a,',
    ',a',
    'a,,b',
    'a..b',
    '/~2',
    'a,a',
    'a,/a',
    'a.b,a',
    'a,a.b',
    'a.b,a.b.c',
    'a.'.repeat(32) + 'a',
  ])('refuses %j', text => {
    expect(() => parseSelect(text)).toThrow(refused);
  });

  test('says which path is wrong', () => {
    expect(() => parseSelect('a,b..c')).toThrow('--select: "b..c" is not a path to a value');
    expect(() => parseSelect('a.b,a')).toThrow('--select has "a" twice, or inside of another path');
  });

  test('takes as many paths as the limit says', () => {
    const names = Array.from({ length: PREDICATE_FIELDS_MAX }, (_, at) => `f${at}`);
    expect(parseSelect(names.join()).fields).toHaveLength(PREDICATE_FIELDS_MAX);
    expect(() => parseSelect([...names, 'more'].join())).toThrow(refused);
  });
});
