import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventTime } from '../../src/inspect/event-time.ts';
import { parsePath } from '../../src/kernel/path.ts';
import type { TimeUnit } from '../../src/replay/byte-time.ts';
import { FieldClock } from '../../src/replay/event-clock.ts';

const clock = new FieldClock(parsePath('at.ts'));

function msOf(line: string, by = clock): number {
  const bytes = Buffer.from(`{"first":1}\n${line}\n`);
  expect(by.read(bytes, 12)).toBe(bytes.length - 1);
  return by.ms;
}

describe('FieldClock', () => {
  test.each([
    ['"2026-01-31T23:59:59.250Z"', Date.UTC(2026, 0, 31, 23, 59, 59, 250)],
    ['"2026-01-31T23:59:58Z"', Date.UTC(2026, 0, 31, 23, 59, 58)],
    ['"2026-01-31T23:59:58.123456Z"', Date.UTC(2026, 0, 31, 23, 59, 58) + 123.456],
    ['"2026-01-31 23:59:58"', Date.UTC(2026, 0, 31, 23, 59, 58)],
    ['"2026-01-31T23:59:58+02:00"', Date.UTC(2026, 0, 31, 21, 59, 58)],
    [String.raw`"2026-01-31T23:59:58\u005a"`, Date.UTC(2026, 0, 31, 23, 59, 58)],
    ['1700000000', 1_700_000_000_000],
    ['1700000000.125', 1_700_000_000_125],
    ['1700000000123', 1_700_000_000_123],
    ['1700000000123456', 1_700_000_000_123.456],
    ['1700000000123456789', 1_700_000_000_123.4568],
    ['1.7e9', 1_700_000_000_000],
    ['"1700000000"', 1_700_000_000_000],
  ])('reads %s', (value, ms) => {
    expect(msOf(`{"at":{"ts":${value}}}`)).toBeCloseTo(ms, 3);
  });

  test.each([
    'null',
    'true',
    '"yesterday"',
    '"2026-02-30T00:00:00Z"',
    '"2026-01-31T24:00:00Z"',
    '12',
    '[]',
    '{}',
    '""',
    '-1700000000',
  ])('finds no time in %s', value => {
    expect(msOf(`{"at":{"ts":${value}}}`)).toBeNaN();
  });

  test('finds no time in digits that go on and on', () => {
    expect(msOf(`{"at":{"ts":"${'9'.repeat(5000)}"}}`)).toBeNaN();
    expect(msOf(`{"at":{"ts":${'9'.repeat(5000)}}}`)).toBeNaN();
  });

  test('forgets the time of the line before', () => {
    msOf('{"at":{"ts":1700000000}}');
    expect(msOf('{"at":{}}')).toBeNaN();
    expect(msOf('not json')).toBeNaN();
    expect(msOf('')).toBeNaN();
  });

  test('takes any number where its unit is told', () => {
    const seconds = new FieldClock(parsePath('at.ts'), 's');
    expect(msOf('{"at":{"ts":0.5}}', seconds)).toBe(500);
    expect(msOf('{"at":{"ts":-3}}', seconds)).toBe(-3000);
    expect(msOf('{"at":{"ts":"12"}}', seconds)).toBe(12_000);
    const nanos = new FieldClock(parsePath('at.ts'), 'ns' satisfies TimeUnit);
    expect(msOf('{"at":{"ts":2500000}}', nanos)).toBe(2.5);
  });

  test('reads what EventTime reads of the value that JSON.parse gives', () => {
    const reference = new EventTime();
    const iso = fc
      .date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true })
      .map(date => date.toISOString());
    const value = fc.oneof(
      iso,
      iso.map(text => text.replace(/\.\d+Z$/, 'Z')),
      iso.map(text => text.replace('Z', '123Z')),
      iso.map(text => text.slice(0, 19)),
      iso.map(text => text.replace('Z', '+05:30')),
      fc
        .tuple(iso, fc.nat(25), fc.string({ maxLength: 2 }))
        .map(([text, at, other]) => text.slice(0, at) + other + text.slice(at + 1)),
      fc.integer({ min: 0, max: 4e9 }),
      fc.double({ min: 6e8, max: 4e18, noNaN: true }),
      fc.string(),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(value, some => {
        const line = JSON.stringify({ other: 'ts', at: { ts: some } });
        const expected = reference.read((JSON.parse(line) as { at: { ts: unknown } }).at.ts);
        const ms = msOf(line);
        if (expected) expect(Math.abs(ms - reference.ms)).toBeLessThan(0.001);
        else expect(ms).toBeNaN();
      }),
      { numRuns: 2000 },
    );
  });
});
