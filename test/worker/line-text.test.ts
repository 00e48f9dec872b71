import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SlotText, textKindOf } from '../../src/worker/line-text.ts';

const ASCII = Buffer.from(Array.from({ length: 100_000 }, (_, at) => 0x20 + ((at * 7) % 90)));
const UTF8 = Buffer.from('aé€😀'.repeat(1000));

describe('textKindOf', () => {
  test.each([
    ['ascii', ''],
    ['ascii', '{"a":1}\u007f\u0000'],
    ['utf8', '\ufeffé'],
  ] as const)('tells %s', (kind, text) => {
    expect(textKindOf(Buffer.from(text))).toBe(kind);
  });

  test('tells bytes that are no text, also where they are shared', () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x61, 0xc3]]) {
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
      shared.set(bytes);
      expect([textKindOf(Uint8Array.from(bytes)), textKindOf(shared)]).toEqual(['bytes', 'bytes']);
    }
  });
});

describe('SlotText', () => {
  const someRange = fc
    .tuple(fc.nat(ASCII.length), fc.oneof(fc.nat(40), fc.nat(70_000)))
    .map(([start, length]) => [start, Math.min(ASCII.length, start + length)] as const);

  test('gives the text of any piece, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(someRange, fc.boolean())),
        fc.constantFrom('ascii', 'utf8', 'bytes'),
        (ranges, kind) => {
          const text = new SlotText(ASCII, kind, ASCII.length);
          for (const [[start, end], lasts] of ranges) {
            const found = lasts ? text.lasting(start, end) : text.passing(start, end);
            expect(found === ASCII.toString('latin1', start, end)).toBe(true);
          }
        },
      ),
    );
  });

  test('gives text beyond ASCII', () => {
    const text = new SlotText(UTF8, 'utf8', UTF8.length);
    expect([text.passing(0, 10), text.lasting(0, 10), text.lasting(0, 30)]).toEqual([
      'aé€😀',
      'aé€😀',
      'aé€😀'.repeat(3),
    ]);
  });

  test('does not look at what lies behind its end', () => {
    const bytes = Buffer.concat([Buffer.from('abc'), Buffer.from([0xff, 0xff])]);
    expect(new SlotText(bytes, 'ascii', 3).passing(1, 3)).toBe('bc');
  });
});
