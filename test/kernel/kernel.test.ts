import { describe, expect, test } from 'vitest';
import { KEY_GROUPS } from '../../src/kernel/key-group.ts';
import { LineState, UNDECIDED } from '../../src/kernel/line-table.ts';
import { recordBytes, RecordWord } from '../../src/kernel/records.ts';
import { ENGINES } from './fuzz/engines.ts';
import { laneOf, NOTHING, programOf, scan, statesOf } from './scans.ts';

/** The contract of kernel.ts by examples, for every engine; fuzz.test.ts has the rest, and kernel-*.test.ts more examples. */

const { valid, blank, invalid, rare } = LineState;

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

  test('walks 1000 containers inside one another, and leaves more to JavaScript', () => {
    const lines = [1000, 1001].map(depth => '['.repeat(depth) + ']'.repeat(depth));
    expect(statesOf(load, NOTHING, [...lines, '['.repeat(1000), '['.repeat(1001)])).toEqual([
      valid,
      rare,
      invalid,
      rare,
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
