import { totalmem } from 'node:os';
import { type Command, Option } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import {
  COMMIT_INTERVAL_MS,
  KiB,
  LINE_BYTES_LIMIT,
  LINE_BYTES_MAX,
  MiB,
  SEGMENT_BYTES,
} from '../base/limits.ts';
import { checkName, checkTopicToWrite, topicNameOf } from '../base/names.ts';
import { parsePath } from '../kernel/path.ts';
import type { OnError, RunHooks, RunOptions, RunOutcome, ToLog, ToStdout } from '../pipeline/run-options.ts';
import { defaultWorkers, parseDuration, parseHeap, parseWorkers, sizeBetween } from './parse-values.ts';
import { DeadTeller } from './dead-teller.ts';
import { addFilterOptions, checkFilter, type FilterFlags } from './filter-options.ts';
import { addInputOptions, type InputFlags, readingOptions } from './input-options.ts';
import { printError } from './report-error.ts';
import { catchSignals } from './signals.ts';
import { storeOption } from './store-option.ts';
import { writeSummary } from './summary.ts';

/** `millrace run`: the main job. */

interface Flags extends FilterFlags, InputFlags {
  readonly key?: string;
  readonly to?: string;
  readonly store: string;
  readonly job?: string;
  readonly workers: number;
  readonly fresh?: boolean;
  readonly onError: OnError;
  readonly dead?: string;
  readonly maxLine: number;
  readonly timeout?: number;
  readonly workerMemory?: number;
  readonly segmentSize: number;
  readonly commitInterval: number;
  readonly sync: boolean;
  readonly summary?: string;
}

const EXAMPLES = `
Inputs are files, globs in quotes, or "-" for standard input, which is also the default when it is piped. A file or
glob that is named twice is read once. Running the same command again goes on where the job stopped.

Examples:
  millrace run errors.ts access.ndjson --key client.ip --to errors
  millrace run errors.ts "logs/*.ndjson" --workers 4 --summary run.json
  tail -F app.log | millrace run errors.ts --to - | jq .
  millrace run errors.ts access.ndjson --fresh --on-error stop
  millrace run --where 'status >= 500' --select ts,client.ip access.ndjson`;

export function define(command: Command, exitWith: (status: number) => void): void {
  addInputOptions(addFilterOptions(command))
    .argument('[handler]', 'TypeScript or JavaScript file whose default export handles an event')
    .argument('[input...]', 'files, globs, or "-" for standard input')
    .option('-k, --key <path>', 'order events by this value: user.id, or a JSON Pointer such as /id.orig_h')
    .option(
      '-t, --to <topic>',
      'topic to write to, or "-" for standard output (default: the handler\'s name; "-" without one)',
    )
    .addOption(storeOption())
    .option('--job <name>', 'name under which positions are kept (default: the topic)')
    .addOption(
      new Option('-w, --workers <n>', 'worker threads, 4 or 1..8')
        .argParser(parseWorkers)
        .default(defaultWorkers(), 'one for each core'),
    )
    .option('--fresh', 'start the job over: forget positions and empty its topics')
    .addOption(
      new Option('--on-error <what>', 'what to do with an event that cannot be handled')
        .choices(['dead-letter', 'skip', 'stop'])
        .default('dead-letter'),
    )
    .option('--dead <file>', 'with --to -, write dead letters to this file')
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
    .option('--worker-memory <mib>', 'heap that a worker thread may use, in MiB', parseHeap)
    .addOption(
      new Option('--segment-size <size>', 'size at which a segment of the log is rolled')
        .argParser(sizeBetween(1 * KiB, 1024 * 1024 * MiB))
        .default(SEGMENT_BYTES, '128MiB'),
    )
    .addOption(
      new Option('--commit-interval <duration>', 'time between commits')
        .argParser(parseDuration)
        .default(COMMIT_INTERVAL_MS, '1s'),
    )
    .option(
      '--no-sync',
      'leave it to the system when commits reach the disk: safe against a crash of millrace only',
    )
    .option('--summary <file>', "write the run's figures to this file as JSON")
    .addHelpText('after', EXAMPLES)
    .action(async (handler: string | undefined, inputs: string[], flags: Flags) => {
      exitWith(await runAndReport(await runOptions(handler, inputs, flags), flags.summary));
    });
}

async function runAndReport(options: RunOptions, summaryFile: string | undefined): Promise<number> {
  const signals = catchSignals();
  const onTerminal = process.stderr.isTTY === true;
  const display = onTerminal ? await (await import('./progress.ts')).startDisplay(options) : undefined;
  const dead = new DeadTeller(options.to.kind === 'stdout' ? options.to.deadFile : undefined);
  try {
    const outcome = await start(options, {
      interrupted: signals.interrupted,
      onStart: view => display?.begin(view),
      onDead: letter => dead.tell(letter),
      onNote: printError,
    });
    display?.end(outcome);
    dead.end();
    if (summaryFile !== undefined) await writeSummary(summaryFile, options, outcome);
    return exitStatus(options, outcome, signals.exitStatus);
  } finally {
    display?.stop();
    signals.release();
  }
}

async function start(options: RunOptions, hooks: RunHooks): Promise<RunOutcome> {
  const { to, reading } = options;
  if (reading.spool && to.kind === 'log') {
    return (await import('../pipeline/spooled-run.ts')).spooledRun(options, to, hooks);
  }
  return (await import('../pipeline/run.ts')).run(options, hooks);
}

function exitStatus(options: RunOptions, outcome: RunOutcome, signalStatus: number): number {
  if (outcome.interrupted) return signalStatus;
  return outcome.account.dead > 0 && options.onError !== 'skip' ? EXIT.deadLetters : EXIT.done;
}

/** Endings by which a handler is told from an input, where it may be left out. */
const HANDLER_ENDING = /\.[cm]?[jt]sx?$/;

async function runOptions(first: string | undefined, rest: string[], flags: Flags): Promise<RunOptions> {
  if (flags.key !== undefined) parsePath(flags.key);
  await checkFilter(flags);
  const needsHandler = flags.where === undefined && flags.select === undefined;
  const isHandler = first !== undefined && (needsHandler || HANDLER_ENDING.test(first));
  if (needsHandler && first === undefined) throw noHandler();
  const handler = isHandler ? first : undefined;
  const inputs = isHandler || first === undefined ? rest : [first, ...rest];
  const topic = flags.to ?? (handler === undefined ? '-' : topicNameOf(handler));
  const sources = inputs.length > 0 ? inputs : [pipedInput()];
  if (flags.spool === true && !sources.includes('-')) throw onlyWith('--spool', 'standard input');
  return Object.freeze({
    handler,
    where: flags.where,
    select: flags.select,
    inputs: sources,
    reading: readingOptions(flags, flags.maxLine),
    key: flags.key,
    to: topic === '-' ? toStdout(flags) : toLog(topic, flags),
    workers: flags.workers,
    onError: flags.onError,
    lineBytesMax: flags.maxLine,
    timeoutMs: flags.timeout,
    heapMiBMax: flags.workerMemory ?? defaultHeapMiB(flags.workers),
  });
}

function noHandler(): MillraceError {
  return new MillraceError('MILLRACE_USAGE', 'there is no handler', {
    hint: 'name a TypeScript or JavaScript file, or say what to do with --where or --select (see "millrace run --help")',
  });
}

function pipedInput(): string {
  if (process.stdin.isTTY !== true) return '-';
  throw new MillraceError('MILLRACE_NO_INPUT', 'there is no input', {
    hint: 'name a file after the handler, pipe events in, or use "-" to type them',
  });
}

function toLog(topic: string, flags: Flags): ToLog {
  if (flags.dead !== undefined) throw onlyWith('--dead', '--to -; dead letters go to a topic otherwise');
  return {
    kind: 'log',
    store: flags.store,
    topic: checkTopicToWrite(topic),
    job: checkName(flags.job ?? topic, 'job'),
    fresh: flags.fresh ?? false,
    segmentBytesMax: flags.segmentSize,
    commitIntervalMs: flags.commitInterval,
    sync: flags.sync,
  };
}

function toStdout(flags: Flags): ToStdout {
  if (flags.fresh === true) throw onlyWith('--fresh', 'a topic; --to - keeps nothing to start over');
  if (flags.job !== undefined) throw onlyWith('--job', 'a topic; --to - keeps no positions');
  if (flags.spool === true) throw onlyWith('--spool', 'a topic; --to - keeps nothing');
  if (flags.ack === true) throw onlyWith('--ack', 'a topic; --to - commits nothing');
  return { kind: 'stdout', deadFile: flags.dead };
}

function onlyWith(flag: string, what: string): MillraceError {
  return new MillraceError('MILLRACE_USAGE', `${flag} goes only with ${what}`);
}

/** Half of the machine's memory for all threads together, and no more than V8 is happy with for each. */
function defaultHeapMiB(workers: number): number {
  return Math.max(64, Math.min(4096, Math.floor(totalmem() / MiB / 2 / workers)));
}
