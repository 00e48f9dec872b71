import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MillraceError } from '../../src/base/errors.ts';
import { LineEnds } from '../../src/client/line-ends.ts';

/** Which last lines are sent without their newline, and that it is told where one was continued after that. */

function watched(committed: number): { readonly ends: LineEnds; readonly told: MillraceError[] } {
  const told: MillraceError[] = [];
  const ends = new LineEnds(error => told.push(error));
  ends.begin('a.ndjson', true);
  ends.committed = committed;
  return { ends, told };
}

describe('a last line without a newline', () => {
  test.for([
    '{"a":1}',
    '{"a":"\\"}{\\\\"} \t\r',
    ' [1,[2],{"a":"["}]',
    '"text"',
    '""',
    'true',
    'false',
    'null ',
    '\uFEFF{}',
  ])('is sent where nothing can go on behind it: %j', text => {
    const { ends, told } = watched(0);
    expect(ends.maySend(Buffer.from(text))).toBe(true);
    expect(told).toEqual([]);
  });

  test.for(['1', '-1.5e3', '{"a":1', '{"a"}', '["a', '"a\\"', 'tru', 'trues', '{}{}', 'text', '}', '\\'])(
    'is left where it may go on: %j',
    text => {
      const { ends, told } = watched(0);
      ends.passed(Buffer.from('1\n2\n'));
      expect(ends.maySend(Buffer.from(text))).toBe(false);
      expect(told.map(({ code, message }) => [code, message])).toEqual([
        [
          'MILLRACE_SEND_UNFINISHED',
          'cannot send line 3 of "a.ndjson": it has no newline yet, and may go on',
        ],
      ]);
    },
  );

  test('is left without a word where it is blank', () => {
    const { ends, told } = watched(0);
    expect(ends.maySend(Buffer.from(' \t\r'))).toBe(false);
    expect(told).toEqual([]);
  });

  test('keeps what stands in the next files from being sent', () => {
    const { ends, told } = watched(0);
    ends.begin('b.ndjson', false);
    expect(ends.maySend(Buffer.from('1'))).toBe(false);
    expect(told[0]!.message).toContain('line 1 of "b.ndjson", nor the files behind it');
  });

  test('is never one that could become another event', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, at) => {
        const text = JSON.stringify(value);
        const cut = text.slice(0, at % text.length);
        expect(watched(0).ends.maySend(Buffer.from(cut))).toBe(false);
        expect(watched(0).ends.maySend(Buffer.from(text))).toBe(typeof value !== 'number');
      }),
    );
  });
});

describe('a line that is committed', () => {
  test.for<[string, number, string, boolean]>([
    ['is the last one, and was continued', 2, '1\n{"a":1}{"b":2}\n3\n', true],
    ['is the last one, and was continued behind white space', 2, '1\ntrue x\n', true],
    ['has got its newline', 2, '1\n{"a":1}\n3\n', false],
    ['has got white space and its newline', 2, '1\n{"a":1} \r\n3\n', false],
    ['is one of those before', 3, '1\n{"a":1}{"b":2}\n3\n', false],
    ['is none of them', 0, '{"a":1}{"b":2}\n', false],
    ['could not have been sent without a newline', 1, '1 2\n', false],
    ['is no JSON at all', 1, '{"a" 1} 2\n', false],
  ])('that %s is told of only where something is missing', ([, committed, text, isTold]) => {
    for (const size of [text.length, 1]) {
      const { ends, told } = watched(committed);
      const lines = text.split(/(?<=\n)/);
      for (let at = 0; at < lines.length; at += size) {
        ends.passed(Buffer.from(lines.slice(at, at + size).join('')));
      }
      expect(told.map(({ code }) => code)).toEqual(isTold ? ['MILLRACE_SEND_CONTINUED'] : []);
    }
  });

  test('is named by its file and its number there', () => {
    const { ends, told } = watched(3);
    ends.passed(Buffer.from('1\n2\n'));
    ends.begin('b.ndjson', true);
    ends.passed(Buffer.from('{"a":1}{"b":2}\n'));
    expect(told.map(({ message }) => message)).toEqual([
      'cannot send the rest of line 1 of "b.ndjson": the line was sent when it had no newline yet',
    ]);
    expect(told[0]!.hint).toContain('behind its first 7 bytes');
  });
});
