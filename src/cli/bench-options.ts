import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FailIf } from '../bench/verdict.ts';
import { LINE_BYTES_LIMIT, LINE_BYTES_MAX, KiB, MiB } from '../base/limits.ts';
import { LANES_MAX } from '../kernel/line-table.ts';
import { addFilterOptions, type FilterFlags } from './filter-options.ts';
import { countBetween, parseDuration, parseHeap, parseRate, sizeBetween } from './parse-values.ts';
import { storeOption } from './store-option.ts';

/** The options of `millrace bench`. */

export interface BenchFlags extends FilterFlags {
  readonly input: readonly string[];
  readonly key?: string;
  readonly store: string;
  readonly alone: boolean;
  readonly pipeline: boolean;
  readonly workers: readonly number[];
  readonly log: boolean;
  readonly rate?: string;
  readonly quick?: boolean;
  readonly launches?: number;
  readonly time?: number;
  readonly sample: number;
  readonly seed?: number;
  readonly timeout?: number;
  readonly maxLine: number;
  readonly workerMemory?: number;
  readonly concurrency?: number;
  readonly against?: string;
  readonly save?: string;
  readonly failIf?: FailIf;
  readonly profile?: boolean;
  readonly heap?: boolean;
  readonly profileDir: string;
  readonly html?: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

/** Of which a slot is made for each MiB, with its table beside it. */
const SAMPLE_BYTES_LIMIT = 128 * MiB;
const SAMPLE_BYTES = 16 * MiB;
const LAUNCHES_MAX = 1000;

export function addBenchOptions(command: Command): Command {
  command
    .argument(
      '<handler...>',
      'TypeScript or JavaScript files, or git:REV:FILE; the others are compared with the first',
    )
    .requiredOption(
      '-i, --input <input>',
      'file, glob or topic:NAME with events; may be given again',
      collect,
    )
    .option('--no-alone', 'do not measure handlers alone, on one thread')
    .option('--no-pipeline', 'do not measure them in the pipeline')
    .addOption(
      new Option('-w, --workers <list>', 'workers in the pipeline: 1,2,4 or 1..4')
        .argParser(parseWorkersList)
        .default(defaultWorkersList(), 'from one to all cores'),
    )
    .option('--no-log', 'in the pipeline, write nothing')
    .option('--rate <rate>', 'measure latency too, with so many events: 20000/s', parseRate)
    .option('--against <what>', 'compare with git:REV, or with what --save has written')
    .option('--save <file>', 'write the figures to this file, to compare with another time')
    .option('--fail-if <what>', 'exit with 6 where that is sure: slower:5%', parseFailIf)
    .option('--quick', 'measure less: some seconds, for a first look')
    .option('--launches <n>', 'how often each handler is started anew', countBetween(1, LAUNCHES_MAX))
    .option('--time <duration>', 'how long each pipeline is measured', parseDuration)
    .addOption(
      new Option('--sample <size>', 'how much of the input handlers alone are given, again and again')
        .argParser(sizeBetween(1 * KiB, SAMPLE_BYTES_LIMIT))
        .default(SAMPLE_BYTES, '16MiB'),
    )
    .option('--seed <n>', 'seed of all that is left to chance', countBetween(0, 2 ** 32 - 1))
    .option('--profile', 'take CPU profiles: errors.cpuprofile, for Chrome or speedscope')
    .option('--heap', 'take profiles of what is allocated: errors.heapprofile')
    .addOption(new Option('--profile-dir <dir>', 'where profiles are written').default('.', 'here'))
    .option('--html <file>', 'write a page with all figures, plots and a flame graph')
    .option('--markdown', 'print tables for a pull request')
    .option('--json', 'print all figures as one JSON object')
    .option('-k, --key <path>', "order events by this value (default: the handler's)")
    .addOption(storeOption());
  return addFilterOptions(command)
    .option('--concurrency <n>', 'events that a worker handles at a time', countBetween(1, 10_000))
    .option('--timeout <duration>', 'time a handler may take for one event (default: 30s)', parseDuration)
    .addOption(
      new Option('--max-line <size>', 'longest line')
        .argParser(sizeBetween(1, LINE_BYTES_LIMIT))
        .default(LINE_BYTES_MAX, '1MiB'),
    )
    .option('--worker-memory <mib>', 'heap that a worker thread may use, in MiB', parseHeap);
}

function collect(input: string, before: readonly string[] = []): readonly string[] {
  return [...before, input];
}

/** `1,2,4` or `1..4`, in rising order. */
export function parseWorkersList(text: string): readonly number[] {
  const counts = new Set<number>();
  for (const part of text.split(',')) {
    const [, from, to] = /^(\d{1,3})(?:\.\.(\d{1,3}))?$/.exec(part.trim()) ?? [];
    const [least, most] = [Number(from), Number(to ?? from)];
    if (!(least >= 1 && most >= least && most <= LANES_MAX)) {
      throw new InvalidArgumentError(
        `Write numbers from 1 to ${LANES_MAX}, such as 1,2,4, or a range such as 1..4.`,
      );
    }
    for (let count = least; count <= most; count++) counts.add(count);
  }
  return [...counts].sort((a, b) => a - b);
}

/** One, two, four, and so on to all cores. */
function defaultWorkersList(): readonly number[] {
  const cores = Math.min(availableParallelism(), LANES_MAX);
  const counts: number[] = [];
  for (let count = 1; count < cores; count *= 2) counts.push(count);
  return [...counts, cores];
}

/** `slower:5%`. */
export function parseFailIf(text: string): FailIf {
  const [, finding, percent] = /^(slower|faster):(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  const share = Number(percent) / 100;
  if (finding !== undefined && share < 100) return { finding: finding as FailIf['finding'], share };
  throw new InvalidArgumentError('Write what fails and by how much at least, such as slower:5%.');
}
