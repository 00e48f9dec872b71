import type { Box, LogBins } from '../bench/quantiles.ts';

/**
 * Pictures of figures for a terminal, as lines of text without colours: what they say is in their shapes, so they survive
 * NO_COLOR, and none is wider than it was told to be.
 */

const RISING = ' ▁▂▃▄▅▆▇█';

/** Columns of a bar chart, `rows` high; the highest fills it. */
export function histogram({ counts }: LogBins, rows: number): string[] {
  const most = Math.max(...counts, 1);
  const heights = counts.map(count => {
    const height = Math.round((count / most) * rows * 8);
    // What is there at all is seen.
    return count > 0 ? Math.max(1, height) : 0;
  });
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * 8;
    return heights.map(height => RISING[Math.max(0, Math.min(8, height - below))]).join('');
  });
}

/** What stands below: labels at shares of the width, each as near to its place as those before it allow. */
export function axis(
  width: number,
  labels: readonly { readonly at: number; readonly text: string }[],
): string {
  let line = '';
  for (const { at, text } of labels) {
    const wanted = Math.round(at * (width - 1) - text.length / 2);
    const from = Math.max(line === '' ? 0 : line.length + 1, Math.min(wanted, width - text.length));
    if (from + text.length > width) continue;
    line = line.padEnd(from) + text;
  }
  return line;
}

/** A box plot on a scale from `least` to `most`. */
export function boxPlot(
  { low, q1, middle, q3, high, outliers }: Box,
  width: number,
  least: number,
  most: number,
): string {
  const place = (value: number): number => Math.round(((value - least) / (most - least || 1)) * (width - 1));
  const cells = Array.from({ length: width }, () => ' ');
  const fill = (from: number, to: number, char: string): void => {
    for (let at = place(from); at <= place(to); at++) cells[at] = char;
  };
  for (const value of outliers) if (value >= least && value <= most) cells[place(value)] = '·';
  fill(low, high, '─');
  fill(q1, q3, '█');
  cells[place(low)] = '├';
  cells[place(high)] = '┤';
  cells[place(middle)] = '┃';
  return cells.join('');
}

/** Shares that make up a whole, as one bar: each with a filling of its own. */
export function stackedBar(shares: readonly number[], width: number): string[] {
  const fillings = ['█', '▓', '░', '▒'];
  const whole = shares.reduce((sum, share) => sum + share, 0) || 1;
  let sum = 0;
  let drawn = 0;
  return shares.map((share, at) => {
    sum += share;
    const until = Math.round((sum / whole) * width);
    const part = (fillings[at % fillings.length] ?? '█').repeat(until - drawn);
    drawn = until;
    return part;
  });
}

export interface Curve {
  readonly x: number;
  readonly y: number;
}

/** Measured points, joined, and where they would be if each worker did as much as the first. */
export function scalingCurve(points: readonly Curve[], width: number, rows: number): string[] {
  const first = points[0]!;
  const last = points.at(-1)!;
  const ideal = (x: number): number => (first.y / first.x) * x;
  const most = Math.max(ideal(last.x), ...points.map(({ y }) => y));
  const grid = Array.from({ length: rows }, () => Array.from({ length: width }, () => ' '));
  const column = (x: number): number => Math.round(((x - first.x) / (last.x - first.x || 1)) * (width - 1));
  const put = (at: number, y: number, char: string): void => {
    const row = rows - 1 - Math.round((y / most) * (rows - 1));
    grid[Math.max(0, Math.min(rows - 1, row))]![at] = char;
  };
  for (let at = 0; at < width; at++) {
    const x = first.x + ((last.x - first.x) * at) / (width - 1);
    if (at % 2 === 0) put(at, ideal(x), '·');
    put(at, between(points, x), '▪');
  }
  for (const { x, y } of points) put(column(x), y, '●');
  return grid.map(cells => cells.join(''));
}

function between(points: readonly Curve[], x: number): number {
  const after = points.findIndex(point => point.x >= x);
  if (after <= 0) return points[Math.max(0, after)]!.y;
  const [from, to] = [points[after - 1]!, points[after]!];
  return from.y + ((to.y - from.y) * (x - from.x)) / (to.x - from.x);
}
