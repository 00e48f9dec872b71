import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deadLetter, deadMembers } from '../../src/worker/dead-letter.ts';

interface Letter {
  readonly source: string;
  readonly line: number;
  readonly offset: number;
  readonly reason: string;
  readonly error: unknown;
  readonly event?: string;
  readonly eventBase64?: string;
  readonly eventBytes?: number;
}

function letterOf(source: string, members: string): Letter {
  const letter = deadLetter(source, 3, 120, members);
  expect(letter.indexOf('\n')).toBe(letter.length - 1);
  return JSON.parse(letter) as Letter;
}

describe('a dead letter', () => {
  test('is one line of JSON that gives back the event and where it stood, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.uint8Array(),
        (source, message, bytes) => {
          const letter = letterOf(source, deadMembers('handler-threw', { message }, bytes));
          expect(letter).toMatchObject({
            source,
            line: 3,
            offset: 120,
            reason: 'handler-threw',
            error: { message },
          });
          expect(letter).not.toHaveProperty('eventBytes');
          const event = isUtf8(bytes)
            ? { event: Buffer.from(bytes).toString() }
            : { eventBase64: Buffer.from(bytes).toString('base64') };
          expect(letter).toMatchObject(event);
          expect(Object.keys(letter)).toHaveLength(6);
        },
      ),
    );
  });

  test('of an excerpt keeps whole characters, and tells the length of the line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, choice) => {
        const all = Buffer.from(text);
        const cut = all.subarray(0, choice % (all.length + 1));
        const letter = letterOf('-', deadMembers('line-too-long', { message: 'long' }, cut, all.length));
        expect(letter.eventBytes).toBe(all.length);
        expect(text.startsWith(letter.event!)).toBe(true);
        // No more is left out than the character that was cut.
        expect(cut.length - Buffer.byteLength(letter.event!)).toBeLessThan(4);
      }),
    );
  });

  test('of an excerpt that is not UTF-8 holds its bytes', () => {
    const bytes = Buffer.from([0x22, 0xff, 0xc3]);
    const letter = letterOf('-', deadMembers('line-too-long', { message: 'long' }, bytes, 9));
    expect(letter).toMatchObject({ eventBase64: bytes.toString('base64'), eventBytes: 9 });
    expect(letter).not.toHaveProperty('event');
  });

  test('of nothing but the rest of a character is empty', () => {
    for (const bytes of [[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98]]) {
      const letter = letterOf('-', deadMembers('line-too-long', { message: 'long' }, Buffer.from(bytes), 9));
      expect(letter.event).toBe('');
    }
  });

  test('takes bytes of shared memory', () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(2)).fill(0x31);
    expect(letterOf('-', deadMembers('bad-result', { message: '' }, bytes)).event).toBe('11');
  });
});
