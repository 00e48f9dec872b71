import { describe, expect, test } from 'vitest';
import { compareDead } from '../../src/trial/compare-dead.ts';
import { shortLetter } from '../../src/trial/dead-text.ts';
import { linesOf } from '../../src/compare/lines.ts';

const LETTER = {
  source: 'a/input.ndjson',
  line: 2,
  offset: 10,
  reason: 'handler-threw',
  error: { name: 'Error', message: 'no', stack: 'at errors.ts:1:1' },
  event: '{"id": 1.0}',
};

/** One letter, or a list of them, a line each. */
function textOf(value: unknown): string {
  return (Array.isArray(value) ? value : [value]).map(one => JSON.stringify(one)).join('\n');
}

function compared(expected: unknown, actual: unknown = LETTER): unknown[] {
  return compareDead(linesOf(textOf(expected), false), linesOf(textOf(actual), false)).map(difference => {
    const { line, expected: before, actual: now, fields } = difference;
    const sides = `${before === undefined ? '' : 'expected'} ${now === undefined ? '' : 'actual'}`.trim();
    return [line, sides, ...fields.map(({ path }) => path.join('.'))];
  });
}

describe('an expected dead letter', () => {
  const { line, reason, event } = LETTER;

  test('needs no more than the line, the reason and the event', () => {
    expect(compared({ line, reason, event })).toEqual([]);
    expect(compared({ line, reason })).toEqual([[2, 'expected actual', 'event']]);
    expect(compared({ line, event })).toEqual([[2, 'expected actual', 'reason']]);
    expect(compared({ reason, event })).toEqual([
      [2, 'actual'],
      [undefined, 'expected'],
    ]);
  });

  test('may be a whole one, of another place', () => {
    const whole = { ...LETTER, source: 'access.ndjson', offset: 99 };
    expect(compared({ ...whole, error: { ...LETTER.error, stack: 'at other.ts:2:2' } })).toEqual([]);
  });

  test('may say which message is expected', () => {
    expect(compared({ line, reason, event, error: { message: 'no' } })).toEqual([]);
    expect(compared({ line, reason, event, error: { message: 'yes' } })).toEqual([
      [2, 'expected actual', 'error.message'],
    ]);
    expect(compared({ line, reason, event, error: 'no' })).toEqual([[2, 'expected actual', 'error']]);
  });

  test('may have the event as JSON', () => {
    expect(compared({ line, reason, event: { id: 1 } })).toEqual([]);
    expect(compared({ line, reason, event: { id: 2 } })).toEqual([[2, 'expected actual', 'event.id']]);
    expect(compared({ line, reason, event: { id: 1 } }, { ...LETTER, event: '{oops' })).toEqual([
      [2, 'expected actual', 'event'],
    ]);
  });

  test('with a member that no dead letter has is never met', () => {
    expect(compared({ line, reason, event, raeson: 'x' })).toEqual([[2, 'expected actual', 'raeson']]);
    expect(compared({ line, reason, event, error: { mesage: 'no' } })).toEqual([
      [2, 'expected actual', 'error.mesage'],
    ]);
  });

  test('names bytes that are no UTF-8 as the dead letter does', () => {
    const { event: _, ...rest } = LETTER;
    const actual = { ...rest, eventBase64: '/w==' };
    expect(compared({ line, reason, eventBase64: '/w==' }, actual)).toEqual([]);
    expect(compared({ line, reason, eventBase64: 'AA==' }, actual)).toHaveLength(1);
    expect(compared({ line, reason, event: 'x' }, actual)).toEqual([
      [2, 'expected actual', 'eventBase64', 'event'],
    ]);
  });

  test('that is there twice is met once', () => {
    expect(compared([LETTER, LETTER])).toEqual([[2, 'expected']]);
  });

  test('that is no object is never met', () => {
    expect(compared([1, 'x', null, [LETTER]], [])).toHaveLength(4);
  });
});

test('dead letters may be expected in any order, and are told of in that of the input', () => {
  const [a, b] = [
    { ...LETTER, line: 10 },
    { ...LETTER, line: 9 },
  ];
  expect(compared([a, b], [b, a])).toEqual([]);
  expect(compared([a], [b])).toEqual([
    [9, 'actual'],
    [10, 'expected'],
  ]);
});

test('what --update writes of a dead letter is met by it, and has no message that may be that of another Node', () => {
  const text = shortLetter(JSON.stringify(LETTER));
  expect(JSON.parse(text)).toEqual({
    line: 2,
    reason: 'handler-threw',
    error: { message: 'no' },
    event: LETTER.event,
  });
  expect(compared(JSON.parse(text))).toEqual([]);
  const invalid = { ...LETTER, reason: 'invalid-json' };
  expect(JSON.parse(shortLetter(JSON.stringify(invalid)))).not.toHaveProperty('error');
});
