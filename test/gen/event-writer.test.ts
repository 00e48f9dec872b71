import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventWriter } from '../../src/gen/event-writer.ts';

/** What the writer writes is what JavaScript would. */

const OUT = new EventWriter(1000, Buffer.from('0123456789'.repeat(10)));

function written(write: (out: EventWriter) => void): string {
  OUT.at = 3;
  write(OUT);
  return OUT.bytes.toString('latin1', 3, OUT.at);
}

describe('an event writer', () => {
  test('writes times as toISOString does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9000, 0, 1) }), ms => {
        expect(written(out => out.time(ms))).toBe(new Date(ms).toISOString());
      }),
      { numRuns: 2000 },
    );
  });

  test('writes every day of some centuries', () => {
    const wrong: string[] = [];
    for (let day = 0; day < 250 * 365; day++) {
      const ms = day * 86_400_000 + (day % 86_400_000);
      const text = written(out => out.time(ms));
      if (text !== new Date(ms).toISOString()) wrong.push(text);
    }
    expect(wrong).toEqual([]);
  });

  test('writes whole numbers up to 2^53', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.maxSafeNat()), value => {
        expect(written(out => out.whole(value))).toBe(String(value));
      }),
      { numRuns: 1000 },
    );
    for (const value of [0, 9, 10, 999_999_999, 1e9, 1e9 + 1, 2 ** 31, 2 ** 32, 1e15, 2 ** 53]) {
      expect(written(out => out.whole(value))).toBe(String(value));
    }
  });

  test('writes decimals as JSON.stringify does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
        fc.integer({ min: 0, max: 4 }),
        (value, places) => {
          fc.pre(value !== 0);
          expect(written(out => out.decimal(value, places))).toBe(JSON.stringify(value / 10 ** places));
        },
      ),
      { numRuns: 1000 },
    );
    expect(written(out => out.decimal(0, 2))).toBe('0');
  });

  test('writes hexadecimal digits', () => {
    expect(written(out => out.hex(0xdeadbeef, 8))).toBe('deadbeef');
    expect(written(out => out.hex(-1, 3))).toBe('fff');
  });

  test('writes as much text as it should, also more than there is', () => {
    expect(written(out => out.text(0, 4))).toBe('0123');
    for (const length of [0, 1, 49, 50, 51, 700])
      expect(written(out => out.text(12_345, length)).length).toBe(length);
  });
});
