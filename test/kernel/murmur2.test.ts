import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { murmur2 } from '../../src/kernel/murmur2.ts';

describe('murmur2', () => {
  // The vectors of Kafka's own UtilsTest.
  test.each([
    ['', 275646681],
    ['21', -973932308],
    ['abc', 479470107],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('gives for "%s" what Kafka gives', (text, expected) => {
    expect(murmur2(Buffer.from(text))).toBe(expected);
  });

  test('is a signed 32-bit number that depends on the bytes between the bounds and on no others', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array(), (before, bytes, after) => {
        const hash = murmur2(bytes);
        expect(hash).toBe(hash | 0);
        const all = Buffer.concat([before, bytes, after]);
        expect(murmur2(all, before.length, before.length + bytes.length)).toBe(hash);
      }),
    );
  });
});
