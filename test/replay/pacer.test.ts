import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePath } from '../../src/kernel/path.ts';
import { CommitClock, FieldClock } from '../../src/replay/event-clock.ts';
import { Pacer } from '../../src/replay/pacer.ts';
import type { Piece } from '../../src/replay/pieces.ts';
import { FakeAlarm } from './fake-alarm.ts';

const MAX = Number.POSITIVE_INFINITY;
/** Lines that are due so soon are given out. */
const EARLY_MS = 0.5;
const START_MS = 1_700_000_000_000;

interface Given {
  readonly line: string;
  readonly atMs: number;
}

function pieceOf(lines: readonly string[]): Piece {
  const bytes = Buffer.from(lines.map(line => `${line}\n`).join(''));
  return { bytes, from: 0, to: bytes.length, committedMs: START_MS, share: undefined };
}

function events(times: readonly number[]): string[] {
  return times.map((time, n) => `{"n":${n},"ts":${START_MS + time}}`);
}

function player(alarm: FakeAlarm, speed: number, gapMsMax = MAX): Pacer {
  return new Pacer({ speed, gapMsMax, alarm, stopped: new AbortController().signal });
}

async function play(pacer: Pacer, alarm: FakeAlarm, lines: readonly string[], pieces = 1): Promise<Given[]> {
  const given: Given[] = [];
  const clock = new FieldClock(parsePath('ts'));
  const size = Math.max(1, Math.ceil(lines.length / pieces));
  for (let from = 0; from < lines.length; from += size) {
    for await (const due of pacer.due(pieceOf(lines.slice(from, from + size)), clock)) {
      const text = Buffer.from(due.bytes.subarray(due.from, due.to)).toString();
      for (const line of text.split('\n').slice(0, -1)) given.push({ line, atMs: alarm.nowMs });
    }
  }
  return given;
}

describe('Pacer', () => {
  test('keeps the distances, from the first event on', async () => {
    const alarm = new FakeAlarm();
    const given = await play(player(alarm, 1), alarm, events([0, 250, 250, 1000]));
    expect(given.map(({ atMs }) => atMs - 1000)).toEqual([0, 250, 250, 1000]);
  });

  test('divides them by the speed', async () => {
    const alarm = new FakeAlarm();
    const given = await play(player(alarm, 10), alarm, events([0, 250, 1000]));
    expect(given.map(({ atMs }) => atMs - 1000)).toEqual([0, 25, 100]);
  });

  test('waits for nothing at max', async () => {
    const alarm = new FakeAlarm();
    const pacer = player(alarm, MAX);
    const given = await play(pacer, alarm, events([0, 250, 1_000_000]));
    expect([given.length, alarm.waits, pacer.progress.events]).toEqual([3, 0, 3]);
    expect([pacer.progress.firstMs, pacer.progress.timeMs]).toEqual([START_MS, START_MS + 1_000_000]);
  });

  test('lets lines without a time go with the one before them, and counts them', async () => {
    const alarm = new FakeAlarm();
    const pacer = player(alarm, 1);
    const [first, second] = events([0, 100]);
    const given = await play(pacer, alarm, [first!, '{"n":7}', 'no json', '', second!]);
    expect(given.map(({ atMs }) => atMs - 1000)).toEqual([0, 0, 0, 0, 100]);
    expect(pacer.progress.withoutTime).toBe(3);
  });

  test('gives all events of a commit at once where it goes by commits', async () => {
    const alarm = new FakeAlarm();
    const pacer = player(alarm, 1);
    const clock = new CommitClock();
    const given: number[] = [];
    for (const committedMs of [5000, 5700]) {
      const piece = { ...pieceOf(['{}', '{}']), committedMs };
      for await (const { from, to } of pacer.due(piece, clock)) given.push(alarm.nowMs - 1000, to - from);
    }
    expect(given).toEqual([0, 6, 700, 6]);
  });

  test('stands still in a pause, and goes on from there', async () => {
    const alarm = new FakeAlarm();
    const pacer = player(alarm, 1);
    alarm.at(1100, () => pacer.pause());
    alarm.at(5100, () => pacer.resume());
    const given = await play(pacer, alarm, events([0, 50, 200]));
    expect(given.map(({ atMs }) => atMs - 1000)).toEqual([0, 50, 4200]);
  });

  test('lets one event go at a step, also of several that are due together', async () => {
    const alarm = new FakeAlarm();
    const pacer = player(alarm, 1);
    alarm.at(1010, () => pacer.step());
    alarm.at(1020, () => pacer.step());
    alarm.at(1030, () => pacer.resume());
    const given = await play(pacer, alarm, events([0, 500, 500, 600]));
    expect(given.map(({ atMs }) => atMs - 1000)).toEqual([0, 10, 20, 130]);
  });

  test('slows down from max without a gap for what was not looked at', async () => {
    const alarm = new FakeAlarm();
    const pacer = player(alarm, MAX);
    const first = await play(pacer, alarm, events([0, 100]));
    pacer.setSpeed(1);
    const second = await play(pacer, alarm, events([1_000_000, 1_000_100]));
    expect([...first, ...second].map(({ atMs }) => atMs - 1000)).toEqual([0, 0, 0, 100]);
  });

  test('does not make up at a new speed for what the reader was too slow for', async () => {
    const alarm = new FakeAlarm();
    const pacer = player(alarm, 1);
    const clock = new FieldClock(parsePath('ts'));
    const given: number[] = [];
    for await (const _ of pacer.due(pieceOf(events([0, 10, 20, 1000])), clock)) {
      given.push(alarm.nowMs - 1000);
      // The first write takes long, and then somebody presses a key.
      if (given.length === 1) {
        alarm.nowMs += 15;
        pacer.setSpeed(0.5);
      }
    }
    // From the event at 10, which is due: 10 more take 20.
    expect(given).toEqual([0, 15, 35, 1995]);
  });

  test('ends at once when it is stopped', async () => {
    const alarm = new FakeAlarm();
    const stop = new AbortController();
    const pacer = new Pacer({ speed: 1, gapMsMax: MAX, alarm, stopped: stop.signal });
    alarm.at(1500, () => stop.abort());
    const given = await play(pacer, alarm, events([0, 86_400_000]));
    expect([given.length, alarm.nowMs]).toEqual([1, 1500]);
  });

  test('is as exact for the last event as for the first, whatever timers do and whenever the speed is changed', async () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 1, max: 400 }),
      speed: fc.constantFrom(0.5, 1, 2, 10, 0),
    });
    const overshoots = fc.infiniteStream(fc.double({ min: 0, max: 3, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 60 }),
        fc.array(step, { maxLength: 6 }),
        overshoots,
        fc.integer({ min: 1, max: 5 }),
        async (times, steps, overshoot, pieces) => {
          const alarm = new FakeAlarm(() => overshoot.next().value);
          const pacer = player(alarm, 1);
          // What is true of the speed from when on; 0 is a pause.
          const changes = [{ atMs: 1000, speed: 1 }];
          let atMs = 1000;
          for (const { afterMs, speed } of [...steps, { afterMs: 1, speed: 1 }]) {
            atMs += afterMs;
            alarm.at(atMs, () => {
              changes.push({ atMs: alarm.nowMs, speed });
              if (speed === 0) pacer.pause();
              else {
                pacer.setSpeed(speed);
                pacer.resume();
              }
            });
          }
          const lines = events(times);
          const given = await play(pacer, alarm, lines, pieces);
          expect(given.map(({ line }) => line)).toEqual(lines);
          let latest = times[0]!;
          for (const [i, { atMs: givenMs }] of given.entries()) {
            latest = Math.max(latest, times[i]!);
            const place = placeAt(changes, givenMs);
            const wanted = latest - times[0]!;
            // Not before it is due, but for what a timer cannot tell apart.
            expect(place).toBeGreaterThanOrEqual(wanted - EARLY_MS * 10 - 1e-6);
          }
          // Nothing adds up: the last one is as late as one timer can make it.
          const last = given.at(-1)!;
          const dueMs = whenAt(changes, latest - times[0]!);
          expect(last.atMs - dueMs).toBeLessThanOrEqual(3 + 1e-6);
        },
      ),
    );
  });
});

type Changes = readonly { readonly atMs: number; readonly speed: number }[];

/** Where a playhead with these speeds is at `ms`. */
function placeAt(changes: Changes, ms: number): number {
  let place = 0;
  for (const [i, { atMs, speed }] of changes.entries()) {
    const end = Math.min(ms, changes[i + 1]?.atMs ?? MAX);
    if (end > atMs) place += (end - atMs) * speed;
  }
  return place;
}

/** When it comes to `place`. */
function whenAt(changes: Changes, place: number): number {
  let left = place;
  for (const [i, { atMs, speed }] of changes.entries()) {
    const end = changes[i + 1]?.atMs ?? MAX;
    if (left <= 0) return atMs;
    if (speed > 0 && (end - atMs) * speed >= left) return atMs + left / speed;
    if (speed > 0) left -= (end - atMs) * speed;
  }
  return MAX;
}
