import { describe, expect, test } from 'vitest';
import { WayChoice } from '../../src/worker/way-choice.ts';

const EVENTS = 1000;

/** Runs so many batches; `ms` is how long each takes, in part and whole. Gives which were in part. */
function play(
  ways: WayChoice,
  batches: number,
  ms: { readonly inPart: number; readonly whole: number },
): boolean[] {
  return Array.from({ length: batches }, () => {
    const { inPart } = ways;
    ways.batchDone(EVENTS, inPart ? ms.inPart : ms.whole);
    return inPart;
  });
}

describe('WayChoice', () => {
  test.each([
    [{ inPart: 1, whole: 2 }, true],
    [{ inPart: 2, whole: 1 }, false],
  ])('tries both ways, and stays with the faster: %o', (ms, inPart) => {
    const ways = new WayChoice(true);
    expect(new Set(play(ways, 20, ms))).toEqual(new Set([true, false]));
    expect(new Set(play(ways, 30, ms))).toEqual(new Set([inPart]));
  });

  test('tries again soon after a trial that said something else than the one before, and ever more rarely', () => {
    const ways = new WayChoice(true);
    const ms = { inPart: 1, whole: 2 };
    // The machine was busy whenever events were decoded in part.
    play(ways, 10, { inPart: 9, whole: 2 });
    expect(ways.inPart).toBe(false);
    play(ways, 60, ms);
    expect(ways.inPart).toBe(true);
    const trials = (batches: number): number => play(ways, batches, ms).filter(inPart => !inPart).length;
    const [early, late] = [trials(1000), trials(1000)];
    expect(early).toBeGreaterThan(late);
    expect(late).toBeGreaterThan(0);
  });

  test('chooses again when the data has changed', () => {
    const ways = new WayChoice(true);
    play(ways, 20, { inPart: 1, whole: 2 });
    expect(ways.inPart).toBe(true);
    play(ways, 1000, { inPart: 3, whole: 2 });
    expect(ways.inPart).toBe(false);
  });

  test('goes by the fastest batch of each way, and not by the first ones', () => {
    const ways = new WayChoice(true);
    for (let batch = 0; batch < 20; batch++) {
      const slow = batch < 2 || batch % 4 === 0 ? 100 : 0;
      ways.batchDone(EVENTS, ways.inPart ? 1 + slow : 2);
    }
    expect(ways.inPart).toBe(true);
  });

  test('counts by the event', () => {
    const ways = new WayChoice(true);
    for (let batch = 0; batch < 20; batch++)
      ways.batchDone(ways.inPart ? 10 * EVENTS : EVENTS, ways.inPart ? 5 : 1);
    expect(ways.inPart).toBe(true);
  });

  test('takes nothing from batches of few events', () => {
    const ways = new WayChoice(true);
    for (let batch = 0; batch < 100; batch++) ways.batchDone(10, 1000);
    expect(ways.inPart).toBe(true);
  });

  test('decodes events whole where there is no choice, or none any more', () => {
    const none = new WayChoice(false);
    expect(new Set(play(none, 600, { inPart: 1, whole: 2 }))).toEqual(new Set([false]));
    const ways = new WayChoice(true);
    play(ways, 3, { inPart: 1, whole: 2 });
    ways.stayWhole();
    expect(new Set(play(ways, 600, { inPart: 1, whole: 2 }))).toEqual(new Set([false]));
  });

  test('remembers that events were returned, and what else was', () => {
    const ways = new WayChoice(true);
    expect([ways.returnsEvents, ways.returnsOthers]).toEqual([false, false]);
    ways.sawEvent();
    expect([ways.returnsEvents, ways.returnsOthers]).toEqual([true, false]);
    ways.sawOther();
    expect([ways.returnsEvents, ways.returnsOthers]).toEqual([true, true]);
  });

  test('keeps to one way when it is held, also in the middle of a trial', () => {
    const ways = new WayChoice(true);
    play(ways, 10, { inPart: 3, whole: 1 });
    // The next trial begins forty batches later.
    play(ways, 41, { inPart: 3, whole: 1 });
    while (!ways.inPart) play(ways, 1, { inPart: 3, whole: 1 });
    ways.hold();
    expect(new Set(play(ways, 1000, { inPart: 1, whole: 9 }))).toEqual(new Set([false]));
    ways.hold(true);
    expect(new Set(play(ways, 1000, { inPart: 9, whole: 1 }))).toEqual(new Set([true]));
  });

  test('is held at nothing else than whole where there is no choice, or none any more', () => {
    const ways = new WayChoice(true);
    ways.hold(true);
    ways.stayWhole();
    ways.hold(true);
    expect([ways.canChoose, ways.inPart]).toEqual([false, false]);
    const none = new WayChoice(false);
    none.hold(true);
    expect([none.canChoose, none.inPart]).toEqual([false, false]);
  });
});
