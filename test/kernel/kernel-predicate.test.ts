import { describe, expect, test } from 'vitest';
import { LineState, Outcome } from '../../src/kernel/line-table.ts';
import { Exit, Op, type Test } from '../../src/kernel/program.ts';
import { recordBytes, RecordWord } from '../../src/kernel/records.ts';
import { ENGINES } from './fuzz/engines.ts';
import { programOf, scan, stateBy, statesOf } from './scans.ts';

/** How the kernel decides a predicate, and what it does with the lines by that. */

const { valid, blank, invalid, rare, dropped, unsure } = LineState;

describe.each(ENGINES)('the %s engine', (_, load) => {
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
});
