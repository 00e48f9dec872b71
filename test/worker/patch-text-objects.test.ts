import { describe, expect, test } from 'vitest';
import { type Case, changed, outcome, patch } from './patch-cases.ts';
import { referencePatch } from './patch-reference.ts';

describe('an object', () => {
  test.each<Case>([
    ['with a value that was set', '{ "a" : 1.0 , "b" : 2.0 }', e => (e.a = 'x'), '{ "a" : "x" , "b" : 2.0 }'],
    [
      'with a value of another type',
      '{"a":{"b":[1.0]},"c":[1.0]}',
      e => ((e.a = null), (e.c = { d: 1 })),
      '{"a":null,"c":{"d":1}}',
    ],
    [
      'changed inside',
      '{"a":{"b":[ {"c":1.0} ,2.0]}, "d":1e400}',
      e => (e.a.b[0].c = 7),
      '{"a":{"b":[ {"c":7} ,2.0]}, "d":1e400}',
    ],
    [
      'whose names have escapes, changed',
      '{"\\u0061":1.0,"\\"":2.0}',
      e => (e['"'] = 3),
      '{"\\u0061":1.0,"\\"":3}',
    ],
    ['with a new member', '{ "a" : 1.0 }', e => (e['"b"'] = [1]), '{ "a" : 1.0,"\\"b\\"":[1] }'],
    ['with two new members', '{"a":1.0}', e => ((e.c = 1), (e.b = 2)), '{"a":1.0,"c":1,"b":2}'],
    ['that was empty', '{ }', e => ((e.a = 1), (e.b = 2)), '{"a":1,"b":2 }'],
    ['without its first member', '{ "a" : 1 , "b" : 2.0 }', e => delete e.a, '{ "b" : 2.0 }'],
    ['without one in the middle', '{"a":1.0 , "b":2 ,\t"c":3.0 }', e => delete e.b, '{"a":1.0 , "c":3.0 }'],
    [
      'without two in the middle',
      '{"a":1.0 ,"b":2,"c":[{}] , "d":3.0}',
      e => (delete e.c, delete e.b),
      '{"a":1.0 ,"d":3.0}',
    ],
    ['without its last member', '{"a":1.0 , "b":2 }', e => delete e.b, '{"a":1.0 }'],
    [
      'without its last two, and a new one',
      '{"a":1.0 , "b":2 , "c":3 }',
      e => (delete e.b, delete e.c, (e.d = 1)),
      '{"a":1.0,"d":1 }',
    ],
    ['without all of them', '{ "a" : 1 , "b" : 2 }', e => (delete e.a, delete e.b), '{ }'],
    ['without all, and a new one', '{ "a" : 1 }', e => (delete e.a, (e.b = 1)), '{"b":1 }'],
    [
      'without some, changed around them',
      '{ "a":1, "b":2, "c":3 }',
      e => ((e.a = 0), delete e.b, (e.c = 0)),
      '{ "a":0, "c":0 }',
    ],
    [
      'with members that are undefined',
      '{"a":1,"b":2.0 ,"c":3}',
      e => ((e.a = undefined), (e.c = () => 1)),
      '{"b":2.0}',
    ],
    ['with a new member that is undefined', '{ "a":1.0 }', e => (e.b = undefined), '{ "a":1.0 }'],
    [
      'whose order is another one now',
      '{ "a" : 1.0, "b" : 2.0 }',
      e => (delete e.a, (e.a = 1)),
      '{"b":2.0,"a":1.0}',
    ],
    ['with a new member that comes first', '{"a" : 1.0}', e => (e[0] = 1), '{"0":1,"a":1.0}'],
    [
      'whose order changed only for what is left out',
      '{"a":1, "b" : 2.0}',
      e => (delete e.a, (e.a = undefined)),
      '{"b" : 2.0}',
    ],
    ['with names that objects put first, changed', '{"b":1.0, "7":2.0}', e => (e.b = 0), '{"7":2.0,"b":0}'],
    [
      'with such names in that order, changed',
      '{"3":1.0, "7":2.0, "b":1}',
      e => (e.b = 0),
      '{"3":1.0, "7":2.0, "b":0}',
    ],
    [
      'with a name twice, changed elsewhere',
      '{"a":1, "\\u0061":2.0, "b":1}',
      e => (e.b = 0),
      '{"a":2.0,"b":0}',
    ],
    ['with a name twice, without it', '{"a":1, "a":2, "b" : 1.0}', e => delete e.a, '{"b":1.0}'],
    ['with a name twice, and a new member left out', '{"a":1, "a":2.0}', e => (e.b = undefined), '{"a":2.0}'],
    [
      'in an object with a name twice',
      '{"a":{"n" : 1.0}, "a":{"n" : 2.0,"m":1}}',
      e => (e.a.m = 2),
      '{"a":{"n" : 2.0,"m":2}}',
    ],
    [
      'around one with a name twice',
      '{"a":{"b":1, "b":1.0},"c":1}',
      e => (e.c = 2),
      '{"a":{"b":1, "b":1.0},"c":2}',
    ],
    [
      'with a member called __proto__',
      '{"__proto__":{"a":1.0}, "b":1}',
      e => (e.b = 2),
      '{"__proto__":{"a":1.0}, "b":2}',
    ],
    [
      'with one, in another order',
      '{"b":1.0,"__proto__":{"a":1.0}}',
      e => (delete e.b, (e.b = 1)),
      '{"__proto__":{"a":1.0},"b":1.0}',
    ],
    [
      'without one',
      '{"b":1.0,"__proto__":{"a":1.0}}',
      e => Reflect.deleteProperty(e, '__proto__'),
      '{"b":1.0}',
    ],
    [
      'with what another member had',
      '{"a":1.0,"b":1e0,"c":[1.0]}',
      e => ((e.b = e.a), (e.a = e.c)),
      '{"a":[1],"b":1e0,"c":[1.0]}',
    ],
    ['with -0 where 0 was', '{"a":0.0}', e => (e.a = -0), '{"a":0}'],
    [
      'with no numbers',
      '{"a":1,"b":1e400}',
      e => ((e.a = Number.NaN), (e.c = Number.POSITIVE_INFINITY)),
      '{"a":null,"b":1e400,"c":null}',
    ],
    [
      'with a property that hides',
      '{"a":1.0,"b":2}',
      e => Object.defineProperty(e, 'b', { enumerable: false }),
      '{"a":1.0}',
    ],
    ['with a symbol', '{ "a":1.0}', e => (e[Symbol('s')] = 1), '{ "a":1.0}'],
    ['that is frozen', '{ "a":1.0,"b":1}', e => ((e.b = 2), Object.freeze(e)), '{ "a":1.0,"b":2}'],
    ['that has another prototype', '{"a":{"n":1.0}}', e => Object.setPrototypeOf(e.a, null), '{"a":{"n":1}}'],
    ['that is a Proxy now', '{"a":{"n":1.0}}', e => (e.a = new Proxy(e.a, {})), '{"a":{"n":1}}'],
    [
      'that is a boxed number in disguise',
      '{"a":{}}',
      e => (e.a = Object.setPrototypeOf(new Number(5), Object.prototype)),
      '{"a":null}',
    ],
    ['that is a Date now', '{"a":{}}', e => (e.a = new Date(0)), '{"a":"1970-01-01T00:00:00.000Z"}'],
    [
      'that is an array now',
      '{"a":{"0":1.0}}',
      e => (e.a = Object.setPrototypeOf([1], Object.prototype)),
      '{"a":[1]}',
    ],
    ['with a toJSON', '{"a":{"n":1.0}}', e => (e.a.toJSON = (key: string) => key), '{"a":"a"}'],
    [
      'with a toJSON of no value',
      '{"a":{"n":1.0},"b":2.0}',
      e => (e.a.toJSON = () => undefined),
      '{"b":2.0}',
    ],
    ['with a toJSON that is no function', '{"a":1.0}', e => (e.toJSON = 1), '{"a":1.0,"toJSON":1}'],
    ['that as a whole has a toJSON', '{"a":1.0}', e => (e.toJSON = (key: string) => [key]), '[""]'],
  ])('%s', (_, text, change, patched) => {
    expect(patch(text, change)).toBe(patched);
    expect(patched).toBe(referencePatch(text, changed(text, change)));
  });

  test('gives nothing if its toJSON returns nothing', () => {
    expect(patch('{"a":1}', e => (e.toJSON = () => undefined))).toBeUndefined();
  });

  test('keeps to its own members when all objects have one more', () => {
    Reflect.defineProperty(Object.prototype, 'everywhere', {
      value: 1,
      enumerable: true,
      configurable: true,
    });
    const patched = outcome(() => patch('{"a":1.0,"b":2.0,"c":{"d":1}}', e => (e.c.d = 2)));
    Reflect.deleteProperty(Object.prototype, 'everywhere');
    expect(patched).toEqual({ result: '{"a":1.0,"b":2.0,"c":{"d":2}}' });
  });
});
