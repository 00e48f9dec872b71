import { writeFileSync } from 'node:fs';
import { type Measured, measure, type Program } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { interleave, median, ratioOf } from './rounds.ts';
import { GENERATED, typedHandler } from './sets.ts';
import { formatTable } from './table.ts';
import { ROOT, type Workspace } from './workspace.ts';

/**
 * From the start of `echo EVENT | millrace run` to its commit and end, into a new store each time, against the start
 * and end of node itself. The pipe is the shell's, whose own millisecond counts against millrace.
 */

const ROUNDS = 25;
const GOAL_AT_MOST = 4;
const EVENT = '{"client":{"ip":"10.0.0.1"},"status":503,"latency_ms":311}';

interface StartupCase {
  readonly name: string;
  readonly program: () => Program;
}

export interface StartupRow {
  readonly name: string;
  readonly rounds: readonly Measured[];
}

export async function benchStartup(
  options: BenchOptions,
  workspace: Workspace,
): Promise<readonly StartupRow[]> {
  const { node } = options;
  const typed = typedHandler(GENERATED, 'mark');
  const plain = workspace.path('plain.js');
  writeFileSync(plain, 'export default event => ({ ...event, slow: event.latency_ms > 200 });\n');
  const cases: readonly StartupCase[] = [
    { name: 'node -e 0', program: () => ({ command: node, args: ['-e', '0'] }) },
    { name: 'millrace run, a .ts handler', program: () => oneEvent(node, typed, workspace) },
    { name: 'millrace run, a .js handler', program: () => oneEvent(node, plain, workspace) },
  ];
  const attempt = async ({ program }: StartupCase): Promise<Measured> => {
    const measured = await measure(program());
    workspace.sweep();
    return measured;
  };
  // The first run compiles the handler, and finds its files on the disk.
  for (const each of cases) await attempt(each);
  const measured = await interleave(cases, options.rounds ?? ROUNDS, attempt);
  const rows = cases.map(each => ({ name: each.name, rounds: measured.get(each)! }));
  console.log(report(rows));
  return rows;
}

function oneEvent(node: string, handler: string, workspace: Workspace): Program {
  const line = 'event=$1; shift; echo "$event" | exec "$@"';
  const run = [
    node,
    `${ROOT}dist/bin/millrace.js`,
    'run',
    handler,
    '--store',
    workspace.attemptPath('store'),
  ];
  return { command: 'sh', args: ['-c', line, 'sh', EVENT, ...run], env: { MILLRACE_CACHE: workspace.cache } };
}

function report(rows: readonly StartupRow[]): string {
  const millis = rows.map(({ rounds }) => rounds.map(({ seconds }) => seconds * 1000));
  const lines = rows.map(({ name, rounds }, index) => {
    const ratio = ratioOf(millis[index]!, millis[0]!);
    const cpuMs = median(rounds.map(({ cpuSeconds }) => (cpuSeconds ?? Number.NaN) * 1000));
    const goal = index === 0 ? ['', ''] : [`≤ ${GOAL_AT_MOST}`, ratio.median <= GOAL_AT_MOST ? 'yes' : 'no'];
    const times = [median(millis[index]!), Math.min(...millis[index]!), cpuMs].map(value => value.toFixed(0));
    return [name, ...times, ratio.median.toFixed(2), ...goal];
  });
  return formatTable(['one event', 'median ms', 'least ms', 'CPU ms', 'ratio', 'goal', 'met'], lines);
}
