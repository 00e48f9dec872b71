import { type Comparison, compare, compareGoals, cpuRatesOf, ratesOf } from './compare.ts';
import { CEILING } from './goals.ts';
import { median, type Ratio } from './rounds.ts';
import { formatTable } from './table.ts';
import type { ThroughputRow } from './throughput.ts';

/**
 * The tables of the rates and of the goals. A ratio is the median of those of the rounds; beside it the lowest and the
 * highest. "by CPU" is the same ratio of events a second of processor time: what it comes to where all have the machine
 * to themselves and keep all cores busy. "to its own" is the ratio to the ceiling with the same handler.
 */

const HEADER = [
  'case',
  'events/s',
  'MB/s',
  'CPU µs/event',
  `to ${CEILING}`,
  'range',
  'by CPU',
  'to its own',
  'by CPU',
  'decoded %',
];
const GOAL_HEADER = ['goal', 'of', 'at least', 'came to', 'range', 'by CPU', 'met'];

export function throughputReport(rows: readonly ThroughputRow[]): string {
  const byId = new Map(rows.map(row => [row.id, row]));
  const lines = rows.map(row => [
    ...rateCells(row),
    ...ratioCells(row, byId.get(CEILING)),
    ...withoutRange(ratioCells(row, byId.get(row.ceiling))),
    row.decoded ?? '',
  ]);
  const goals = compareGoals(rows).map(({ goal, met, ...comparison }) => [
    goal.claim,
    `${goal.of} / ${goal.to}`,
    String(goal.atLeast),
    ...comparisonCells(comparison),
    met ? 'yes' : 'no',
  ]);
  const tables = [formatTable(HEADER, lines)];
  if (goals.length > 0) tables.push(formatTable(GOAL_HEADER, goals));
  return tables.join('\n\n');
}

function rateCells(row: ThroughputRow): readonly string[] {
  const { id, name, input } = row;
  const rate = median(ratesOf(row));
  const cpuRate = median(cpuRatesOf(row));
  const mbRate = (rate * input.bytes) / input.events / 1e6;
  const cells = [Math.round(rate).toLocaleString('en'), mbRate.toFixed(0), (1e6 / cpuRate).toFixed(2)];
  return [`${id.padEnd(6)} ${name}`, ...cells];
}

function withoutRange([ratio, , byCpu]: readonly string[]): readonly string[] {
  return [ratio!, byCpu!];
}

function ratioCells(row: ThroughputRow, ceiling: ThroughputRow | undefined): readonly string[] {
  return ceiling === undefined || ceiling === row ? ['', '', ''] : comparisonCells(compare(row, ceiling));
}

function comparisonCells({ byTime, byCpu }: Comparison): readonly string[] {
  return [digits(byTime.median), range(byTime), digits(byCpu.median)];
}

function range({ min, max }: Ratio): string {
  return `${digits(min)}–${digits(max)}`;
}

/** Three that count, or two behind the point. */
function digits(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}
