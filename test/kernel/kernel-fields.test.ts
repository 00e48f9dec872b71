import { describe, expect, test } from 'vitest';
import { LineState } from '../../src/kernel/line-table.ts';
import { Kind } from '../../src/kernel/records.ts';
import { ENGINES } from './fuzz/engines.ts';
import { fieldsOf, NOTHING, programOf, statesOf } from './scans.ts';

/** The values that the kernel finds in a line, and those that it leaves to JavaScript. */

const { valid, invalid, rare } = LineState;

describe.each(ENGINES)('the %s engine', (_, load) => {
  test('finds values of every kind, and where they are', () => {
    const paths = ['n', 'f', 't', 'i', 'big', 's', 'e', 'o', 'l', 'none'];
    const line =
      '{"n":null,"f":false,"t": true ,"i":-1.50e1,"big":12345678901234567,"s":"é","e":"\\n","o":{"n":1},"l":[ ]}';
    expect(fieldsOf(load, paths, line)).toEqual([
      { kind: Kind.null, text: 'null', value: 0 },
      { kind: Kind.false, text: 'false', value: 0 },
      { kind: Kind.true, text: 'true', value: 0 },
      { kind: Kind.number, text: '-1.50e1', value: -15 },
      { kind: Kind.numberText, text: '12345678901234567', value: 0 },
      { kind: Kind.string, text: 'é', value: 0 },
      { kind: Kind.escapedString, text: '\\n', value: 0 },
      { kind: Kind.object, text: '{"n":1}', value: 0 },
      { kind: Kind.array, text: '[ ]', value: 0 },
      { kind: Kind.missing, text: '', value: 0 },
    ]);
  });

  test('finds values by shared paths, in objects by names and in arrays by indices', () => {
    const line = '{"b":{"c":[5,[6]],"0":7},"a":{"0":8}}';
    const found = fieldsOf(load, ['b.c.1.0', 'b', 'b.0', 'b.c.0', 'a.0', 'b.c.2', 'b.c.00'], line);
    expect(found.map(({ text }) => text)).toEqual(['6', '{"c":[5,[6]],"0":7}', '7', '5', '8', '', '']);
  });

  test('takes the last of several members of one name, and nothing from the ones before', () => {
    const line = '{"a":{"b":1,"c":2},"x":0,"a":{"c":3},"d":{"e":1},"d":4}';
    const found = fieldsOf(load, ['a.b', 'a.c', 'a', 'd.e', 'd'], line);
    expect(found.map(({ text }) => text)).toEqual(['', '3', '{"c":3}', '', '4']);
  });

  test('keeps minus zero, and leaves what it cannot compute exactly to JavaScript', () => {
    const numbers = [
      '-0',
      '-0.0e5',
      '1e22',
      '1e23',
      '999999999999999',
      '1000000000000000',
      '0.000000000000000000001',
    ];
    const found = fieldsOf(load, ['0', '1', '2', '3', '4', '5', '6'], `[${numbers.join()}]`);
    expect(found.map(({ kind, value }) => (kind === Kind.number ? value : undefined))).toEqual([
      -0,
      -0,
      1e22,
      undefined,
      999999999999999,
      undefined,
      1e-21,
    ]);
  });

  test('leaves names with escapes to JavaScript where it looks for members, and only there', () => {
    const lines = [
      '{"\\u0061":1}',
      '{"b":{"\\u0061":1}}',
      '{"a":{"\\u0062":1}}',
      '{"\\q":1}',
      '{"\\u0061" 1}',
      '{x,"\\u0061":1}',
    ];
    expect(statesOf(load, programOf(['a']), lines)).toEqual([rare, valid, valid, invalid, rare, invalid]);
    expect(statesOf(load, programOf(['a.b']), lines)).toEqual([rare, valid, rare, invalid, rare, invalid]);
    expect(statesOf(load, NOTHING, lines)).toEqual([valid, valid, valid, invalid, invalid, invalid]);
  });
});
