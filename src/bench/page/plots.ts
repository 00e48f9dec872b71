import uPlot from 'uplot';
import { colour, element } from './dom.ts';

/** Plots: a distribution over times, and lines. */

const HEIGHT = 220;
const WIDTH_MIN = 240;
const COLOURS = ['one', 'two', 'three', 'four'] as const;

/** Plots that are shown, so that they follow the width of the page. */
const shown: { readonly plot: uPlot; readonly place: HTMLElement }[] = [];

export function forgetPlots(): void {
  for (const { plot } of shown.splice(0)) plot.destroy();
}

export function fitPlots(): void {
  for (const { plot, place } of shown) plot.setSize({ width: widthOf(place), height: HEIGHT });
}

function widthOf(place: HTMLElement): number {
  return Math.max(WIDTH_MIN, place.clientWidth);
}

function axis(values: (value: number) => string): uPlot.Axis {
  const line = { stroke: colour('line'), width: 1 };
  return {
    stroke: colour('dim'),
    grid: line,
    ticks: line,
    size: 56,
    values: (_, splits) => splits.map(value => values(value)),
  };
}

/** The plot is made once its place has a width. */
function later(options: Omit<uPlot.Options, 'width' | 'height'>, data: uPlot.AlignedData): HTMLElement {
  const place = element('div', { class: 'plot' });
  requestAnimationFrame(() => {
    const plot = new uPlot({ ...options, width: widthOf(place), height: HEIGHT }, data, place);
    shown.push({ plot, place });
  });
  return place;
}

export interface Bins {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** How many events took how long: one outline for each, on a scale of powers. */
export function distribution(
  all: readonly { readonly name: string; readonly bins: Bins }[],
  told: (value: number) => string,
): HTMLElement {
  const tables = all.map(({ bins: { edges, counts } }) => {
    const whole = counts.reduce((sum, count) => sum + count, 0) || 1;
    const xs = edges.map(edge => Math.log10(Math.max(edge, 1e-6)));
    // A density, so that bins of other widths can be compared.
    const ys = edges.map((_, at) => {
      const width = (xs[at + 1] ?? 0) - (xs[at] ?? 0);
      return counts[at] === undefined || width <= 0 ? 0 : counts[at] / whole / width;
    });
    return [xs, ys] as unknown as uPlot.AlignedData;
  });
  const data = uPlot.join(
    tables,
    tables.map(() => [2]),
  ) as uPlot.AlignedData;
  const paths = uPlot.paths.stepped!({ align: 1 });
  const series = all.map(({ name }, at) => ({
    label: name,
    stroke: colour(COLOURS[at % COLOURS.length]!),
    fill: `${colour(COLOURS[at % COLOURS.length]!)}33`,
    width: 1.5,
    paths,
    points: { show: false },
    spanGaps: true,
    value: (_: uPlot, value: number | null) => (value === null ? '' : value.toFixed(2)),
  }));
  return later(
    {
      scales: { x: { time: false } },
      legend: { show: all.length > 1, live: false },
      axes: [axis(value => told(10 ** value)), axis(value => value.toFixed(1))],
      series: [{ label: 'time', value: (_, value) => (value === null ? '' : told(10 ** value)) }, ...series],
    },
    data,
  );
}

export interface Line {
  readonly name: string;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly dashed?: boolean;
}

export function lines(
  all: readonly Line[],
  x: { readonly name: string; readonly told: (value: number) => string },
  told: (value: number) => string,
): HTMLElement {
  const tables = all.map(({ xs, ys }) => [[...xs], [...ys]] as unknown as uPlot.AlignedData);
  const data = uPlot.join(tables) as uPlot.AlignedData;
  const series = all.map(({ name, dashed = false, xs }, at) => ({
    label: name,
    stroke: dashed ? colour('dim') : colour(COLOURS[at % COLOURS.length]!),
    width: dashed ? 1 : 2,
    ...(dashed ? { dash: [4, 4] } : {}),
    points: { show: !dashed && xs.length < 12, size: 7 },
    spanGaps: true,
    value: (_: uPlot, value: number | null) => (value === null ? '' : told(value)),
  }));
  return later(
    {
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, (most || 1) * 1.05] } },
      axes: [axis(x.told), axis(told)],
      series: [{ label: x.name, value: (_, value) => (value === null ? '' : x.told(value)) }, ...series],
    },
    data,
  );
}
