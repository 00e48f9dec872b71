import { describe, expect, test } from 'vitest';
import { patchText } from '../../src/worker/patch-text.ts';

/**
 * Texts of a megabyte whose shape would be costly if anything were gone through more than a few times, and texts nested
 * too deep for recursion.
 */

const COUNT = 100_000;

type Members = Record<string, unknown>;

function objectOf(count: number, member: (at: number) => string): string {
  return `{${Array.from({ length: count }, (_, at) => member(at)).join(', ')}}`;
}

function nested(depth: number, inner: string, open = '[ ', close = ']'): string {
  return open.repeat(depth) + inner + close.repeat(depth);
}

function raw(at: number): string {
  return `"k${at}":${at}.0`;
}

/** The array `depth` arrays inside `value`. */
function descend(value: unknown, depth: number): unknown[] {
  let at = value as unknown[];
  for (let level = 0; level < depth; level++) at = at[0] as unknown[];
  return at;
}

describe('an object of 100,000 members', () => {
  const text = objectOf(COUNT, raw);

  test('keeps all of them but one', () => {
    const value = JSON.parse(text) as Members;
    value['k7'] = true;
    expect(patchText(text, value)).toBe(text.replace(raw(7), '"k7":true'));
  });

  test('without every second', () => {
    const value = JSON.parse(text) as Members;
    for (let at = 0; at < COUNT; at += 2) delete value[`k${at}`];
    const expected = `{${Array.from({ length: COUNT / 2 }, (_, at) => raw(at * 2 + 1)).join(', ')}}`;
    expect(patchText(text, value)).toBe(expected);
  });

  test('that are undefined, or gone, is empty', () => {
    const value = JSON.parse(text) as Members;
    for (const key of Object.keys(value)) value[key] = undefined;
    expect(patchText(text, value)).toBe('{}');
    for (const key of Object.keys(value)) delete value[key];
    expect(patchText(text, value)).toBe('{}');
  });

  test.each(['', ', "last":"\\n"'])('in reverse order', last => {
    const escaped = `${text.slice(0, -1)}${last}}`;
    const members = Object.entries(JSON.parse(escaped) as Members).reverse();
    const kept = Array.from({ length: COUNT }, (_, at) => raw(COUNT - 1 - at));
    if (last !== '') kept.unshift(last.slice(2));
    const value = JSON.parse(escaped) as Members;
    for (const [key, member] of members) {
      delete value[key];
      value[key] = member;
    }
    expect(patchText(escaped, value)).toBe(`{${kept.join(',')}}`);
  });

  test('of one name keeps them, or the last one', () => {
    const repeated = objectOf(COUNT, at => `"a":${at}.0`);
    const value = JSON.parse(repeated) as Members;
    expect(patchText(repeated, value)).toBe(repeated);
    value['b'] = 1;
    expect(patchText(repeated, value)).toBe(`{"a":${COUNT - 1}.0,"b":1}`);
  });
});

describe('an array of 100,000 elements', () => {
  const text = `[${Array.from({ length: COUNT }, (_, at) => `{"b":1.0, "a":${at}.0}`).join(', ')}]`;

  test('that became longer keeps them', () => {
    const value = JSON.parse(text) as unknown[];
    value.push(0);
    expect(patchText(text, value)).toBe(`${text.replaceAll('}, {', '},{').slice(0, -1)},0]`);
  });

  test('that are all in another order inside', () => {
    const value = JSON.parse(text) as Members[];
    for (const element of value) {
      delete element['b'];
      element['b'] = 1;
    }
    expect(patchText(text, value)).toBe(text.replaceAll(/"b":1.0, ("a":\d+.0)/g, '$1,"b":1.0'));
  });

  test('that were containers and are numbers', () => {
    const value = JSON.parse(text) as unknown[];
    value.forEach((_, at) => (value[at] = at));
    expect(patchText(text, value)).toBe(text.replaceAll(/\{[^}]*\}/g, '7').replaceAll(/7/g, nextNumber()));
  });
});

/** Gives 0, 1, 2 and so on. */
function nextNumber(): () => string {
  let number = 0;
  return () => String(number++);
}

describe('a text of 100,000 brackets', () => {
  const deep = nested(COUNT, '1.0');
  const text = `{"a" : ${deep} , "b":1}`;

  test('keeps them beside a change', () => {
    const value = JSON.parse(text) as Members;
    expect(patchText(text, value)).toBe(text);
    value['b'] = 2;
    expect(patchText(text, value)).toBe(`{"a" : ${deep} , "b":2}`);
    delete value['b'];
    expect(patchText(text, value)).toBe(`{"a" : ${deep}}`);
  });

  test('keeps them around a change near the top', () => {
    const value = JSON.parse(deep) as unknown[];
    descend(value, 200).push(2);
    expect(patchText(deep, value)).toBe(`${'[ '.repeat(200)}[${deep.slice(402, -201)},2]${']'.repeat(200)}`);
  });

  test('is too deep for a change at the bottom, as it is for JSON.stringify', () => {
    const value = JSON.parse(deep) as unknown[];
    descend(value, COUNT - 1).push(2);
    expect(() => JSON.stringify(value)).toThrow(RangeError);
    expect(() => patchText(deep, value)).toThrow(RangeError);
    expect(patchText('[1.0]', [1])).toBe('[1.0]');
  });

  test('keeps them where a name stands twice', () => {
    const repeated = `{"a":1,"a":${deep},"b":1}`;
    const value = JSON.parse(repeated) as Members;
    expect(patchText(repeated, value)).toBe(repeated);
    value['b'] = 2;
    expect(patchText(repeated, value)).toBe(`{"a":${deep},"b":2}`);
  });
});

describe('a value that is nested too deep to be patched', () => {
  const inner = '{ "n":1.0, "m":[1e0], "s":"\\u0041", "t":null, "o":{"p":2.0} }';
  const text = nested(400, inner);
  const plain = nested(400, '{"n":1,"m":[1],"s":"A","t":null,"o":{"p":2}}', '[');

  test('is written anew where it was changed, and keeps what is around it', () => {
    const value = JSON.parse(text) as unknown[];
    (descend(value, 400) as unknown as Members)['u'] = 1;
    const patched = patchText(text, value)!;
    expect(patched.replaceAll(' ', '')).toBe(plain.replace('}}', '},"u":1}'));
    expect(patched.startsWith('[ '.repeat(200))).toBe(true);
  });

  test.each<readonly [name: string, change: (inner: Members) => unknown, json: string]>([
    ['another number', e => (e['n'] = 2), '{"n":2,"m":[1],"s":"A","t":null,"o":{"p":2}}'],
    ['another element', e => ((e['m'] as unknown[])[0] = 2), '{"n":1,"m":[2],"s":"A","t":null,"o":{"p":2}}'],
    [
      'a hole',
      e => Reflect.deleteProperty(e['m'] as unknown[], 0),
      '{"n":1,"m":[null],"s":"A","t":null,"o":{"p":2}}',
    ],
    [
      'one element more',
      e => (e['m'] as unknown[]).push(1),
      '{"n":1,"m":[1,1],"s":"A","t":null,"o":{"p":2}}',
    ],
    ['another order', e => (delete e['n'], (e['n'] = 1)), '{"m":[1],"s":"A","t":null,"o":{"p":2},"n":1}'],
    ['a member less', e => delete e['t'], '{"n":1,"m":[1],"s":"A","o":{"p":2}}'],
    ['a toJSON', e => (e['toJSON'] = () => 1), '1'],
    [
      'a class',
      e => Object.setPrototypeOf(e['o'], Map.prototype),
      '{"n":1,"m":[1],"s":"A","t":null,"o":{"p":2}}',
    ],
    ['a Proxy', e => (e['m'] = new Proxy([2], {})), '{"n":1,"m":[2],"s":"A","t":null,"o":{"p":2}}'],
    ['an object for an array', e => (e['m'] = { 0: 1 }), '{"n":1,"m":{"0":1},"s":"A","t":null,"o":{"p":2}}'],
    ['an array for null', e => (e['t'] = []), '{"n":1,"m":[1],"s":"A","t":[],"o":{"p":2}}'],
  ])('and has %s is not taken for the same', (_, change, json) => {
    const value = JSON.parse(text) as unknown[];
    change(descend(value, 400) as unknown as Members);
    expect(patchText(text, value)!.replaceAll(' ', '')).toBe(nested(400, json, '['));
  });

  test('has its getters read once', () => {
    const value = JSON.parse(text) as unknown[];
    let reads = 0;
    const property = { get: () => ++reads, enumerable: true };
    Object.defineProperty(descend(value, 400), 'n', property);
    expect(patchText(text, value)!.replaceAll(' ', '')).toBe(plain);
    expect(reads).toBe(1);
  });

  test('keeps its text with a name beside the elements of an array', () => {
    const value = JSON.parse(text) as unknown[];
    Object.assign(descend(value, 399), { extra: 1 });
    expect(patchText(text, value)).toBe(text);
  });
});

describe('names that stand twice at 200 levels', () => {
  test('do not have each level gone through again by all around it', () => {
    const inner = `{"x":"${'x'.repeat(COUNT)}" , "y":1.0,"n":1}`;
    const text = nested(200, inner, '{"a":[],"a":', '}');
    const value = JSON.parse(text) as Members;
    let at = value;
    while (at['a'] !== undefined) at = at['a'] as Members;
    expect(patchText(text, value)).toBe(text);
    at['n'] = 2;
    expect(patchText(text, value)).toBe(nested(200, inner.replace('"n":1', '"n":2'), '{"a":', '}'));
  });
});

describe('a long string', () => {
  test.each([
    ['\\\\', 'backslashes'],
    ['\\"', 'quotes'],
    ['\\u0041', 'escapes'],
    ['€', 'wide characters'],
  ])('of %s keeps its text beside a change', escape => {
    const text = `{"a":"${escape.repeat(COUNT)}", "b":1 }`;
    const value = JSON.parse(text) as Members;
    value['b'] = 2;
    expect(patchText(text, value)).toBe(text.replace('"b":1', '"b":2'));
  });
});
