import { type BenchCase, CASES } from './cases.ts';
import { cachedInput } from './generate.ts';
import { type Input, readInput, writeSlice } from './input.ts';
import { type Measured, measure } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { interleave } from './rounds.ts';
import { throughputReport } from './throughput-report.ts';
import type { Workspace } from './workspace.ts';

/**
 * Compares the rate of millrace with the ceiling's and with others', as whole processes, start included.
 *
 * What a program did is checked at every attempt: how many events it read, and that all filters keep equally many.
 */

const ROUNDS = 5;
const MB = 400;

export interface ThroughputRow {
  readonly id: string;
  readonly name: string;
  readonly input: Input;
  readonly rounds: readonly Measured[];
}

export async function benchThroughput(
  options: BenchOptions,
  workspace: Workspace,
): Promise<readonly ThroughputRow[]> {
  const cases = presentCases(options.only);
  const inputPath = options.input ?? cachedInput({ ...options, mb: options.mb ?? MB });
  const whole = readInput(inputPath);
  const slicePath = workspace.path('slice.ndjson');
  writeSlice(inputPath, options.sliceMb * 1e6, slicePath);
  const slice = readInput(slicePath);
  console.log(`${whole.events} events in ${inputPath}; ${slice.events} of them for slow programs\n`);

  const check = new Check();
  const attempt = async (benchCase: BenchCase, input: Input): Promise<Measured> => {
    const { program, handled } = benchCase.attempt({ ...options, workspace }, input);
    const measured = await measure(program);
    check.add(benchCase, input, handled(measured));
    workspace.sweep();
    return measured;
  };
  // The first run of a program would find its files on the disk, and its handler not compiled.
  for (const benchCase of cases) await attempt(benchCase, slice);
  const inputOf = ({ sliced }: BenchCase): Input => (sliced ? slice : whole);
  const measured = await interleave(cases, options.rounds ?? ROUNDS, benchCase =>
    attempt(benchCase, inputOf(benchCase)),
  );
  const rows = cases.map(benchCase => ({
    id: benchCase.id,
    name: benchCase.name,
    input: inputOf(benchCase),
    rounds: measured.get(benchCase)!,
  }));
  console.log(throughputReport(rows));
  return rows;
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

class Check {
  readonly #kept = new Map<string, number>();

  add({ name, work }: BenchCase, input: Input, { events, kept }: { events?: number; kept: number }): void {
    if (events !== undefined && events !== input.events) {
      throw new Error(`"${name}" read ${events} of ${input.events} events`);
    }
    const task = `${work} ${input.path}`;
    const expected = work === 'mark' ? input.events : (this.#kept.get(task) ?? kept);
    this.#kept.set(task, expected);
    if (kept !== expected) throw new Error(`"${name}" kept ${kept} events, not ${expected}`);
  }
}
