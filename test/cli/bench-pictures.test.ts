import { describe, expect, test } from 'vitest';
import { axis, boxPlot, histogram, scalingCurve, stackedBar } from '../../src/cli/bench-pictures.ts';

describe('a histogram', () => {
  test('fills its height with the most, and shows what is there at all', () => {
    const rows = histogram({ edges: [1, 2, 3, 4], counts: [1000, 1, 0] }, 2);
    expect(rows).toEqual(['█  ', '█▁ ']);
  });

  test('of nothing is empty', () => {
    expect(histogram({ edges: [1, 2], counts: [0] }, 1)).toEqual([' ']);
  });
});

describe('an axis', () => {
  test('puts labels near their places, and leaves out what has no room', () => {
    expect(
      axis(20, [
        { at: 0, text: '1 µs' },
        { at: 0.5, text: 'p50' },
        { at: 1, text: '9 µs' },
      ]),
    ).toBe('1 µs    p50     9 µs');
    expect(
      axis(6, [
        { at: 0, text: '1 µs' },
        { at: 1, text: '9 µs' },
      ]),
    ).toBe('1 µs');
  });
});

describe('a box plot', () => {
  test('shows whiskers, box, middle and outliers on its scale', () => {
    const box = { low: 10, q1: 12, middle: 15, q3: 18, high: 20, outliers: [29] };
    expect(boxPlot(box, 21, 10, 30)).toBe('├─███┃███─┤        · ');
  });

  test('of equal values is a line', () => {
    const box = { low: 5, q1: 5, middle: 5, q3: 5, high: 5, outliers: [] };
    expect(boxPlot(box, 5, 5, 5)).toBe('┃    ');
  });
});

describe('a stacked bar', () => {
  test('is as wide as it is to be, whatever is rounded', () => {
    for (const shares of [
      [0.333, 0.333, 0.334],
      [1, 0, 0],
      [0.01, 0.98, 0.01],
    ]) {
      expect(stackedBar(shares, 44).join('')).toHaveLength(44);
    }
    expect(stackedBar([0.5, 0.25, 0.25], 8)).toEqual(['████', '▓▓', '░░']);
  });
});

describe('a scaling curve', () => {
  test('shows what was measured, and what would be ideal', () => {
    const rows = scalingCurve(
      [
        { x: 1, y: 100 },
        { x: 2, y: 190 },
        { x: 4, y: 200 },
      ],
      31,
      5,
    );
    expect(rows).toHaveLength(5);
    expect(rows.every(row => row.length === 31)).toBe(true);
    expect(rows.join('').match(/●/g)).toHaveLength(3);
    // The ideal goes on where the measured stays behind.
    expect(rows[0]!.trimEnd().at(-1)).toBe('·');
    expect(rows[2]!.trimEnd().at(-1)).toBe('●');
  });
});
