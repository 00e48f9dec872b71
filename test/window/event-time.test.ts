import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { timeMs } from '../../src/window/event-time.ts';

describe.each(['UTC', 'America/New_York'])('the time of an event, on a machine in %s', zone => {
  beforeEach(() => void vi.stubEnv('TZ', zone));
  afterEach(() => void vi.unstubAllEnvs());

  test('is not read by the zone of the machine, which this is', () => {
    expect(Date.parse('2026-03-08T12:00') === Date.UTC(2026, 2, 8, 12)).toBe(zone === 'UTC');
  });

  test.each([
    ['2026-03-08', Date.UTC(2026, 2, 8)],
    ['2026-03-08T02:30', Date.UTC(2026, 2, 8, 2, 30)],
    ['2026-03-08 02:30:10', Date.UTC(2026, 2, 8, 2, 30, 10)],
    ['2026-03-08T02:30:10.25', Date.UTC(2026, 2, 8, 2, 30, 10, 250)],
    ['2026-03-08 02:30:10,250', Date.UTC(2026, 2, 8, 2, 30, 10, 250)],
    ['2026-03-08T02:30:10.123456Z', Date.UTC(2026, 2, 8, 2, 30, 10, 123)],
    ['2026-03-08t02:30:10z', Date.UTC(2026, 2, 8, 2, 30, 10)],
    ['2026-03-08T02:30:10+01:30', Date.UTC(2026, 2, 8, 1, 0, 10)],
    ['2026-03-08T02:30:10-0500', Date.UTC(2026, 2, 8, 7, 30, 10)],
    ['2026-03-08T02:30:10 +02', Date.UTC(2026, 2, 8, 0, 30, 10)],
    ['Sun, 08 Mar 2026 02:30:10 GMT', Date.UTC(2026, 2, 8, 2, 30, 10)],
    ['8 Mar 2026 02:30 +0100', Date.UTC(2026, 2, 8, 1, 30)],
    [1_700_000_000_000, 1_700_000_000_000],
    [new Date(5), 5],
  ])('%j is the same everywhere', (time, ms) => {
    expect(timeMs(time)).toBe(ms);
  });

  test.each([
    'sensor 7',
    '12',
    '2026',
    '2026-02-30',
    '2026-13-01',
    '2026-03-08T25:00',
    '8 Mar 2026 02:30',
    '',
    'now',
  ])('%j is none', text => {
    expect(() => timeMs(text)).toThrow('the event has no time that windows can use');
  });

  test.each([true, null, undefined, {}, Number.NaN, 9e15])('%j is none', value => {
    expect(() => timeMs(value as never)).toThrow(TypeError);
  });
});
