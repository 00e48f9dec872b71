import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { segmentsOf } from './digest.ts';
import { countLines, type Input } from './input.ts';
import type { Measured, Program } from './measure.ts';
import { builtHandler, type DataSet, typedHandler, type Work } from './sets.ts';
import { ROOT, type Workspace } from './workspace.ts';

/** The programs that are compared: one row a program. Each reads the input once and says how much it handled. */

export interface CaseSetup {
  readonly workspace: Workspace;
  readonly node: string;
  readonly set: DataSet;
  readonly key: string;
}

/** Events that were read, where the program knows it, and that came out. */
export interface Handled {
  readonly events?: number;
  readonly kept: number;
  /** What millrace says of how much of the events it decoded. */
  readonly decoded?: string;
}

export interface Attempt {
  readonly program: Program;
  readonly handled: (measured: Measured) => Handled;
  /** The files that hold the events that came out, in order; absent where they are thrown away. */
  readonly outputs?: () => readonly string[];
}

export interface BenchCase {
  readonly id: string;
  readonly name: string;
  readonly work: Work;
  /** The ceiling that does the same work. */
  readonly ceiling: string;
  /** Whether texts and numbers that the handler does not touch leave as they came. */
  readonly spelling: 'as it came' | 'its own';
  /** Too slow for the whole input: gets a slice, and is compared by its rate. */
  readonly sliced?: true;
  readonly missing?: () => string | undefined;
  readonly attempt: (setup: CaseSetup, input: Input) => Attempt;
}

const CEILINGS = { mark: 'a', filter: 'af', spread: 'as' } as const;

export const CASES: readonly BenchCase[] = [
  ceiling('mark', 'ceiling: threads, no log; mark'),
  ceiling('filter', 'ceiling, filter'),
  ceiling('spread', 'ceiling, spread'),
  pipeline('b', 'millrace, mark, with a key', 'mark', '--key'),
  pipeline('c', 'millrace, mark, without a key', 'mark'),
  pipeline('d', 'millrace, filter', 'filter'),
  {
    ...like('w', 'millrace --where, no handler', 'filter'),
    attempt: (setup, input) => millrace(setup, ['--where', setup.set.where, input.path]),
  },
  pipeline('bs', 'millrace, spread, with a key', 'spread', '--key'),
  pipeline('cs', 'millrace, spread, without a key', 'spread'),
  {
    ...like('e', 'naive: ndjson, a task an event; mark', 'mark'),
    spelling: 'its own',
    sliced: true,
    attempt: (setup, input) => naive(setup, input),
  },
  {
    ...like('jq', 'jq, the same filter', 'filter'),
    spelling: 'its own',
    sliced: true,
    missing: missingJq,
    attempt: jq,
  },
  {
    ...like('duckdb', 'DuckDB, the same filter', 'filter'),
    missing: missingDuckDb,
    attempt: duckDb,
  },
];

function like(id: string, name: string, work: Work): Omit<BenchCase, 'attempt'> {
  // JSON.stringify writes what is spread anew, whoever calls it.
  return { id, name, work, ceiling: CEILINGS[work], spelling: work === 'spread' ? 'its own' : 'as it came' };
}

function ceiling(work: Work, name: string): BenchCase {
  return {
    ...like(CEILINGS[work], name, work),
    attempt: (setup, input) => ownProgram(setup, 'ceiling', [input.path, builtHandler(setup.set, work)]),
  };
}

function pipeline(id: string, name: string, work: Work, keyFlag?: '--key'): BenchCase {
  return {
    ...like(id, name, work),
    attempt: (setup, input) => {
      const flags = keyFlag === undefined ? [] : [keyFlag, setup.key];
      return millrace(setup, [typedHandler(setup.set, work), input.path, ...flags]);
    },
  };
}

/** `millrace run` into a log that is new; the handlers are the same files that the other programs import. */
export function millrace(
  { workspace, node }: Pick<CaseSetup, 'workspace' | 'node'>,
  args: readonly string[],
): Attempt {
  const summaryPath = workspace.attemptPath('summary.json');
  const store = workspace.attemptPath('store');
  const places = ['--store', store, '--to', 'bench', '--summary', summaryPath];
  return {
    program: {
      command: node,
      args: [`${ROOT}dist/bin/millrace.js`, 'run', ...args, ...places],
      env: { MILLRACE_CACHE: workspace.cache },
    },
    handled: () => readSummary(summaryPath),
    outputs: () => segmentsOf(store, 'bench'),
  };
}

interface SummaryFigures {
  readonly read: number;
  readonly kept: number;
  readonly decoded: { readonly inPart: number; readonly whole: number; readonly none: number };
}

function readSummary(path: string): Handled {
  const { read, kept, decoded } = JSON.parse(readFileSync(path, 'utf8')) as SummaryFigures;
  const shares = Object.entries({ none: decoded.none, part: decoded.inPart, whole: decoded.whole })
    .filter(([, events]) => events > 0)
    .sort(([, left], [, right]) => right - left)
    .map(([way, events]) => `${way} ${Math.round((events / read) * 100)}`);
  return { events: read, kept, decoded: shares.join(' ') };
}

function ownProgram({ node }: CaseSetup, name: string, args: readonly string[]): Attempt {
  const path = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
  return {
    program: { command: node, args: [path, ...args] },
    handled: ({ stdout }) => JSON.parse(stdout) as Handled,
  };
}

function naive(setup: CaseSetup, input: Input): Attempt {
  const output = setup.workspace.attemptPath('output.ndjson');
  const attempt = ownProgram(setup, 'naive', [input.path, builtHandler(setup.set, 'mark'), output]);
  return { ...attempt, outputs: () => [output] };
}

function duckDb(setup: CaseSetup, input: Input): Attempt {
  const output = setup.workspace.attemptPath('output.ndjson');
  const attempt = ownProgram(setup, 'duckdb', [input.path, setup.set.sql, output]);
  return { ...attempt, outputs: () => [output] };
}

function jq({ workspace, set }: CaseSetup, input: Input): Attempt {
  const stdoutPath = workspace.attemptPath('output.ndjson');
  return {
    program: { command: 'jq', args: ['-c', `select(${set.jq})`, input.path], stdoutPath },
    handled: () => ({ kept: countLines(stdoutPath).events }),
    outputs: () => [stdoutPath],
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
