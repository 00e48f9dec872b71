import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParseAhead } from '../../src/worker/parse-ahead.ts';
import { Progress } from '../../src/worker/protocol.ts';
import { linesOf } from '../../src/worker/lines.ts';

const LINE_BYTES_MAX = 40;
const TABLE = {
  starts: new Int32Array(0),
  ends: new Int32Array(0),
  rows: new Int32Array(0),
  lanes: new Uint8Array(0),
};

function parseAll(texts: readonly string[]) {
  const bytes = Buffer.from(texts.map(text => `${text}\n`).join(''), 'latin1');
  const progress = new Int32Array(Progress.fields);
  const lines = linesOf(bytes, TABLE, { kind: 'range', from: 0, to: bytes.length }, 'bytes');
  return { ahead: new ParseAhead(lines, { slot: bytes, progress, lineBytesMax: LINE_BYTES_MAX }), progress };
}

/** What a program that has all lines says of one of them. */
function expected(text: string): unknown {
  if (/^[ \t\r]*$/.test(text)) return 'blank';
  if (text.length > LINE_BYTES_MAX) return 'line-too-long';
  if (text.includes('\xff')) return 'invalid-utf8';
  try {
    return { event: JSON.parse(text) as unknown };
  } catch {
    return 'invalid-json';
  }
}

describe('ParseAhead', () => {
  it('gives every line in its order, with its event or with what stands in the way of it', () => {
    const text = fc.constantFrom(
      '1',
      '{"a":[1]}',
      '',
      ' \t',
      '{oops',
      '\xff',
      `"${'x'.repeat(50)}"`,
      'null',
      ' "x" ',
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 150 }), texts => {
        const { ahead } = parseAll(texts);
        let start = 0;
        for (const line of texts) {
          expect(ahead.next()).toBe(true);
          expect([ahead.start, ahead.end]).toEqual([start, start + line.length]);
          const { obstacle, event } = ahead;
          const reason =
            typeof obstacle === 'object' ? /"reason":"([a-z0-9-]+)"/.exec(obstacle.members)![1] : obstacle;
          expect(reason ?? { event }).toEqual(expected(line));
          if (reason === undefined) expect(ahead.text).toBe(line);
          start += line.length + 1;
        }
        expect(ahead.next()).toBe(false);
      }),
    );
  });

  it('says where it is before it parses a line, because that may be what the thread dies of', () => {
    const { ahead, progress } = parseAll(['1', '{"a":2}', '3']);
    ahead.next();
    expect(progress[Progress.busy]).toBe(1);
    // All three were parsed; the last is where the thread would have died.
    expect(progress[Progress.lineStart]).toBe(10);
  });

  it('keeps no event alive once it was given out', () => {
    const { ahead } = parseAll(['{"a":1}', '{"a":2}']);
    ahead.next();
    const first = ahead.event;
    ahead.next();
    expect(ahead.event).not.toBe(first);
    expect(ahead.event).toEqual({ a: 2 });
  });
});
