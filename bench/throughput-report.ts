import { CEILING, GOALS } from './cases.ts';
import { median, type Ratio, ratioOf } from './rounds.ts';
import { formatTable } from './table.ts';
import type { ThroughputRow } from './throughput.ts';

/**
 * The table of the rates. A ratio is the median of those of the rounds; beside it the lowest and the highest. "by CPU" is
 * the same ratio of events a second of processor time: what it comes to where all have the machine to themselves and
 * keep all cores busy.
 */

const HEADER = ['case', 'events/s', 'MB/s', 'CPU s/M events', 'to a', 'range', 'by CPU', 'goal', 'met'];

export function throughputReport(rows: readonly ThroughputRow[]): string {
  const byId = new Map(rows.map(row => [row.id, row]));
  return formatTable(
    HEADER,
    rows.map(row => [...rateCells(row), ...ratioCells(row, byId.get(CEILING)), ...goalCells(row, byId)]),
  );
}

/** Events a second, round by round. */
function ratesOf({ input, rounds }: ThroughputRow): readonly number[] {
  return rounds.map(({ seconds }) => input.events / seconds);
}

/** Events a second of processor time; no numbers where it is not known. */
function cpuRatesOf({ input, rounds }: ThroughputRow): readonly number[] {
  return rounds.map(({ cpuSeconds }) => input.events / (cpuSeconds ?? Number.NaN));
}

function rateCells(row: ThroughputRow): readonly string[] {
  const { id, name, input } = row;
  const rate = median(ratesOf(row));
  const cpuRate = median(cpuRatesOf(row));
  const mbRate = (rate * input.bytes) / input.events / 1e6;
  const cells = [Math.round(rate).toLocaleString('en'), mbRate.toFixed(0), (1e6 / cpuRate).toFixed(2)];
  return [`${id.padEnd(6)} ${name}`, ...cells];
}

function ratioCells(row: ThroughputRow, ceiling: ThroughputRow | undefined): readonly string[] {
  if (ceiling === undefined) return ['', '', ''];
  const { median: middle, min, max } = ratioOf(ratesOf(row), ratesOf(ceiling));
  const byCpu = ratioOf(cpuRatesOf(row), cpuRatesOf(ceiling)).median;
  if (row === ceiling) return [middle.toFixed(2), '', byCpu.toFixed(2)];
  return [middle.toFixed(2), `${min.toFixed(2)}–${max.toFixed(2)}`, byCpu.toFixed(2)];
}

function goalCells(row: ThroughputRow, byId: ReadonlyMap<string, ThroughputRow>): readonly string[] {
  const goal = GOALS.find(candidate => candidate.row === row.id);
  const of = goal && byId.get(goal.of);
  const to = goal && byId.get(goal.to);
  if (goal === undefined || of === undefined || to === undefined) return ['', ''];
  const ratio: Ratio = ratioOf(ratesOf(of), ratesOf(to));
  const met = ratio.median >= goal.atLeast ? 'yes' : 'no';
  // A goal that is not of the row's own ratio says what it came to.
  const came = goal.to === CEILING ? '' : ` (${ratio.median.toFixed(1)})`;
  return [`${goal.of} ≥ ${goal.atLeast} ${goal.to}`, `${met}${came}`];
}
