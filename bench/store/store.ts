import { appendCases, type AppendCase, syncsOf } from './appending.ts';
import { benchReaders, type ReadersResult } from './readers.ts';
import { benchRecovery, type RecoveryResult } from './recovery.ts';
import { readCases } from './reading.ts';
import { cachedInput } from '../generate.ts';
import type { BenchOptions } from '../options.ts';
import { type Measured, measure } from '../measure.ts';
import { interleave, median, ratioOf } from '../rounds.ts';
import { formatTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';

/**
 * What the log costs and what it gives: appending beside plain writes, SQLite and JetStream; reading beside cat; the time to
 * the first event, and recovery, of a small topic and of a large one; and what a hundred readers cost the writer.
 */

const ROUNDS = 5;
const APPEND_MB = 200;
const LARGE_MB = 2000;

export interface StoreRow {
  readonly name: string;
  /** The row that it is compared with. */
  readonly against?: string | undefined;
  readonly rounds: readonly Measured[];
}

type StoreResult = StoreRow | RecoveryResult | ReadersResult;

export async function benchStore(
  options: BenchOptions,
  workspace: Workspace,
): Promise<readonly StoreResult[]> {
  const { eventBytes, seed, only } = options;
  const wanted = (part: string): boolean => only === undefined || only.has(part);
  const mb = options.mb ?? APPEND_MB;
  const input = options.input ?? cachedInput({ eventBytes, mb, seed });
  const results: StoreResult[] = [];
  if (wanted('append')) results.push(...(await benchAppend(input, options, workspace)));
  if (wanted('read')) results.push(...(await benchReading(input, options, workspace)));
  if (wanted('recovery')) results.push(...(await benchRecovery(options.mb ?? LARGE_MB, options, workspace)));
  if (wanted('readers')) results.push(...(await benchReaders(options, workspace)));
  return results;
}

export async function benchAppend(
  input: string,
  options: BenchOptions,
  workspace: Workspace,
): Promise<readonly StoreRow[]> {
  const cases = appendCases(input, options.node, workspace);
  const attempt = async ({ program }: AppendCase): Promise<Measured> => {
    const measured = await measure(program());
    workspace.sweep();
    // What it took to read the input first, and to start, is not meant.
    return { ...measured, seconds: (JSON.parse(measured.stdout) as { seconds: number }).seconds };
  };
  const measured = await interleave(cases, options.rounds ?? ROUNDS, attempt);
  const rows = cases.map(each => ({ name: each.name, rounds: measured.get(each)! }));
  const seconds = rows.map(row => row.rounds.map(round => round.seconds));
  const log = seconds[1]!;
  const lines = cases.map(({ name, goal }, index) => {
    // How many times as fast as this one the log is.
    const ratio = ratioOf(seconds[index]!, log);
    const met = goal === undefined ? '' : ratio.median >= goal ? 'yes' : 'no';
    return [
      name,
      median(seconds[index]!).toFixed(2),
      String(syncsOf(rows[index]!.rounds)),
      index === 1 ? '' : ratio.median.toFixed(2),
      goal === undefined ? '' : `≥ ${goal}`,
      met,
    ];
  });
  console.log(formatTable(['append', 'seconds', 'syncs', 'log is faster by', 'goal', 'met'], lines));
  return rows;
}

export async function benchReading(
  input: string,
  options: BenchOptions,
  workspace: Workspace,
): Promise<readonly StoreRow[]> {
  const cases = readCases(input, options, workspace);
  for (const { program } of cases) await measure(program());
  const measured = await interleave(cases, options.rounds ?? ROUNDS, ({ program }) => measure(program()));
  const rows = cases.map(each => ({
    name: each.name,
    against: each.against,
    rounds: measured.get(each)!,
  }));
  const secondsOf = (name: string): readonly number[] =>
    rows.find(row => row.name === name)!.rounds.map(({ seconds }) => seconds);
  const lines = cases.map(({ name, against, atLeast }) => {
    const ratio = against === undefined ? undefined : ratioOf(secondsOf(against), secondsOf(name)).median;
    const goal = atLeast === undefined ? ['', ''] : [`≥ ${atLeast}`, ratio! >= atLeast ? 'yes' : 'no'];
    return [name, median(secondsOf(name)).toFixed(3), ratio?.toFixed(2) ?? '', against ?? '', ...goal];
  });
  console.log(`\n${formatTable(['read', 'seconds', 'rate', 'as a share of', 'goal', 'met'], lines)}`);
  return rows;
}
