import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BusySeconds } from '../../src/inspect/busy-seconds.ts';
import { EventTime } from '../../src/inspect/event-time.ts';
import { findTimeField } from '../../src/inspect/time-field.ts';

function timeOf(value: unknown): readonly [ms: number, format: string] | undefined {
  const time = new EventTime();
  return time.read(value) ? [time.ms, time.format] : undefined;
}

describe('EventTime', () => {
  test('reads what toISOString writes, of all years with four digits', () => {
    const years = { min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') };
    fc.assert(
      fc.property(fc.date({ ...years, noInvalidDate: true }), date => {
        expect(timeOf(date.toISOString())).toEqual([expect.closeTo(date.getTime(), 3), 'iso-8601']);
      }),
    );
  });

  test('knows each day of the calendar that there is, and no other', () => {
    for (const year of [1900, 2000, 2023, 2024]) {
      for (let month = 1; month <= 12; month++) {
        for (let day = 1; day <= 31; day++) {
          const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T12:00:00Z`;
          const ms = Date.UTC(year, month - 1, day, 12);
          expect(timeOf(text)?.[0]).toBe(new Date(ms).getUTCDate() === day ? ms : undefined);
        }
      }
    }
  });

  test.each([
    ['2026-01-31T23:59Z', Date.UTC(2026, 0, 31, 23, 59), 'iso-8601'],
    ['2026-01-31 23:59:58', Date.UTC(2026, 0, 31, 23, 59, 58), 'iso-8601-without-zone'],
    ['2026-01-31T23:59:58,25+05:30', Date.UTC(2026, 0, 31, 18, 29, 58, 250), 'iso-8601'],
    ['2026-01-31T23:59:58.123456789-0130', Date.UTC(2026, 1, 1, 1, 29, 58) + 123.456789, 'iso-8601'],
    ['2026-01-31T00:00:00+14', Date.UTC(2026, 0, 30, 10), 'iso-8601'],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1), 'iso-8601'],
    [1_767_225_600, Date.UTC(2026, 0, 1), 'epoch-seconds'],
    [1_767_225_600.25, Date.UTC(2026, 0, 1) + 250, 'epoch-seconds'],
    [1_767_225_600_000, Date.UTC(2026, 0, 1), 'epoch-milliseconds'],
    [1_767_225_600_000_000, Date.UTC(2026, 0, 1), 'epoch-microseconds'],
    [1_767_225_600_000_000_000, Date.UTC(2026, 0, 1), 'epoch-nanoseconds'],
    ['1767225600', Date.UTC(2026, 0, 1), 'epoch-seconds'],
  ])('reads %j', (value, ms, format) => {
    expect(timeOf(value)).toEqual([expect.closeTo(ms, 3), format]);
  });

  test.each([
    [''],
    ['2026-01-31'],
    ['2026-01-31T24:00:00Z'],
    ['2026-01-31T23:60:00Z'],
    ['2026-01-31T23:59:61Z'],
    ['2026-13-01T00:00:00Z'],
    ['2026-00-01T00:00:00Z'],
    ['2026-01-00T00:00:00Z'],
    ['2026-01-31T23:59:58.Z'],
    ['2026-01-31T23:59:5'],
    ['2026-01-31T23:59:58ZZ'],
    ['2026-01-31T23:59:58+5:30'],
    ['2026-01-31T23:59:58+24:00'],
    ['2026-01-31x23:59:58Z'],
    ['2026-0a-31T23:59:58Z'],
    [`2026-01-31T23:59:58.${'1'.repeat(40)}Z`],
    ['12345'],
    [0],
    [200],
    [Number.POSITIVE_INFINITY],
    [5_000_000_000],
    [null],
    [true],
    [{}],
  ])('takes %j for no time', value => {
    expect(timeOf(value)).toBeUndefined();
  });
});

describe('findTimeField', () => {
  const at = '2026-01-01T00:00:00Z';
  test.each([
    [{ created: at, timestamp: at, ts: at }, 'ts', 'by-name'],
    [{ '@timestamp': at, timestamp: at, a_time: at }, 'timestamp', 'by-name'],
    [{ first: at, createdAt: at, meta: { ts: at } }, 'createdAt', 'by-name'],
    [{ first: at, second: at }, 'first', 'by-value'],
    [{ id: 1_767_225_600, meta: { ts: 1_767_225_600 } }, 'meta.ts', 'by-name'],
    [{ 'event.time': at }, '/event.time', 'by-name'],
  ])('finds it in %j', (event, path, found) => {
    expect(findTimeField([event, event])).toMatchObject({ path: { text: path }, found });
  });

  test.each([
    [[]],
    [[5]],
    [['2026-01-01T00:00:00Z']],
    [[{ id: 1_767_225_600 }]],
    [[{ ts: 'yesterday' }]],
    [[null]],
  ])('finds none in %j', events => {
    expect(findTimeField(events)).toBeUndefined();
  });

  test('wants it in nine events of ten', () => {
    const having = Array.from({ length: 17 }, () => ({ ts: at }));
    expect(findTimeField([{}, {}, { ts: at }, ...having])).toBeDefined();
    expect(findTimeField([{}, {}, {}, ...having])).toBeUndefined();
  });
});

describe('BusySeconds', () => {
  test('finds the fullest second in any order, as long as it remembers it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5000, max: 5000 }), { minLength: 1 }), times => {
        const seconds = new BusySeconds();
        const counts = new Map<number, number>();
        for (const ms of times) {
          seconds.add(ms);
          const second = Math.floor(ms / 1000);
          counts.set(second, (counts.get(second) ?? 0) + 1);
        }
        expect(seconds.peak).toBe(Math.max(...counts.values()));
        expect(counts.get(seconds.peakSecond)).toBe(seconds.peak);
      }),
    );
  });

  test('forgets the seconds that came first, but not the peak', () => {
    const seconds = new BusySeconds(4);
    for (const second of [1, 1, 2, 3, 4, 5, 5]) seconds.add(second * 1000);
    expect([seconds.peak, seconds.peakSecond]).toEqual([2, 1]);
    // Its count began anew.
    seconds.add(1000);
    seconds.add(5000);
    expect([seconds.peak, seconds.peakSecond]).toEqual([3, 5]);
  });
});
