import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  numberBetween,
  parseCount,
  parseDuration,
  parseFrom,
  parseHeap,
  parseRate,
  parseShare,
  parseStart,
  parseTime,
  parseWorkers,
  perSecond,
  sizeBetween,
} from '../../src/cli/parse-values.ts';

const refused = expect.objectContaining({ code: 'commander.invalidArgument' });

describe('sizeBetween', () => {
  const parse = sizeBetween(1, 10 * 1024 ** 3);

  test.each([
    ['1', 1],
    ['65536', 65536],
    ['64KiB', 65536],
    ['64k', 65536],
    ['64kB', 64000],
    ['1.5MB', 1_500_000],
    ['1.5 MiB', 1_572_864],
    ['2g', 2 * 1024 ** 3],
    ['7B', 7],
    [' 7 ', 7],
  ])('reads "%s" as %i bytes', (text, bytes) => {
    expect(parse(text)).toBe(bytes);
  });

  test.each(['', 'x', '-1', '1e3', '1.', '.5', '0', '1TiB', '11g', '1 2', 'NaN', 'Infinity', '0.5'])(
    'refuses "%s"',
    text => {
      expect(() => parse(text)).toThrow(refused);
    },
  );

  test('takes the bounds themselves, and nothing beyond', () => {
    const narrow = sizeBetween(10, 20);
    expect([narrow('10'), narrow('20')]).toEqual([10, 20]);
    expect(() => narrow('9')).toThrow(refused);
    expect(() => narrow('21')).toThrow(refused);
  });
});

describe('parseDuration', () => {
  test.each([
    ['500ms', 500],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['0', 0],
    ['0s', 0],
    ['0.5ms', 0.5],
  ])('reads "%s" as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '30', 's', '-1s', '1 s', '1S', '25d', '1w', 'forever'])('refuses "%s"', text => {
    expect(() => parseDuration(text)).toThrow(refused);
  });
});

test.each([
  [() => parseDuration('25d'), 'Write a duration of up to 596h.'],
  [() => parseDuration('597h'), 'Write a duration of up to 596h.'],
  [() => parseDuration('30'), 'Write a duration with its unit, such as 500ms, 30s or 2m.'],
  [() => parseHeap('999999999'), 'Write a whole number of MiB from 16 to 9999999.'],
  [() => parseCount('18446744073709551616'), 'Write a whole number of up to 15 digits.'],
  [() => parseCount('x'), 'Write a whole number.'],
  [() => parseTime('zzz'), 'Write a time (2026-11-23T14:00:00Z, 14:00) or a time ago (-5m).'],
  [() => parseTime('12'), /; an offset is given with --to-offset\.$/],
])('what is refused is told what could be written (%#)', (parse, message) => {
  expect(parse).toThrow(message);
});

describe('parseWorkers', () => {
  test.each([
    ['1', 1, 1],
    ['16', 16, 16],
    ['1..8', 1, 8],
    ['0..8', 0, 8],
    ['3..3', 3, 3],
  ])('takes "%s": at least %i and at the most %i', (text, min, max) => {
    expect(parseWorkers(text)).toEqual({ min, max });
  });

  test.each(['', '0', '0..0', '8..1', '1..', '..8', '1...8', '1.5', '-1', '255', '1..255', '1000', 'auto'])(
    'refuses "%s"',
    text => {
      expect(() => parseWorkers(text)).toThrow(refused);
    },
  );
});

describe('parseHeap', () => {
  test('takes whole MiB from what a handler needs at least', () => {
    expect([parseHeap('16'), parseHeap('4096')]).toEqual([16, 4096]);
    for (const text of ['15', '0', '', '16.5', '-16', '1g', '99999999'])
      expect(() => parseHeap(text)).toThrow(refused);
  });
});

describe('parseCount', () => {
  test('takes whole numbers that a number can hold exactly', () => {
    expect([parseCount('0'), parseCount('010'), parseCount('999999999999999')]).toEqual([
      0, 10, 999_999_999_999_999,
    ]);
    for (const text of ['', '-1', '1.5', '1e3', ' 1', '9999999999999999'])
      expect(() => parseCount(text)).toThrow(refused);
  });
});

describe('parseFrom', () => {
  const now = new Date(2026, 10, 23, 15, 30, 45, 500);

  test('takes a whole number for an offset', () => {
    fc.assert(
      fc.property(fc.nat(), offset => {
        expect(parseFrom(String(offset), now)).toEqual({ offset });
      }),
    );
  });

  test.each([
    ['-15m', now.getTime() - 15 * 60_000],
    ['-1.5h', now.getTime() - 90 * 60_000],
    ['14:00', new Date(2026, 10, 23, 14).getTime()],
    ['9:05:07', new Date(2026, 10, 23, 9, 5, 7).getTime()],
    ['23:59:59', new Date(2026, 10, 23, 23, 59, 59).getTime()],
    ['2026-11-23T14:00:00Z', Date.UTC(2026, 10, 23, 14)],
    ['2026-11-23T14:00:00+02:00', Date.UTC(2026, 10, 23, 12)],
    ['2026-11-23', Date.UTC(2026, 10, 23)],
  ])('takes "%s" for a time', (text, time) => {
    expect(parseFrom(text, now)).toEqual({ time });
  });

  test.each(
    ['', '24:00', '14:60', '14:00:60', '14', '-5', '-15', 'yesterday', '2026', '2026-13-01', '-1w'].filter(
      text => !/^\d+$/.test(text),
    ),
  )('refuses "%s"', text => {
    expect(() => parseFrom(text, now)).toThrow(refused);
  });
});

describe('parseShare', () => {
  test.each([
    ['0', 0],
    ['1', 1],
    ['0.01', 0.01],
    ['1%', 0.01],
    ['100%', 1],
    ['0.5%', 0.005],
  ])('reads "%s" as %d', (text, share) => {
    expect(parseShare(text)).toBe(share);
  });

  test.each(['', '-1', '1.1', '101%', '5 %', 'x', '1e-3', '.5', '%'])('refuses "%s"', text => {
    expect(() => parseShare(text)).toThrow(refused);
  });
});

describe('parseStart', () => {
  test.each([
    ['1970-01-01', 0],
    ['2026-01-01', Date.UTC(2026, 0, 1)],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2026-01-01T02:00+02:00', Date.UTC(2026, 0, 1)],
    ['2026-01-01T00:00:00.5Z', Date.UTC(2026, 0, 1) + 500],
  ])('reads "%s" in every time zone as the same time', (text, ms) => {
    expect(parseStart(text)).toBe(ms);
  });

  test('reads now', () => {
    expect(Math.abs(parseStart('now') - Date.now())).toBeLessThan(60_000);
  });

  test.each([
    '',
    '2026',
    '2025-02-29',
    '2026-02-30',
    '2026-13-01',
    '1969-12-31',
    '9000-01-01',
    '2026-01-01T00:00:00',
    '14:00',
  ])('refuses "%s"', text => {
    expect(() => parseStart(text)).toThrow(refused);
  });
});

test('a rate is so many events a second', () => {
  expect([parseRate('500/s'), parseRate('30/m'), parseRate('1800/h')].map(perSecond)).toEqual([
    500, 0.5, 0.5,
  ]);
});

test('numberBetween takes fractions, and its bounds', () => {
  const parse = numberBetween(0, 10);
  expect(['0', '10', '1.25'].map(parse)).toEqual([0, 10, 1.25]);
  for (const text of ['', '-1', '10.1', '1e1', '0x1', '1.', ' 1']) expect(() => parse(text)).toThrow(refused);
});
