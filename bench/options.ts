import { parseArgs } from 'node:util';
import { BENCHES } from './benches.ts';
import { EVENT_BYTES, type EventBytes } from './generate.ts';
import { type DataSet, setNamed } from './sets.ts';

/** The command line of the bench. */

export interface BenchOptions {
  /** In millions of bytes; undefined is what the bench has for its default. */
  readonly mb: number | undefined;
  readonly sliceMb: number | undefined;
  readonly eventBytes: EventBytes;
  readonly seed: number;
  readonly input: string | undefined;
  readonly set: DataSet;
  /** The directory of the real data. */
  readonly data: string | undefined;
  /** Undefined is the key of the set. */
  readonly key: string | undefined;
  readonly rounds: number | undefined;
  readonly only: ReadonlySet<string> | undefined;
  /** The node that runs all programs that are measured. */
  readonly node: string;
}

export interface CommandLine extends Omit<BenchOptions, 'node'> {
  readonly bench: string;
  /** Of the page; undefined is all. */
  readonly parts: readonly string[] | undefined;
  /** The whole bench runs once with each. */
  readonly nodes: readonly string[];
  readonly jsonPath: string | undefined;
}

export const USAGE = `
npm run bench                      rates of millrace, the ceiling and others
npm run bench -- kernel            the same with events of every length, and all goals side by side
npm run bench -- memory            peak memory with an input, and with one ten times as long
npm run bench -- startup           from the start with one event to the commit and the end
npm run bench -- ack               from the sending of an event to its acknowledgement
npm run bench -- pace              how well a replay keeps time, as a receiver sees it
npm run bench -- state             what state for each key costs
npm run bench -- async             how close handlers that wait come to waiting alone
npm run bench -- nexmark           the queries of examples/nexmark
npm run bench -- append            the log, against a copy of the file
npm run bench -- store             the store alone: appending beside SQLite and JetStream, reading, recovery, readers
                                   (--only append,read,recovery,readers; --mb is the size of each)
npm run bench -- replay            reading a topic again
npm run bench -- gen               making events
npm run bench -- page              all of it, smaller, written to docs/BENCHMARKS.md

  --rounds N           times that each program is measured (5; kernel and memory 3; startup 25)
  --mb N               length of the made input, in millions of bytes (400; memory 200 and 2000;
                       kernel 200, and 400 for events of 250 bytes)
  --event-bytes N      about how long an event is: ${EVENT_BYTES.join(', ')} (250)
  --seed N             of the made input (1)
  --set NAME           what is asked of the events: access, as they are made; or weblogs, zeek-dns, wikipedia-edits,
                       windows-events, of which DIR has NAME.ndjson or NAME.ndjson.gz (access)
  --data DIR           where those files are; their lines are repeated to --mb, and kernel takes them all
  --input FILE         an input of your own with events of the set: valid NDJSON, every line with an end
  --key PATH           key of the cases with a key (that of the set)
  --slice-mb N         how much of the input the slow programs get (20; kernel 10)
  --only a,b,...       only these cases
  --node PATH          node binary that runs the programs; may be repeated
  --json FILE          writes all that was measured
  --part a,b,...       only these parts of the page; none writes it anew from what is kept
`;

const FLAGS = {
  rounds: { type: 'string' },
  mb: { type: 'string' },
  'event-bytes': { type: 'string', default: '250' },
  seed: { type: 'string', default: '1' },
  set: { type: 'string', default: 'access' },
  data: { type: 'string' },
  input: { type: 'string' },
  key: { type: 'string' },
  'slice-mb': { type: 'string' },
  only: { type: 'string' },
  node: { type: 'string', multiple: true },
  json: { type: 'string' },
  part: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Undefined where help is asked for. */
export function parseOptions(args: readonly string[]): CommandLine | undefined {
  const { values, positionals } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  if (values.help) return undefined;
  return {
    bench: benchName(positionals),
    mb: optional('--mb', values.mb),
    sliceMb: optional('--slice-mb', values['slice-mb']),
    eventBytes: eventBytes(values['event-bytes']),
    seed: positive('--seed', values.seed),
    input: values.input,
    set: setNamed(values.set),
    data: values.data,
    key: values.key,
    rounds: optional('--rounds', values.rounds),
    only: values.only === undefined ? undefined : new Set(values.only.split(',')),
    jsonPath: values.json,
    parts: values.part?.split(','),
    nodes: values.node ?? [process.execPath],
  };
}

function benchName(positionals: readonly string[]): string {
  const [name = 'throughput', ...more] = positionals;
  const found = [...Object.keys(BENCHES), 'page'].find(candidate => candidate === name);
  if (more.length === 0 && found !== undefined) return found;
  throw new Error(`there is no bench "${positionals.join(' ')}"`);
}

function optional(flag: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : positive(flag, text);
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${flag} takes a whole number above 0, not "${text}"`);
}

function eventBytes(text: string): EventBytes {
  const found = EVENT_BYTES.find(bytes => String(bytes) === text);
  if (found === undefined) throw new Error(`--event-bytes takes ${EVENT_BYTES.join(', ')}, not "${text}"`);
  return found;
}
