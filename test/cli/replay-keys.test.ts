import { describe, expect, test } from 'vitest';
import { fitting as fitted, statusLine } from '../../src/cli/replay-display.ts';
import { fasterThan, slowerThan, takeKey } from '../../src/cli/replay-keys.ts';
import { Pacer } from '../../src/replay/pacer.ts';
import { FakeAlarm } from '../replay/fake-alarm.ts';

function player(speed = 1): Pacer {
  const alarm = new FakeAlarm();
  return new Pacer({ speed, gapMsMax: 1e9, alarm, stopped: new AbortController().signal });
}

function press(pacer: Pacer, ...keys: string[]): { quits: number; changes: number } {
  const seen = { quits: 0, changes: 0 };
  for (const key of keys) {
    takeKey(key, { pacer, quit: () => seen.quits++, onChange: () => seen.changes++ });
  }
  return seen;
}

describe('the keys of a replay', () => {
  test('pause it and let it go on', () => {
    const pacer = player();
    press(pacer, ' ');
    expect(pacer.isPaused).toBe(true);
    press(pacer, ' ');
    expect(pacer.isPaused).toBe(false);
  });

  test.each(['n', '\u001b[C', '\u001bOC'])('step, which pauses it (%j)', key => {
    const pacer = player();
    press(pacer, key);
    expect(pacer.isPaused).toBe(true);
  });

  test('change the speed, up to max and back', () => {
    const pacer = player(500);
    press(pacer, '+', '+', '+', '+');
    expect(pacer.speed).toBe(Number.POSITIVE_INFINITY);
    press(pacer, '-', '-');
    expect(pacer.speed).toBe(1000);
  });

  test('go from a speed that is none of theirs to the next of theirs', () => {
    expect([fasterThan(3), slowerThan(3), fasterThan(1e5), slowerThan(0.01)]).toEqual([
      5,
      2,
      Number.POSITIVE_INFINITY,
      0.01,
    ]);
  });

  test('end it, and nothing else does anything', () => {
    const pacer = player();
    expect(press(pacer, 'q')).toEqual({ quits: 1, changes: 1 });
    expect(press(pacer, 'x', '\u001b[A', '\r')).toEqual({ quits: 0, changes: 0 });
  });
});

/** Without colours, which depend on where the tests run. */
function fitting(parts: readonly string[], columns: number): string {
  // oxlint-disable-next-line no-control-regex
  return fitted(parts, columns).replaceAll(/\u001b\[[\d;]*m/g, '');
}

describe('the line of a replay', () => {
  const progress = { ...player().progress, events: 1234, timeMs: Date.UTC(2026, 0, 1) };

  test('tells speed, time, share and rate', () => {
    const line = fitting(statusLine(player(10), progress, 0.5, 120), 79);
    expect(line).toBe('  10x  2026-01-01T00:00:00.000Z  ━━━━━━━━──────── 50%  1.2k events  120/s');
  });

  test('tells of a pause, of what is late, and of events without a time', () => {
    const pacer = player(2);
    pacer.pause();
    const late = { ...progress, timeMs: Number.NaN, lateMs: 5400 };
    expect(fitting(statusLine(pacer, late, undefined, 0), 79)).toBe(
      '  paused at 2x  no time  1.2k events  5 s behind',
    );
  });

  test('leaves out what finds no room', () => {
    expect(fitting(statusLine(player(10), progress, 0.5, 120), 40)).toBe('  10x  2026-01-01T00:00:00.000Z');
  });
});
