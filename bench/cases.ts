import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { countLines, type Input } from './input.ts';
import type { Measured, Program } from './measure.ts';
import { ROOT, type Workspace } from './workspace.ts';

/** The programs that are compared: one row a program. Each reads the input once and says how much it handled. */

export interface CaseSetup {
  readonly workspace: Workspace;
  readonly node: string;
  readonly key: string;
}

/** Events that were read, where the program knows it, and that came out. */
export interface Handled {
  readonly events?: number;
  readonly kept: number;
}

export interface Attempt {
  readonly program: Program;
  readonly handled: (measured: Measured) => Handled;
}

export interface BenchCase {
  readonly id: string;
  readonly name: string;
  /** `filter`: all such cases must keep the same events. */
  readonly work: 'mark' | 'filter';
  /** Too slow for the whole input: gets a slice, and is compared by its rate. */
  readonly sliced?: true;
  readonly missing?: () => string | undefined;
  readonly attempt: (setup: CaseSetup, input: Input) => Attempt;
}

/** The lowest that the rate of one case may be, as a ratio to that of another. */
export interface Goal {
  /** The row of the table where it stands. */
  readonly row: string;
  readonly of: string;
  readonly to: string;
  readonly atLeast: number;
}

export const CEILING = 'a';

export const CASES: readonly BenchCase[] = [
  { id: CEILING, name: 'ceiling: threads, no log', work: 'mark', attempt: ownProgram('ceiling') },
  {
    id: 'b',
    name: 'millrace with a key',
    work: 'mark',
    attempt: (setup, input) => millrace(setup, input, 'mark-slow', ['--key', setup.key]),
  },
  {
    id: 'c',
    name: 'millrace without a key',
    work: 'mark',
    attempt: (setup, input) => millrace(setup, input, 'mark-slow', []),
  },
  {
    id: 'd',
    name: 'millrace, filter',
    work: 'filter',
    attempt: (setup, input) => millrace(setup, input, 'errors', []),
  },
  {
    id: 'e',
    name: 'naive: ndjson, a task an event',
    work: 'mark',
    sliced: true,
    attempt: ownProgram('naive'),
  },
  { id: 'jq', name: 'jq, the same filter', work: 'filter', sliced: true, missing: missingJq, attempt: jq },
  {
    id: 'duckdb',
    name: 'DuckDB, the same filter',
    work: 'filter',
    missing: missingDuckDb,
    attempt: ownProgram('duckdb'),
  },
];

export const GOALS: readonly Goal[] = [
  { row: 'b', of: 'b', to: CEILING, atLeast: 0.75 },
  { row: 'c', of: 'c', to: CEILING, atLeast: 0.95 },
  { row: 'd', of: 'd', to: CEILING, atLeast: 1.5 },
  { row: 'e', of: 'b', to: 'e', atLeast: 10 },
];

/** `millrace run` into a log that is new; the handlers are the same files that the other programs import. */
export function millrace(
  { workspace, node }: CaseSetup,
  input: Input,
  handler: string,
  flags: readonly string[],
): Attempt {
  const summaryPath = workspace.attemptPath('summary.json');
  const places = ['--store', workspace.attemptPath('store'), '--summary', summaryPath];
  const args = [`${ROOT}dist/bin/millrace.js`, 'run', `${ROOT}bench/handlers/${handler}.ts`, input.path];
  return {
    program: {
      command: node,
      args: [...args, ...places, ...flags],
      env: { MILLRACE_CACHE: workspace.cache },
    },
    handled: () => {
      const { read, kept } = JSON.parse(readFileSync(summaryPath, 'utf8')) as { read: number; kept: number };
      return { events: read, kept };
    },
  };
}

function ownProgram(name: string): BenchCase['attempt'] {
  const path = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
  return ({ workspace, node }, input) => ({
    program: { command: node, args: [path, input.path, workspace.attemptPath('output.ndjson')] },
    handled: ({ stdout }) => JSON.parse(stdout) as Handled,
  });
}

function jq({ workspace }: CaseSetup, input: Input): Attempt {
  const stdoutPath = workspace.attemptPath('output.ndjson');
  return {
    program: { command: 'jq', args: ['-c', 'select(.status >= 500)', input.path], stdoutPath },
    handled: () => ({ kept: countLines(stdoutPath).events }),
  };
}

function missingJq(): string | undefined {
  return spawnSync('jq', ['--version']).status === 0 ? undefined : 'jq is not installed';
}

function missingDuckDb(): string | undefined {
  try {
    createRequire(import.meta.url).resolve('@duckdb/node-api');
    return undefined;
  } catch {
    return '@duckdb/node-api is not installed';
  }
}
