import type { Attempt, Handled } from './cases.ts';
import { generate } from './generate.ts';
import { type Input, readInput } from './input.ts';
import { type Measured, measure } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { interleave, median, ratioOf } from './rounds.ts';
import { formatTable } from './table.ts';
import type { Workspace } from './workspace.ts';

/**
 * A group of programs that answer one question: what does this cost, against that? Each is run as often as all others, interleaved,
 * over one input that is made for the group; the ratios are to the first.
 */
export interface Group {
  readonly title: string;
  /** What `millrace gen` is told to make the input with, for so many millions of bytes. */
  readonly input: (mb: number) => readonly string[];
  /** Millions of bytes where nothing is said. */
  readonly mb: number;
  readonly rounds: number;
  /** Set where programs handle as many bytes, but not the same events. */
  readonly inBytes?: true;
  readonly cases: readonly GroupCase[];
  /** Done once before, and not measured. */
  readonly prepare?: (setup: GroupSetup) => Promise<void>;
}

export interface GroupSetup {
  readonly workspace: Workspace;
  readonly node: string;
  readonly input: Input;
}

export interface GroupCase {
  readonly name: string;
  readonly attempt: (setup: GroupSetup) => Omit<Attempt, 'handled'> & {
    /** How much was handled, where the program says it: it must be the whole input. */
    readonly handled?: (measured: Measured) => Pick<Handled, 'events'>;
  };
}

export interface GroupRow {
  readonly name: string;
  /** Undefined where only bytes count. */
  readonly events: number | undefined;
  readonly bytes: number;
  readonly rounds: readonly Measured[];
}

export async function benchGroup(
  group: Group,
  options: BenchOptions,
  workspace: Workspace,
): Promise<readonly GroupRow[]> {
  const path = workspace.path('group.ndjson');
  generate(path, [...group.input(options.mb ?? group.mb), '--seed', String(options.seed)]);
  const input = readInput(path);
  console.log(`${group.title}: ${input.events} events, ${(input.bytes / 1e6).toFixed(0)} MB\n`);
  const setup = { workspace, node: options.node, input };
  await group.prepare?.(setup);
  const run = async ({ name, attempt }: GroupCase): Promise<Measured> => {
    const { program, handled } = attempt(setup);
    const measured = await measure(program);
    const events = handled?.(measured).events ?? input.events;
    if (events !== input.events) throw new Error(`"${name}" handled ${events} of ${input.events} events`);
    workspace.sweep();
    return measured;
  };
  // The first run of a program compiles its handler, and finds its files on the disk.
  for (const each of group.cases) await run(each);
  const measured = await interleave(group.cases, options.rounds ?? group.rounds, run);
  const rows = group.cases.map(each => ({
    name: each.name,
    events: group.inBytes ? undefined : input.events,
    bytes: input.bytes,
    rounds: measured.get(each)!,
  }));
  console.log(groupReport(rows));
  return rows;
}

/** Bytes a second, round by round. */
export function byteRates({ bytes, rounds }: GroupRow): readonly number[] {
  return rounds.map(({ seconds }) => bytes / seconds);
}

function groupReport(rows: readonly GroupRow[]): string {
  const lines = rows.map(row => {
    const rate = median(byteRates(row));
    const ratio = ratioOf(byteRates(row), byteRates(rows[0]!));
    return [
      row.name,
      row.events === undefined ? '' : Math.round((rate / row.bytes) * row.events).toLocaleString('en'),
      (rate / 1e6).toFixed(0),
      ratio.median.toFixed(2),
      `${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`,
    ];
  });
  return formatTable(['case', 'events/s', 'MB/s', 'ratio', 'range'], lines);
}
