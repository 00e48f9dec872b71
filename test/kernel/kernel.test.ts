import { describe, expect, test } from 'vitest';
import type { Scanned } from '../../src/kernel/kernel.ts';
import { groupOfHash, KEY_GROUPS } from '../../src/kernel/key-group.ts';
import { LineState, Outcome, UNDECIDED } from '../../src/kernel/line-table.ts';
import { murmur2 } from '../../src/kernel/murmur2.ts';
import { parsePath } from '../../src/kernel/path.ts';
import { Exit, Op, type Program, SpellingCheck, type Test } from '../../src/kernel/program.ts';
import {
  FIELD_WORDS,
  FieldWord,
  Kind,
  RECORD_WORDS,
  RecordWord,
  recordBytes,
  Spelling,
} from '../../src/kernel/records.ts';
import { type Engine, ENGINES, type LoadEngine } from './fuzz/engines.ts';

/** The contract of kernel.ts by examples, for every engine; fuzz.test.ts has the rest. */

interface FieldSeen {
  readonly kind: number;
  readonly text: string;
  readonly value: number;
}

const NOTHING: Program = {
  fields: [],
  key: -1,
  predicate: undefined,
  spelling: SpellingCheck.none,
  verdictOnly: false,
  lineBytesMax: 1 << 20,
};

function programOf(paths: readonly string[], others: Partial<Program> = {}): Program {
  return { ...NOTHING, fields: paths.map(parsePath), ...others };
}

function scan({ kernel, slot }: Engine, text: string): Scanned {
  const bytes = Buffer.from(text);
  slot.bytes.set(bytes);
  return { ...kernel.scan(slot, 0, bytes.length, 0, bytes.length) };
}

/** The states of lines. */
function statesOf(load: LoadEngine, program: Program, lines: readonly string[]): number[] {
  const engine = load(program, 1);
  const { line } = scan(engine, `${lines.join('\n')}\n`);
  expect(line).toBe(lines.length);
  return [...engine.slot.table.states.subarray(0, line)];
}

/** The fields of the only line. */
function fieldsOf(load: LoadEngine, paths: readonly string[], line: string): FieldSeen[] {
  const engine = load(programOf(paths), 1);
  expect(scan(engine, `${line}\n`).records).toBe(1);
  const { bytes, records, floats } = engine.slot;
  return paths.map((_, field) => {
    const at = RECORD_WORDS + field * FIELD_WORDS;
    const text = bytes.slice(records[at + FieldWord.start], records[at + FieldWord.end]);
    return {
      kind: records[at + FieldWord.kind]!,
      text: Buffer.from(text).toString(),
      value: floats[(at + FieldWord.value) / 2]!,
    };
  });
}

/** A word of the only line's record. */
function headOf(load: LoadEngine, spelling: SpellingCheck, line: string): readonly number[] {
  const engine = load(programOf(['a'], { spelling }), 1);
  expect(scan(engine, `${line}\n`).records).toBe(1);
  return [...engine.slot.records.subarray(0, RECORD_WORDS)];
}

function spellingOf(load: LoadEngine, spelling: SpellingCheck, line: string): number {
  return headOf(load, spelling, line)[RecordWord.spelling]!;
}

/** The state of a line by a predicate of one test, which lets a line pass where it holds. */
function stateBy(load: LoadEngine, own: Partial<Test>, line: string): number | undefined {
  const whole = {
    op: Op.unsure,
    field: 0,
    number: 0,
    text: '',
    onTrue: Exit.pass,
    onFalse: Exit.drop,
    ...own,
  };
  return statesOf(load, programOf(['a'], { predicate: { tests: [whole] } }), [line])[0];
}

/** An object of so many members. */
function objectOf(members: number): string {
  return `{${Array.from({ length: members }, (_, at) => `"n${at}":0`).join()}}`;
}

/** As partition gives keys to groups; group g to lane g mod 3. */
function laneOf(key: string): number {
  return groupOfHash(murmur2(Buffer.from(key))) % 3;
}

const { valid, blank, invalid, rare, dropped, unsure } = LineState;

describe.each(ENGINES)('the %s engine', (_, load) => {
  test('tells lines that are blank, valid and invalid from one another, wherever they stand', () => {
    const lines = ['{}', '', ' \t\r', '{', '"a', '[1,2]', '01', ' 1 ', '{"a":1}}', 'null', '"\\u12"', '[]'];
    const expected = [
      valid,
      blank,
      blank,
      invalid,
      invalid,
      valid,
      invalid,
      valid,
      invalid,
      valid,
      invalid,
      valid,
    ];
    expect(statesOf(load, NOTHING, lines)).toEqual(expected);
  });

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

  test('walks 1000 containers inside one another, and leaves more to JavaScript', () => {
    const lines = [1000, 1001].map(depth => '['.repeat(depth) + ']'.repeat(depth));
    expect(statesOf(load, NOTHING, [...lines, '['.repeat(1000), '['.repeat(1001)])).toEqual([
      valid,
      rare,
      invalid,
      rare,
    ]);
  });

  test.each([
    ['{"b":[1] }', 8, 1],
    [' { } ', 2, 0],
    ['{"b":{"x":1},"b":"}"}', 20, 2],
    ['[{"b":1}]', 0, 0],
  ])('says of %s where a further member would go, and how many there are', (line, insertAt, members) => {
    const head = headOf(load, SpellingCheck.none, line);
    expect([head[RecordWord.insertAt], head[RecordWord.members]]).toEqual([insertAt, members]);
  });

  test.each([
    '{}',
    ' {"b":"é","c":[1,-0.5,0.000001,{"b":{"b":[]}}],"d":null} \r',
    '{"b":999999999999999,"-1":[true,false,""]}',
    objectOf(64),
  ])('finds %s canonical, and JSON.stringify would write it so', line => {
    expect(spellingOf(load, SpellingCheck.all, line) & ~Spelling.bare).toBe(
      Spelling.regular | Spelling.canonical | Spelling.numbers,
    );
    expect(JSON.stringify(JSON.parse(line))).toBe(line.trim());
  });

  test.each([
    ['white space', ['{"b": 1}', '{ }', '{"b":[1, 2]}', '{"b":1 }', '{"b":{} ,"c":1}']],
    ['escapes', ['{"b":"\\n"}', '{"b":"\\/"}', '{"c":{"\\u0062":1}}']],
    [
      'numbers',
      ['1.0', '1e3', '-0', '0.0000001', '1000000000000000', '0.10'].map(number => `{"b":${number}}`),
    ],
    ['names', ['{"b":1,"b":2}', '{"b":{"c":1,"c":1}}', '{"b":{"0":1}}', objectOf(65)]],
    ['roots', ['[]', '"a"', '1']],
  ])('finds lines not canonical for their %s', (__, lines) => {
    const isCanonical = lines.map(
      line => (spellingOf(load, SpellingCheck.all, line) & Spelling.canonical) !== 0,
    );
    expect(isCanonical).toEqual(lines.map(() => false));
  });

  test('finds whether all numbers are as JSON.stringify writes them, whatever else the line is like', () => {
    const yes = ['{}', '[1,-0.5]', ' 12 ', '"1.0"', '{ "b" : 1, "b" : [0.000001] , "c":"\\n2.0" }', '[]'];
    const no = ['1.0', '1e3', '-0', '0.0000001', '1000000000000000', '0.10'];
    const lines = [...no, ...no.flatMap(number => [`{"b":${number}}`, `[1,{"c":[${number}],"d":1}]`])];
    for (const check of [SpellingCheck.all, SpellingCheck.numbers]) {
      expect(yes.map(line => spellingOf(load, check, line) & Spelling.numbers)).toEqual(
        yes.map(() => Spelling.numbers),
      );
      expect(lines.map(line => spellingOf(load, check, line) & Spelling.numbers)).toEqual(lines.map(() => 0));
    }
    for (const line of [...yes, ...lines]) {
      expect(spellingOf(load, SpellingCheck.numbers, line) & ~Spelling.numbers).toBe(0);
    }
  });

  test('finds a line bare that has nothing but its value, also where it is walked again', () => {
    const yes = ['{}', '{ "b" : 1 }', '[1]', '12', '"é"', 'null'];
    const no = yes.flatMap(line => [` ${line}`, `${line} `, `${line}\r`, `\t${line}\t`]);
    for (const check of [SpellingCheck.names, SpellingCheck.all]) {
      const isBare = (line: string): boolean => (spellingOf(load, check, line) & Spelling.bare) !== 0;
      expect(yes.map(isBare)).toEqual(yes.map(() => true));
      expect(no.map(isBare)).toEqual(no.map(() => false));
      const { kernel, slot } = load(programOf(['a'], { spelling: check }), 1);
      const lines = [...yes, ...no];
      scan({ kernel, slot }, `${lines.join('\n')}\n`);
      slot.records.fill(-1);
      expect(kernel.rescan(slot, 0, lines.length, 0).records).toBe(lines.length);
      const words = recordBytes(1) / 4;
      const again = lines.map((_line, at) => slot.records[at * words + RecordWord.spelling]! & Spelling.bare);
      expect(again).toEqual(lines.map((_line, at) => (at < yes.length ? Spelling.bare : 0)));
    }
    expect(spellingOf(load, SpellingCheck.numbers, '{}') & Spelling.bare).toBe(0);
  });

  test('finds an object regular by the names of its root alone', () => {
    const yes = ['{}', '{ "b" : 1e5, "c":{"0":1,"\\u0062":2,"d":1,"d":2} }', '{"-1":1,"":2,"x0":3}'];
    const alike = '{"abcdefgh1abcdefgh":1,"abcdefgh2abcdefgh":2}';
    const no = ['{"b":1,"b":2}', '{"0":1}', '{"b":1,"1b":2}', alike, '[{"b":1}]', objectOf(65)];
    const spellings = (lines: readonly string[]): readonly number[] =>
      lines.map(line => spellingOf(load, SpellingCheck.names, line) & ~Spelling.bare);
    expect(spellings(yes)).toEqual(yes.map(() => Spelling.regular));
    expect(spellings(no)).toEqual(no.map(() => 0));
    expect(spellingOf(load, SpellingCheck.none, '{"b":1}')).toBe(0);
  });

  test.each([
    [
      { op: Op.truthy },
      {
        '1': valid,
        '0': dropped,
        '""': dropped,
        '"\\n"': valid,
        '1e400': unsure,
        '[]': valid,
        null: dropped,
      },
    ],
    [
      { op: Op.less, number: 1 },
      { '0.5': valid, '1': dropped, null: valid, false: valid, true: dropped, '"0"': unsure, '[]': unsure },
    ],
    [
      { op: Op.lessOrEqual, number: 0 },
      { '-0': valid, '1': dropped, '1e-400': unsure },
    ],
    [
      { op: Op.greater, number: 0 },
      { '-0': dropped, '1': valid, true: valid, null: dropped },
    ],
    [
      { op: Op.greaterOrEqual, number: Number.NaN },
      { '0': dropped, null: dropped },
    ],
    [
      { op: Op.looseNumber, number: 0 },
      { '-0': valid, null: dropped, false: valid, '""': unsure, '{}': unsure },
    ],
    [
      { op: Op.strictNumber, number: 0 },
      { '-0': valid, null: dropped, false: dropped, '""': dropped, '1e400': unsure },
    ],
    [
      { op: Op.looseText, text: 'é' },
      { '"é"': valid, '"\\u00e9"': unsure, '1': unsure, true: unsure, null: dropped, '[]': unsure },
    ],
    [
      { op: Op.strictText, text: 'é' },
      { '"é"': valid, '"e"': dropped, '"\\u00e9"': unsure, '1': dropped, '[]': dropped },
    ],
    [{ op: Op.nullish }, { null: valid, '0': dropped, '""': dropped }],
    [{ op: Op.isNull }, { null: valid, '0': dropped }],
    [{ op: Op.isFalse }, { false: valid, true: dropped, '0': dropped }],
    [{ op: Op.isTrue }, { true: valid, false: dropped, '1': dropped }],
    [{ op: Op.exists }, { null: valid, '0': valid }],
    [
      { op: Op.startsWith, text: 'ab' },
      {
        '"abc"': valid,
        '"a"': dropped,
        '"cab"': dropped,
        '"\\u0061b"': unsure,
        '["ab"]': unsure,
        '1': dropped,
      },
    ],
    [
      { op: Op.endsWith, text: 'ab' },
      { '"cab"': valid, '"b"': dropped, '"abc"': dropped, '{"ab":1}': dropped },
    ],
    [
      { op: Op.includes, text: 'ab' },
      { '"cabc"': valid, '"cab"': valid, '"acb"': dropped, '["ab"]': unsure },
    ],
    [{ op: Op.isObject }, { '{}': valid, '[]': dropped, null: dropped }],
    [{ op: Op.isString }, { '""': valid, '"\\n"': valid, '1': dropped }],
    [{ op: Op.unsure }, { '1': unsure }],
  ])('decides %o as JavaScript does', (test_, cases) => {
    for (const [value, expected] of Object.entries(cases)) {
      expect([value, stateBy(load, test_, `{"a":${value}}`)]).toEqual([value, expected]);
    }
  });

  test('goes from test to test as each says', () => {
    const tests: Test[] = [
      { op: Op.exists, field: 0, number: 0, text: '', onTrue: 2, onFalse: 1 },
      { op: Op.unsure, field: 0, number: 0, text: '', onTrue: Exit.pass, onFalse: Exit.pass },
      { op: Op.isTrue, field: 1, number: 0, text: '', onTrue: Exit.unsure, onFalse: Exit.drop },
    ];
    const program = programOf(['a', 'b'], { predicate: { tests } });
    expect(statesOf(load, program, ['{}', '{"a":1,"b":true}', '{"a":1}'])).toEqual([unsure, unsure, dropped]);
  });

  test('writes records of lines that go on, and outcomes of those that do not', () => {
    const predicate = {
      tests: [{ op: Op.less, field: 0, number: 5, text: '', onTrue: Exit.pass, onFalse: Exit.drop }],
    };
    const lines = ['{"a":1}', '{"a":9}', '', '{"a":"?"}', '{', '{"\\u0061":1}'];
    const seen = [false, true].map(verdictOnly => {
      const engine = load(programOf(['a'], { predicate, verdictOnly }), 1);
      const { records } = scan(engine, `${lines.join('\n')}\n`);
      const words = recordBytes(1) / 4;
      return {
        states: [...engine.slot.table.states.subarray(0, lines.length)],
        outcomes: [...engine.slot.table.outcomes.subarray(0, lines.length)],
        records: Array.from(
          { length: records },
          (__, at) => engine.slot.records[at * words + RecordWord.line],
        ),
      };
    });
    const states = [valid, dropped, blank, unsure, invalid, rare];
    const { pending, passed } = Outcome;
    const rest = [Outcome.dropped, Outcome.dropped, pending, pending, pending];
    expect(seen).toEqual([
      { states, outcomes: [pending, ...rest], records: [0, 3] },
      { states, outcomes: [passed, ...rest], records: [3] },
    ]);
  });

  test('takes a line that is too long for invalid, unless it is blank', () => {
    const program = programOf(['a'], { lineBytesMax: 7 });
    const lines = ['{"a":1}', '{"a":1} ', '{"a":12}', ' '.repeat(8), '{"\\u0061":1}'];
    expect(statesOf(load, program, lines)).toEqual([valid, invalid, invalid, blank, invalid]);
  });

  test('gives lines to lanes by their keys, and those without one to the lane with the least to do', () => {
    const engine = load(programOf(['k'], { key: 0 }), 3);
    engine.kernel.laneOfGroup.set(Uint8Array.from({ length: KEY_GROUPS }, (__, group) => group % 3));
    const keyed = ['"x"', '1', '1.0', '{"y":[]}', 'true', '""'];
    const lanes = keyed.map(value => laneOf(value.startsWith('"') ? value.slice(1, -1) : value));
    const others = ['{"k":null}', '{', '7', '{"k":"\\n"}', '{"\\u006b":1}', ''];
    const text = [...keyed.map(value => `{"k":${value}}`), ...others].map(line => `${line}\n`).join('');
    const sums = [7, 0, 30];
    engine.kernel.laneBytes.set(sums);
    expect(scan(engine, text).undecided).toBe(true);
    for (const [line, lane] of lanes.entries()) sums[lane]! += `{"k":${keyed[line]}}`.length;
    for (const line of others.slice(0, 3)) {
      const least = sums.indexOf(Math.min(...sums));
      lanes.push(least);
      sums[least]! += line.length;
    }
    expect([...engine.slot.table.lanes.subarray(0, 12)]).toEqual([...lanes, UNDECIDED, UNDECIDED, 0]);
    expect([...engine.kernel.laneBytes]).toEqual(sums);
  });

  test('stops where it is told, or has no room, and goes on from there', () => {
    const engine = load(programOf(['a'], { key: 0 }), 2);
    const { slot, kernel } = engine;
    kernel.laneOfGroup.fill(0);
    kernel.laneBytes.fill(0);
    const text = Buffer.from('{"a":1}\n\n{"a":2}\n{"a":3}\n{"a":4}\n');
    slot.bytes.set(text);
    const words = recordBytes(1) / 4;
    const small = {
      ...slot,
      records: slot.records.subarray(0, 2 * words),
      floats: slot.floats.subarray(0, words),
    };
    const tight = { ...small, records: slot.records.subarray(0, words - 1) };
    expect({ ...kernel.scan(tight, 0, text.length, 0, 99) }).toMatchObject({
      line: 0,
      position: 0,
      records: 0,
    });
    expect({ ...kernel.scan(small, 0, text.length, 0, 99) }).toMatchObject({
      line: 3,
      position: 17,
      records: 2,
    });
    expect({ ...kernel.scan(small, 17, text.length, 3, 4) }).toMatchObject({
      line: 4,
      position: 25,
      records: 1,
    });
    expect({ ...kernel.scan(small, 25, text.length, 4, 99) }).toMatchObject({
      line: 5,
      position: 33,
      records: 1,
    });
    expect([...kernel.laneBytes]).toEqual([28, 0]);
    expect({ ...kernel.rescan(small, 0, 5, 0) }).toMatchObject({ line: 3, records: 2, undecided: false });
    expect([slot.records[RecordWord.line], slot.records[words + RecordWord.line]]).toEqual([0, 2]);
    expect({ ...kernel.rescan(small, 3, 5, 0) }).toMatchObject({ line: 5, records: 2, undecided: false });
    expect([slot.records[RecordWord.line], slot.records[words + RecordWord.line]]).toEqual([3, 4]);
    expect({ ...kernel.rescan(small, 0, 5, 1) }).toMatchObject({ line: 5, records: 0 });
  });
});
