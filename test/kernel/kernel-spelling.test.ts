import { describe, expect, test } from 'vitest';
import { SpellingCheck } from '../../src/kernel/program.ts';
import { recordBytes, RecordWord, Spelling } from '../../src/kernel/records.ts';
import { ENGINES } from './fuzz/engines.ts';
import { headOf, objectOf, programOf, scan, spellingOf } from './scans.ts';

/** What the kernel tells of how a line is spelt, and where a further member would go. */

describe.each(ENGINES)('the %s engine', (_, load) => {
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
});
