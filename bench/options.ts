import { parseArgs } from 'node:util';
import { EVENT_BYTES, type EventBytes } from './generate.ts';

/** The command line of the bench. */

export type BenchName = 'throughput' | 'memory' | 'startup';

export interface BenchOptions {
  readonly bench: BenchName;
  /** In millions of bytes; undefined is what the bench has for its default. */
  readonly mb: number | undefined;
  readonly sliceMb: number;
  readonly eventBytes: EventBytes;
  readonly seed: number;
  readonly input: string | undefined;
  readonly key: string;
  readonly rounds: number | undefined;
  readonly only: ReadonlySet<string> | undefined;
  readonly jsonPath: string | undefined;
  /** The node that runs all programs that are measured. */
  readonly node: string;
}

export const USAGE = `
npm run bench                      rates of millrace, the ceiling and others
npm run bench -- memory            peak memory with an input, and with one ten times as long
npm run bench -- startup           from the start with one event to the commit and the end

  --rounds N           times that each program is measured (5; memory 3; startup 25)
  --mb N               length of the made input, in millions of bytes (400; memory 200 and 2000)
  --event-bytes N      about how long an event is: 70, 250 or 1300 (250)
  --seed N             of the made input (1)
  --input FILE         an input of your own: valid NDJSON, every line with an end
  --key PATH           key of the cases with a key (client.ip)
  --slice-mb N         how much of the input the slow programs get (20)
  --only a,b,...       only these cases
  --node PATH          node binary that runs the programs
  --json FILE          writes all that was measured
`;

const FLAGS = {
  rounds: { type: 'string' },
  mb: { type: 'string' },
  'event-bytes': { type: 'string', default: '250' },
  seed: { type: 'string', default: '1' },
  input: { type: 'string' },
  key: { type: 'string', default: 'client.ip' },
  'slice-mb': { type: 'string', default: '20' },
  only: { type: 'string' },
  node: { type: 'string', default: process.execPath },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Undefined where help is asked for. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values, positionals } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  if (values.help) return undefined;
  return {
    bench: benchName(positionals),
    mb: values.mb === undefined ? undefined : positive('--mb', values.mb),
    sliceMb: positive('--slice-mb', values['slice-mb']),
    eventBytes: eventBytes(values['event-bytes']),
    seed: positive('--seed', values.seed),
    input: values.input,
    key: values.key,
    rounds: values.rounds === undefined ? undefined : positive('--rounds', values.rounds),
    only: values.only === undefined ? undefined : new Set(values.only.split(',')),
    jsonPath: values.json,
    node: values.node,
  };
}

function benchName(positionals: readonly string[]): BenchName {
  const [name = 'throughput', ...more] = positionals;
  if (more.length === 0 && (name === 'throughput' || name === 'memory' || name === 'startup')) return name;
  throw new Error(`there is no bench "${positionals.join(' ')}"`);
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
