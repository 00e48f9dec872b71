import { describe, expect, test } from 'vitest';
import { CourseWalk, piecesOf, placeOf } from '../../src/bench/course.ts';
import { coverageText } from '../../src/bench/coverage-text.ts';
import { Coverage } from '../../src/bench/coverage.ts';
import type { SharedSample, Work } from '../../src/bench/protocol.ts';
import { Walk } from '../../src/bench/walk.ts';

const LINES = 20_000;

/** Which share of the lines of each tenth of the sample there is in works. */
function tenths(works: readonly Work[]): number[] {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const { first, lines } of works.flatMap(work => piecesOf(work, LINES))) {
    for (let line = first; line < first + lines; line++) counts[Math.floor(((line % LINES) * 10) / LINES)]!++;
  }
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map(count => count / all);
}

function worksOf(walk: CourseWalk, count: number, lines: number, pieces: number): Work[] {
  return Array.from({ length: count }, () => walk.next(lines, pieces));
}

describe('a launch', () => {
  test.each([1, 3, 6])('is given events of all of the sample, in %d pieces at a time', pieces => {
    for (const place of [0, 0.37, 0.999]) {
      const shares = tenths(worksOf(new CourseWalk({ place, isGapless: false }, LINES), 24, 120, pieces));
      expect(Math.min(...shares)).toBeGreaterThan(0.05);
      expect(Math.max(...shares)).toBeLessThan(0.15);
    }
  });

  test('is given as much of each part in each of its rounds', () => {
    const works = worksOf(new CourseWalk({ place: 0.2, isGapless: false }, LINES), 24, 120, 6);
    for (const work of works) {
      const late = piecesOf(work, LINES).filter(({ first }) => first >= LINES / 2);
      expect(late).toHaveLength(3);
    }
  });

  test('is given all events that follow one another where a state is kept, and round again at the end', () => {
    const walk = new CourseWalk({ place: 0.5, isGapless: true }, LINES);
    walk.skip(3000);
    expect(worksOf(walk, 3, 5000, 6)).toEqual([
      { first: 13_000, lines: 5000, pieces: 1 },
      { first: 18_000, lines: 5000, pieces: 1 },
      { first: 3000, lines: 5000, pieces: 1 },
    ]);
  });

  test('is given no piece without an event', () => {
    const walk = new CourseWalk({ place: 0.5, isGapless: false }, LINES);
    expect(walk.next(2, 6).pieces).toBe(2);
    expect(piecesOf({ first: 19_999, lines: 8, pieces: 3 }, LINES).map(({ lines }) => lines)).toEqual([
      2, 3, 3,
    ]);
  });
});

describe('launches', () => {
  test('begin all over the sample, however few there are', () => {
    for (const drawn of [0, 0.3, 0.77]) {
      for (const count of [6, 12, 40]) {
        const places = Array.from({ length: count }, (_, launch) => placeOf(launch, drawn)).sort(
          (a, b) => a - b,
        );
        const gaps = places.map((place, at) => (places[at + 1] ?? places[0]! + 1) - place);
        expect(Math.max(...gaps)).toBeLessThan(2 / count);
        expect(places.every(place => place >= 0 && place < 1)).toBe(true);
      }
    }
  });
});

function chunkOf(slot: number, lines: number): SharedSample['chunks'][0] {
  const nextStarts = new SharedArrayBuffer(lines * 4);
  new Int32Array(nextStarts).set(Array.from({ length: lines }, (_, line) => (line + 1) * 10));
  return { slot, base: 0, from: 0, lines, nextStarts };
}

describe('the walk through a sample', () => {
  /** Two chunks of four and of six lines, each of ten bytes. */
  const sample: SharedSample = { source: 'in', lines: 10, chunks: [chunkOf(0, 4), chunkOf(1, 6)] };

  function rangesOf(work: Work, batchLines?: number): unknown[] {
    return new Walk(sample).batches(work, batchLines).map(({ task, lines }) => {
      const { from, to } = task.lines as { from: number; to: number };
      return [task.slot, from, to, lines];
    });
  }

  test('has a batch for each piece, or for each chunk in which it lies', () => {
    expect(rangesOf({ first: 8, lines: 6, pieces: 2 })).toEqual([
      [1, 40, 60, 2],
      [0, 0, 10, 1],
      [0, 30, 40, 1],
      [1, 0, 20, 2],
    ]);
  });

  test('has batches as short as they are to be', () => {
    expect(rangesOf({ first: 4, lines: 5, pieces: 1 }, 2)).toEqual([
      [1, 0, 20, 2],
      [1, 20, 40, 2],
      [1, 40, 50, 1],
    ]);
  });
});

describe('what was measured', () => {
  test('counts each event once, also where they are repeated', () => {
    const coverage = new Coverage({ lines: 30, events: 10 });
    coverage.add({ first: 8, lines: 4, pieces: 1 });
    coverage.add({ first: 19, lines: 2, pieces: 1 });
    expect(coverage.events).toBe(4);
    coverage.add({ first: 24, lines: 6, pieces: 3 });
    expect(coverage.events).toBe(6);
    coverage.add({ first: 5, lines: 70, pieces: 1 });
    expect(coverage.events).toBe(10);
  });

  test('is told where it is not all', () => {
    expect(coverageText({ measured: 12_400, events: 20_000 })).toBe(
      'measured 12,400 of 20,000 events, from all over the sample',
    );
    expect(coverageText({ measured: 20_000, events: 20_000 })).toBeUndefined();
    expect(coverageText({ measured: undefined, events: 20_000 })).toBeUndefined();
  });
});
