import { type Command, Option } from 'commander';
import { MillraceError } from '../base/errors.ts';
import { COMMIT_INTERVAL_MS, LINE_BYTES_LIMIT, LINE_BYTES_MAX } from '../base/limits.ts';
import { defaultHeapMiB } from '../base/heap-size.ts';
import { checkName, checkTopicToWrite } from '../base/names.ts';
import { parsePath } from '../kernel/path.ts';
import type { OnError, RunOptions, ToLog } from '../pipeline/run-options.ts';
import type { Retention } from '../store/retention.ts';
import { addFilterOptions, checkFilter, type FilterFlags } from './filter-options.ts';
import {
  countBetween,
  defaultWorkers,
  parseDuration,
  parseHeap,
  parseRate,
  parseWorkers,
  sizeBetween,
} from './parse-values.ts';
import { parseRetention } from './parse-retention.ts';
import { segmentSizeOption, storeOption } from './store-option.ts';

/** How events are handled and written to a log, whatever they are read from: the same for `run` and `dead retry`. */

export interface HandlingFlags extends FilterFlags {
  readonly key?: string;
  readonly store: string;
  readonly workers: RunOptions['workers'];
  readonly onError: OnError;
  readonly maxLine: number;
  readonly timeout?: number;
  readonly workerMemory?: number;
  readonly concurrency?: number;
  readonly maxInFlight?: number;
  readonly batchSize?: number;
  readonly batchLinger?: number;
  readonly attempts?: number;
  readonly rate?: string;
  readonly segmentSize: number;
  readonly commitInterval: number;
  readonly sync: boolean;
  readonly retain?: Retention;
  readonly compress: 'none' | 'gzip';
  readonly summary?: string;
}

/** The part of a run's options that these flags say. */
export type HandlingOptions = Omit<RunOptions, 'inputs' | 'reading' | 'to'>;

export function addHandlingOptions(command: Command): Command {
  return addFilterOptions(command)
    .option('-k, --key <path>', 'order events by this value: user.id, or a JSON Pointer such as /id.orig_h')
    .addOption(storeOption())
    .addOption(
      new Option('-w, --workers <n>', 'worker threads: 4, or 1..8 as the load demands')
        .argParser(parseWorkers)
        .default(defaultWorkers(), '1 to one for each core'),
    )
    .addOption(
      new Option('--on-error <what>', 'what to do with an event that cannot be handled')
        .choices(['dead-letter', 'skip', 'stop'])
        .default('dead-letter'),
    )
    .addOption(
      new Option('--max-line <size>', 'longest line; a longer one is a dead letter')
        .argParser(sizeBetween(1, LINE_BYTES_LIMIT))
        .default(LINE_BYTES_MAX, '1MiB'),
    )
    .option(
      '--timeout <duration>',
      'time a handler may take for one event, 0 for ever (default: 30s)',
      parseDuration,
    )
    .option('--concurrency <n>', 'calls that a worker has at a time', countBetween(1, 10_000))
    .option('--max-in-flight <n>', 'calls that all workers have at a time', countBetween(1, 10_000))
    .option(
      '--batch-size <n>',
      'events at once at the most, for a handler that takes batches',
      countBetween(1, 10_000),
    )
    .option('--batch-linger <duration>', 'how long they wait for others, from a live source', parseDuration)
    .option('--attempts <n>', 'how often an event is tried in all', countBetween(1, 1000))
    .option('--rate <rate>', 'events that are handled in a time: 500/s, 30/m, 1000/h', parseRate)
    .option('--worker-memory <mib>', 'heap that a worker thread may use, in MiB', parseHeap)
    .addOption(segmentSizeOption())
    .addOption(
      new Option('--commit-interval <duration>', 'time between commits')
        .argParser(parseDuration)
        .default(COMMIT_INTERVAL_MS, '1s'),
    )
    .option(
      '--no-sync',
      'leave it to the system when commits reach the disk: safe against a crash of millrace only',
    )
    .option(
      '--retain <limits>',
      'what is kept of the events: an age (7d), a size on the disk (10GB), "1000000 events", or several: 7d,10GB',
      parseRetention,
    )
    .addOption(
      new Option('--compress <how>', 'what becomes of sealed segments of the log')
        .choices(['none', 'gzip'])
        .default('none'),
    )
    .option(
      '--summary <file>',
      'write the run\'s figures to this file as JSON ("-" for standard output, where no events go there)',
    );
}

/** Whether a handler must be named, because nothing else says what to do. */
export function needsHandler({ where, select }: HandlingFlags): boolean {
  return where === undefined && select === undefined;
}

/** Throws MILLRACE_KEY_PATH, MILLRACE_WHERE and MILLRACE_SELECT. */
export async function checkHandling(flags: HandlingFlags): Promise<void> {
  if (flags.key !== undefined) parsePath(flags.key);
  await checkFilter(flags);
}

export function handlingOptions(handler: string | undefined, flags: HandlingFlags): HandlingOptions {
  return {
    handler,
    where: flags.where,
    select: flags.select,
    key: flags.key,
    // A help for tests: see CONTRIBUTING.md.
    workers: { ...flags.workers, isShuffled: process.env['MILLRACE_SHUFFLE'] === '1' },
    onError: flags.onError,
    lineBytesMax: flags.maxLine,
    timeoutMs: flags.timeout,
    watch: false,
    overrides: overridesOf(flags),
    heapMiBMax: flags.workerMemory ?? defaultHeapMiB(flags.workers.max),
  };
}

/** What the flags say in the handler's place. */
function overridesOf(flags: HandlingFlags): RunOptions['overrides'] {
  const { concurrency, maxInFlight, batchSize, batchLinger, attempts, rate } = flags;
  return {
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(batchLinger === undefined ? {} : { batchLingerMs: batchLinger }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(attempts === undefined ? {} : { retry: attempts }),
    ...(rate === undefined ? {} : { rate }),
  };
}

/** Throws MILLRACE_NAME. */
export function toLog(topic: string, job: string, fresh: boolean, flags: HandlingFlags): ToLog {
  return {
    kind: 'log',
    store: flags.store,
    topic: checkTopicToWrite(topic),
    job: checkName(job, 'job'),
    fresh,
    segmentBytesMax: flags.segmentSize,
    commitIntervalMs: flags.commitInterval,
    sync: flags.sync,
    keeping: { retain: flags.retain, compress: flags.compress === 'gzip' },
  };
}

/** `command` is the one whose help tells more. */
export function noHandler(command: string): MillraceError {
  return new MillraceError('MILLRACE_USAGE', 'there is no handler', {
    hint: `name a TypeScript or JavaScript file, or say what to do with --where or --select (see "millrace ${command} --help")`,
  });
}
