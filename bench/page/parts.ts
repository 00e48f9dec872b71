import { type AckResult, benchAck } from '../ack.ts';
import { compare, ratesOf } from '../compare.ts';
import { benchGroup, byteRates, type Group, type GroupRow } from '../group.ts';
import { GROUPS } from '../groups/groups.ts';
import { benchMemory, type MemoryRow } from '../memory.ts';
import type { BenchOptions } from '../options.ts';
import { median, ratioOf } from '../rounds.ts';
import { benchStartup, type StartupRow } from '../startup.ts';
import { benchThroughput, type ThroughputRow } from '../throughput.ts';
import type { Workspace } from '../workspace.ts';
import { count, ratioCells, twoDigits } from './cells.ts';
import { STORE_PARTS } from './store-parts.ts';

/**
 * The parts of docs/BENCHMARKS.md, in their order. Each measures for itself, in less than five minutes with two versions of Node, and
 * can be renewed alone.
 */

export interface Part {
  readonly name: string;
  readonly title: string;
  /** What was asked, in Markdown. */
  readonly about: string;
  /** Length of the input in millions of bytes, where there is one, and rounds, where nothing else is asked for. */
  readonly mb?: number;
  readonly rounds?: number;
  /** Names of the columns of a row. */
  readonly columns: readonly string[];
  readonly measure: (options: BenchOptions, workspace: Workspace) => Promise<readonly PartRow[]>;
}

export interface PartRow {
  readonly name: string;
  readonly cells: readonly string[];
}

const RATES = ['events/s', 'MB/s', 'ratio', 'range', 'by CPU'];
/** Cases that are asked of events of every length. */
const OF_EACH_LENGTH = new Set(['a', 'd', 'b', 'w']);

export const PARTS: readonly Part[] = [
  {
    name: 'compare',
    title: 'Against the ceiling, the plain program, jq and DuckDB',
    about:
      'Web access events of 250 bytes. The ceiling is a thread for each core that parses, handles and stringifies, without pipeline, order or log: what JavaScript can do. _mark_ sets a member, _filter_ keeps one event in 25, _spread_ returns `{ ...event, … }`. Ratios are to the ceiling that sets a member; programs that are too slow for the whole input get a slice of it.',
    mb: 150,
    rounds: 3,
    columns: RATES,
    measure: async (options, workspace) =>
      throughputRows(await benchThroughput({ ...options, sliceMb: 10 }, workspace)),
  },
  ...([70, 1300, 3000] as const).map(
    (eventBytes): Part => ({
      name: `${eventBytes}B`,
      title: `Events of ${eventBytes.toLocaleString('en')} bytes`,
      about: 'The same with shorter and longer events.',
      mb: 80,
      rounds: 3,
      columns: RATES,
      measure: async (options, workspace) =>
        throughputRows(
          await benchThroughput({ ...options, eventBytes, sliceMb: 5, only: OF_EACH_LENGTH }, workspace),
        ),
    }),
  ),
  ofGroup(
    'state',
    'State for each key',
    'What it costs to remember something for each of 2,000 keys, committed with the outputs, so that no crash can part them.',
    GROUPS.state,
  ),
  ofGroup(
    'async',
    'Handlers that wait',
    'A handler that waits 10 ms, for 1,000 keys, 64 events at a time in each worker, in order by key; start and end included.',
    GROUPS.async,
  ),
  ofGroup(
    'nexmark',
    'Nexmark',
    'Queries of [Nexmark](../examples/nexmark/README.md), against the one that passes bids on. What they answer is checked by a test.',
    GROUPS.nexmark,
  ),
  ofGroup(
    'append',
    'The log',
    'Events that are passed on as they are, checked and committed, against a copy of the file that waits for the disk.',
    GROUPS.append,
  ),
  ofGroup(
    'replay',
    'Reading a topic again',
    'Every checksum is looked at, which `cat` does not do.',
    GROUPS.replay,
  ),
  ofGroup('gen', 'Making events', 'The same number of bytes of each shape.', GROUPS.gen),
  ...STORE_PARTS,
  {
    name: 'startup',
    title: 'The start',
    about:
      'One event, from the start of the process to its durable commit and the end, against the start and end of Node itself.',
    rounds: 15,
    columns: ['ms', 'ratio', 'range'],
    measure: async (options, workspace) => {
      const rows = (await benchStartup(options, workspace)) as readonly StartupRow[];
      return againstFirst(rows, row => row.rounds.map(({ seconds }) => seconds * 1000), 0);
    },
  },
  {
    name: 'memory',
    title: 'Memory',
    about: 'The peak of a run with a key and a log, with an input and with one ten times as long.',
    mb: 50,
    rounds: 3,
    columns: ['peak MB', 'ratio', 'range'],
    measure: async (options, workspace) => {
      const rows = (await benchMemory(options, workspace)) as readonly MemoryRow[];
      const named = rows.map(row => ({ ...row, name: `${(row.input.bytes / 1e6).toFixed(0)} MB of input` }));
      return againstFirst(
        named,
        row => row.rounds.map(({ peakBytes }) => (peakBytes ?? Number.NaN) / 1e6),
        0,
      );
    },
  },
  {
    name: 'ack',
    title: 'Acknowledged over TCP',
    about:
      'From the sending of an event on one connection to the answer that it is committed, which takes two fdatasyncs; at a tenth and at a half of the rate at which events are acknowledged at most.',
    columns: ['events/s', 'p50 ms', 'p99 ms'],
    measure: async (options, workspace) => ackRows(await benchAck(options, workspace)),
  },
];

function ofGroup(name: string, title: string, about: string, group: Group): Part {
  return {
    name,
    title,
    about: `${about} Ratios are to the first line.`,
    mb: group.mb,
    rounds: group.rounds,
    columns: RATES,
    measure: async (options, workspace) => groupRows(await benchGroup(group, options, workspace)),
  };
}

function throughputRows(rows: readonly ThroughputRow[]): readonly PartRow[] {
  const ceiling = rows.find(({ id }) => id === 'a') ?? rows[0]!;
  return rows.map(row => {
    const rate = median(ratesOf(row));
    const mbRate = (rate * row.input.bytes) / row.input.events / 1e6;
    return {
      name: row.name,
      cells: [
        count(rate),
        mbRate.toFixed(0),
        ...ratioCells(compare(row, ceiling).byTime),
        twoDigits(compare(row, ceiling).byCpu.median),
      ],
    };
  });
}

function groupRows(rows: readonly GroupRow[]): readonly PartRow[] {
  return rows.map(row => {
    const rate = median(byteRates(row));
    const events = row.events === undefined ? '' : count((rate / row.bytes) * row.events);
    const mbRate = rate / 1e6;
    return {
      name: row.name,
      cells: [
        events,
        mbRate.toFixed(mbRate < 10 ? 1 : 0),
        ...ratioCells(ratioOf(byteRates(row), byteRates(rows[0]!))),
        twoDigits(ratioOf(cpuRates(row), cpuRates(rows[0]!)).median),
      ],
    };
  });
}

function againstFirst<Row extends { readonly name: string }>(
  rows: readonly Row[],
  valuesOf: (row: Row) => readonly number[],
  digits: number,
): readonly PartRow[] {
  return rows.map(row => ({
    name: row.name,
    cells: [median(valuesOf(row)).toFixed(digits), ...ratioCells(ratioOf(valuesOf(row), valuesOf(rows[0]!)))],
  }));
}

/** Bytes a second of processor time; no numbers where that is not known. */
function cpuRates({ bytes, rounds }: GroupRow): readonly number[] {
  return rounds.map(({ cpuSeconds }) => bytes / (cpuSeconds ?? Number.NaN));
}

function ackRows([result]: readonly AckResult[]): readonly PartRow[] {
  return result!.rows.map(({ name, rate, p50Ms, p99Ms }) => ({
    name,
    cells: [rate === undefined ? '' : count(rate), p50Ms.toFixed(2), p99Ms.toFixed(2)],
  }));
}
