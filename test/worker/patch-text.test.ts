import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patchText } from '../../src/worker/patch-text.ts';
import { type Anything, type Case, type Change, changed, outcome, patch } from './patch-cases.ts';
import { referencePatch } from './patch-reference.ts';

const nothing: Change = () => undefined;

describe('a text', () => {
  test.each<Case>([
    ['of an event that was not changed', '{"a":1}', nothing, '{"a":1}'],
    ['with white space around it, which is left out', ' \t{ "a" : 1 }\r\n', nothing, '{ "a" : 1 }'],
    ['that is a number', ' 2230.0 ', nothing, '2230.0'],
    ['that is a number no double holds', '1e400', nothing, '1e400'],
    ['that is a string with escapes', '"\\u0041\\/"', nothing, '"\\u0041\\/"'],
    ['that is null', 'null', nothing, 'null'],
    ['of an empty array', '[ ]', nothing, '[ ]'],
    [
      'with names that stand there twice',
      '{"a":1,"b":{"c":1,"c":1.0},"a":2.0}',
      nothing,
      '{"a":1,"b":{"c":1,"c":1.0},"a":2.0}',
    ],
    ['with names that objects put first', '{"b":1.0,"7":2.0,"3":{}}', nothing, '{"b":1.0,"7":2.0,"3":{}}'],
    ['with a name that is a backslash and a letter', '{"\\\\u0061":1.0}', nothing, '{"\\\\u0061":1.0}'],
    [
      'to a part of which it was set again',
      '{"a":{"n":1.0}}',
      e => (e.a = structuredClone(e.a)),
      '{"a":{"n":1.0}}',
    ],
  ])('%s keeps all bytes', (_, text, change, patched) => {
    expect(patch(text, change)).toBe(patched);
  });

  test.each([
    '0',
    '-0',
    '0.0',
    '-0.0',
    '1E2',
    '2230.0',
    '12.75',
    '-88.8454325',
    '0.1',
    '123456789012345',
    '1234567890123456',
    '0.00000000000001',
    '0.000000000000001',
    '9007199254740993',
    '9223372036854775807',
    '1e400',
    '-1e400',
    '5e-324',
    '1e-400',
    '1.7976931348623157e308',
    '0.0008699893951416016',
    '""',
    '"a"',
    '"\\u0041"',
    '"\\\\"',
    '"\\""',
    '"\\ud800"',
    '"é\u2028"',
    'true',
    'false',
    'null',
  ])('%s stays as it is beside a change, and goes with its own', raw => {
    const event = JSON.parse(`{"a":${raw}}`) as Anything;
    expect(patch(`{"a":${raw},"b":1,"c":[${raw}]}`, e => (e.b = 2))).toBe(`{"a":${raw},"b":2,"c":[${raw}]}`);
    expect(patch(`{"a":${raw}}`, e => (e.a = [event.a]))).toBe(JSON.stringify({ a: [event.a] }));
    expect(patch(`{"a":${raw}}`, e => (e.a = 'x'))).toBe('{"a":"x"}');
    expect(patch(`[${raw}]`, e => (e[0] = raw === '12' ? 13 : 12))).toBe('[12]');
  });

  test('keeps a number exactly if it is the one that it decodes to', () => {
    const digits = fc.stringMatching(/^[0-9]{1,18}$/).map(text => text.replace(/^0+(?=\d)/, ''));
    const fraction = fc.option(fc.stringMatching(/^[0-9]{1,18}$/), { nil: undefined });
    const exponent = fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/), { nil: undefined });
    const step = fc.constantFrom(-1n, 0n, 1n);
    const sign = fc.constantFrom('', '-');
    fc.assert(
      fc.property(sign, digits, fraction, exponent, step, (minus, whole, rest, power, by) => {
        const raw = minus + whole + (rest === undefined ? '' : `.${rest}`) + (power ?? '');
        const bits = new BigInt64Array(new Float64Array([Number(raw)]).buffer);
        bits[0]! += by;
        const value = new Float64Array(bits.buffer)[0]!;
        const json = Number.isFinite(value) ? String(value) : 'null';
        expect(patch(`[${raw}]`, e => (e[0] = value))).toBe(by === 0n ? `[${raw}]` : `[${json}]`);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a value that is none of the text', () => {
  test.each([
    ['0.0', -0, '0'],
    ['1', 'x', '"x"'],
    ['"a"', { toJSON: (key: string) => [key] }, '[""]'],
    ['{"a":1}', null, 'null'],
    ['[1.0]', { 0: 1 }, '{"0":1}'],
    ['null', undefined, undefined],
  ])('takes the place of %s', (text, value, json) => {
    expect(patchText(text, value)).toBe(json);
  });
});

describe('an array', () => {
  test.each<Case>([
    ['with an element that was set', '[ 1.0 , 2.0 ]', e => (e[1] = 'x'), '[ 1.0 , "x" ]'],
    ['changed inside', '[ {"a" : 1.0}, 2.0]', e => (e[0].b = 1), '[ {"a" : 1.0,"b":1}, 2.0]'],
    [
      'with nothing in the place of an element',
      '[1 , 2.0,3]',
      e => (delete e[0], (e[2] = () => 1)),
      '[null , 2.0,null]',
    ],
    ['that became longer', '[ 1.0, {"a" : 1.0}]', e => e.push(undefined, [2]), '[1.0,{"a" : 1.0},null,[2]]'],
    ['that became shorter', '[ 1.0, {"a" : 1.0} , 3]', e => e.pop(), '[1.0,{"a" : 1.0}]'],
    [
      'that became longer, changed inside',
      '[ {"a" : 1.0}]',
      e => ((e[0].b = 1), e.push(2)),
      '[{"a" : 1.0,"b":1},2]',
    ],
    ['that became shorter, changed', '[ 1.0, 2.0, 3.0]', e => ((e[0] = 7), e.pop()), '[7,2.0]'],
    ['that became empty', '[ 1.0 ]', e => e.pop(), '[]'],
    ['that was empty', '[ ]', e => e.push(1), '[1]'],
    ['in another order that looks the same', '[1.0 , 2.0, 1e0]', e => e.reverse(), '[1.0 , 2.0, 1e0]'],
    ['shifted by one', '[1.0, 2.0, 2e0]', e => e.shift(), '[2,2.0]'],
    ['with a name beside its elements', '[ 1.0 ]', e => (e.extra = 1), '[ 1.0 ]'],
    ['with a toJSON', '{"a":[ 1.0 ]}', e => (e.a.toJSON = (key: string) => key), '{"a":"a"}'],
    [
      'with elements that have one',
      '[{},{}]',
      e => (e[1] = { toJSON: (key: string) => [key, typeof key] }),
      '[{},["1","string"]]',
    ],
    [
      'of a class',
      '[ 1.0 ,2]',
      e => (Object.setPrototypeOf(e, class extends Array {}.prototype), (e[1] = 3)),
      '[ 1.0 ,3]',
    ],
    ['where an object was', '{"a":{"b":1}}', e => (e.a = [1]), '{"a":[1]}'],
  ])('%s', (_, text, change, patched) => {
    expect(patch(text, change)).toBe(patched);
    expect(patched).toBe(referencePatch(text, changed(text, change)));
  });
});

describe('what JSON.stringify throws', () => {
  test.each<readonly [name: string, text: string, change: Change]>([
    ['at a BigInt', '{"a":1}', e => (e.a = 1n)],
    ['at an object in itself', '{"a":{"b":{}}}', e => (e.a.b = e)],
    ['at an array in itself', '[[1]]', e => (e[0] = e)],
    ['in a toJSON', '{"a":1}', e => (e.b = { toJSON: () => BigInt('no') })],
    [
      'in a getter',
      '{"a":1}',
      e => Object.defineProperty(e, 'a', { get: () => BigInt('no'), enumerable: true }),
    ],
  ])('%s is thrown, and the next event comes to no harm', (_, text, change) => {
    const thrown = outcome(() => JSON.stringify(changed(text, change)));
    expect(thrown).toHaveProperty('thrown');
    expect(outcome(() => patch(text, change))).toEqual(thrown);
    expect(patch('{"a":{"b":1.0},"c":1}', e => (e.c = 2))).toBe('{"a":{"b":1.0},"c":2}');
  });
});

/** Gives the event getters and a toJSON that tell `log` when they are called, and change what is around them. */
function meddle(log: string[]): Change {
  const define = (target: object, name: string, enumerable: boolean, act: () => unknown): void => {
    const get = (): unknown => {
      log.push(name);
      return act();
    };
    Object.defineProperty(target, name, { configurable: true, enumerable, get });
  };
  return event => {
    const { c, d, e, f } = event;
    define(event, 'b', true, () => {
      delete c.x;
      delete event.g;
      d.z = 1;
      event.late = 1;
      return log.length;
    });
    define(c, 'y', true, () => ({
      toJSON: (key: string) => {
        log.push(`toJSON ${key}`);
        event.h = log.length;
        return event.h;
      },
    }));
    define(d, 'toJSON', false, () => undefined);
    define(f, '0', true, () => {
      f.length = 1;
      return 5;
    });
    if (e === undefined) return;
    delete event.e;
    event.e = e;
  };
}

describe('getters and toJSON', () => {
  test.each([
    '{"a":1,"b":2,"g":1,"c":{"x":1,"y":2},"d":{},"h":0,"f":[1,2]}',
    '{"a":1,"b":2,"c":{"x":1,"y":2},"d":{},"e":0,"f":[1,2],"g":1,"h":0}',
    '{"c":{"x":1,"y":2},"b":2,"f":[1,2],"d":{},"h":0,"e":1,"a":1}',
    '{"b":2,"c":{"y":2,"x":1},"d":{"z":0},"h":0,"f":[1,2,3],"g":{}}',
  ])('of %s are called once, in the order of JSON.stringify', text => {
    const calls: string[] = [];
    const expected = JSON.stringify(changed(text, meddle(calls)));
    const log: string[] = [];
    expect(patch(text, meddle(log))).toBe(expected);
    expect(log).toEqual(calls);
    expect(log).toHaveLength(5);
  });

  test('may come back here', () => {
    const property = { get: () => patch('{"n":1.0,"m":2}', e => (e.m = 3)), enumerable: true };
    const change: Change = e => Object.defineProperty(e, 'a', property);
    expect(patch('{"a":1,"b":{"n" : 1.0},"c":[]}', change)).toBe(
      '{"a":"{\\"n\\":1.0,\\"m\\":3}","b":{"n" : 1.0},"c":[]}',
    );
  });
});
