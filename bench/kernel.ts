import { CASES } from './cases.ts';
import { compareGoals } from './compare.ts';
import { watchDisturbance } from './disturbance.ts';
import { EVENT_BYTES } from './generate.ts';
import { GOALS } from './goals.ts';
import type { BenchOptions } from './options.ts';
import { GENERATED, REAL } from './sets.ts';
import { formatTable } from './table.ts';
import { benchThroughput, type ThroughputRow } from './throughput.ts';
import type { Workspace } from './workspace.ts';

/**
 * The throughput with generated events of every length and, where `--data` says where they are, with all real ones; and
 * all goals side by side at the end. Rows that take long and have no goal here are left out, unless `--only` asks for
 * them.
 */

const ROUNDS = 3;
const MB = 200;
/** For the length that the comparison with DuckDB is about, so that the start of a program weighs less. */
const LONG_MB = 400;
const LONG_EVENT_BYTES = 250;
const SLICE_MB = 10;
const LEFT_OUT: ReadonlySet<string> = new Set(['e', 'cs']);

export interface KernelResult {
  readonly name: string;
  readonly rows: readonly ThroughputRow[];
  readonly disturbed: string;
}

export async function benchKernel(
  options: BenchOptions,
  workspace: Workspace,
): Promise<readonly KernelResult[]> {
  if (options.input !== undefined) throw new Error('kernel makes its inputs itself, and takes no --input');
  if (options.data === undefined) console.log('skipped the real events: there is no --data');
  const common = {
    ...options,
    only: options.only ?? new Set(CASES.map(({ id }) => id).filter(id => !LEFT_OUT.has(id))),
    rounds: options.rounds ?? ROUNDS,
    sliceMb: options.sliceMb ?? SLICE_MB,
    key: undefined,
  };
  const inputs = [
    ...EVENT_BYTES.map(eventBytes => ({
      name: `${eventBytes} B`,
      set: GENERATED,
      eventBytes,
      mb: options.mb ?? (eventBytes === LONG_EVENT_BYTES ? LONG_MB : MB),
    })),
    ...(options.data === undefined ? [] : REAL.map(set => ({ name: set.name, set, mb: options.mb ?? MB }))),
  ];
  const results: KernelResult[] = [];
  for (const { name, ...choice } of inputs) {
    console.log(`\n== ${name}`);
    const disturbance = watchDisturbance();
    const rows = await benchThroughput({ ...common, ...choice }, workspace);
    const disturbed = disturbance();
    console.log(`\n${disturbed}`);
    results.push({ name, rows, disturbed });
  }
  return results;
}

/** What every goal came to with every input, and below it by CPU time; a star where that is less than the goal. */
export function kernelOverview(title: string, results: readonly KernelResult[]): string {
  const compared = results.map(({ rows }) => compareGoals(rows));
  const lines = GOALS.flatMap(goal => {
    const found = compared.map(comparisons => comparisons.find(comparison => comparison.goal === goal));
    if (found.every(comparison => comparison === undefined)) return [];
    const byTime = found.map(one => (one === undefined ? '' : starred(one.byTime.median, goal.atLeast)));
    const byCpu = found.map(one => (one === undefined ? '' : starred(one.byCpu.median, goal.atLeast)));
    return [
      [`${goal.claim} (${goal.of} / ${goal.to})`, `≥ ${goal.atLeast}`, ...byTime],
      ['  by CPU', '', ...byCpu],
    ];
  });
  return `${title}\n${formatTable(['goal', '', ...results.map(({ name }) => name)], lines)}`;
}

function starred(ratio: number, atLeast: number): string {
  return `${ratio >= atLeast ? '' : '*'}${ratio.toFixed(2)}`;
}
