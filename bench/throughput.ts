import { type BenchCase, CASES } from './cases.ts';
import { Check } from './check.ts';
import { cachedInput } from './generate.ts';
import { type Input, readInput, writeSlice } from './input.ts';
import { type Measured, measure } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { repeatedInput } from './repeat.ts';
import { interleave } from './rounds.ts';
import { GENERATED } from './sets.ts';
import { throughputReport } from './throughput-report.ts';
import type { Workspace } from './workspace.ts';

/**
 * Compares the rate of millrace with the ceiling's and with others', as whole processes, start included. What a program
 * did is checked at every attempt.
 */

const ROUNDS = 5;
const MB = 400;
const SLICE_MB = 20;

export interface ThroughputRow {
  readonly id: string;
  readonly name: string;
  readonly ceiling: string;
  readonly input: Input;
  readonly rounds: readonly Measured[];
  readonly decoded: string | undefined;
}

export async function benchThroughput(
  options: BenchOptions,
  workspace: Workspace,
): Promise<readonly ThroughputRow[]> {
  const cases = presentCases(options.only);
  const inputPath = inputOf(options, workspace);
  const whole = readInput(inputPath);
  const slicePath = workspace.path('slice.ndjson');
  writeSlice(inputPath, (options.sliceMb ?? SLICE_MB) * 1e6, slicePath);
  const slice = readInput(slicePath);
  console.log(`${whole.events} events in ${inputPath}; ${slice.events} of them for slow programs\n`);

  const setup = { ...options, key: options.key ?? options.set.key, workspace };
  const check = new Check(options.set, slice);
  const decoded = new Map<BenchCase, string | undefined>();
  const run = async (benchCase: BenchCase, input: Input): Promise<Measured> => {
    const attempt = benchCase.attempt(setup, input);
    const measured = await measure(attempt.program);
    decoded.set(benchCase, check.add(benchCase, attempt, input, measured).decoded);
    workspace.sweep();
    return measured;
  };
  // The first run of a program would find its files on the disk, and its handler not compiled.
  for (const benchCase of cases) await run(benchCase, slice);
  const shareOf = ({ sliced }: BenchCase): Input => (sliced ? slice : whole);
  const measured = await interleave(cases, options.rounds ?? ROUNDS, benchCase =>
    run(benchCase, shareOf(benchCase)),
  );
  const rows = cases.map(benchCase => ({
    id: benchCase.id,
    name: benchCase.name,
    ceiling: benchCase.ceiling,
    input: shareOf(benchCase),
    rounds: measured.get(benchCase)!,
    decoded: decoded.get(benchCase),
  }));
  console.log(throughputReport(rows));
  return rows;
}

function inputOf(options: BenchOptions, workspace: Workspace): string {
  const { input, set, data } = options;
  const mb = options.mb ?? MB;
  if (input !== undefined) return input;
  if (set === GENERATED) return cachedInput({ ...options, mb });
  if (data === undefined) throw new Error(`--set ${set.name} needs --data or --input`);
  return repeatedInput(data, set.name, mb, workspace);
}

/** The cases that are asked for, without those whose program is not there. */
function presentCases(only: ReadonlySet<string> | undefined): readonly BenchCase[] {
  const unknown = [...(only ?? [])].filter(id => CASES.every(benchCase => benchCase.id !== id));
  if (unknown.length > 0)
    throw new Error(`--only knows ${CASES.map(({ id }) => id).join(', ')}, not ${unknown.join(', ')}`);
  return CASES.filter(({ id, name, missing }) => {
    if (only !== undefined && !only.has(id)) return false;
    const reason = missing?.();
    if (reason !== undefined) console.log(`skipped "${name}": ${reason}`);
    return reason === undefined;
  });
}
