import { millrace } from './cases.ts';
import { writeInput } from './generate.ts';
import { type Input, readInput } from './input.ts';
import { type Measured, measure } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { interleave, median, ratioOf } from './rounds.ts';
import { GENERATED, typedHandler } from './sets.ts';
import { formatTable } from './table.ts';
import type { Workspace } from './workspace.ts';

/**
 * Whether memory depends on the length of the input: the peak of `millrace run` with a key and a log, with an input and
 * with one ten times as long. Both are made for this and removed again.
 */

const ROUNDS = 3;
const MB = 200;
const TIMES = 10;
const GOAL_AT_MOST = 1.1;

export interface MemoryRow {
  readonly input: Input;
  readonly rounds: readonly Measured[];
}

export async function benchMemory(
  options: BenchOptions,
  workspace: Workspace,
): Promise<readonly MemoryRow[]> {
  const inputs = [1, TIMES].map(times => {
    const path = workspace.path(`input-${times}.ndjson`);
    writeInput(path, { ...options, mb: (options.mb ?? MB) * times });
    return readInput(path);
  });
  const setup = { ...options, set: GENERATED, key: options.key ?? GENERATED.key, workspace };
  const handler = typedHandler(GENERATED, 'mark');
  const attempt = async (input: Input): Promise<Measured> => {
    const { program } = millrace(setup, [handler, input.path, '--key', setup.key]);
    const measured = await measure({ ...program, watchMemory: true });
    workspace.sweep();
    return measured;
  };
  // The first run loads the compiler as well.
  await attempt(inputs[0]!);
  const measuredOf = await interleave(inputs, options.rounds ?? ROUNDS, attempt);
  const rows = inputs.map(input => ({ input, rounds: measuredOf.get(input)! }));
  console.log(report(rows));
  return rows;
}

function report(rows: readonly MemoryRow[]): string {
  const peaks = rows.map(({ rounds }) => rounds.map(({ peakBytes }) => (peakBytes ?? Number.NaN) / 1e6));
  const lines = rows.map(({ input, rounds }, index) => [
    `${(input.bytes / 1e6).toFixed(0)} MB of input`,
    median(peaks[index]!).toFixed(0),
    peaks[index]!.map(peak => peak.toFixed(0)).join(' '),
    median(rounds.map(({ seconds }) => seconds)).toFixed(1),
  ]);
  const ratio = ratioOf(peaks[1]!, peaks[0]!).median;
  const met = ratio <= GOAL_AT_MOST ? 'yes' : 'no';
  return [
    formatTable(['millrace with a key', 'peak MB', 'rounds', 'seconds'], lines),
    `\nratio ${ratio.toFixed(3)}, goal at most ${GOAL_AT_MOST}, met: ${met}`,
  ].join('\n');
}
