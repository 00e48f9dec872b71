import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { readBaseline, writeBaseline } from '../bench/baseline.ts';
import { bench } from '../bench/bench.ts';
import { htmlPage } from '../bench/html.ts';
import { markdown } from '../bench/markdown.ts';
import type { Against, BenchOptions } from '../bench/options.ts';
import type { BenchReport } from '../bench/report.ts';
import { isSurely } from '../bench/verdict.ts';
import { EXIT, MillraceError, reasonOf } from '../base/errors.ts';
import { FdWriter, standardOutput } from '../base/fd-writer.ts';
import { parsePath } from '../kernel/path.ts';
import { realDisk } from '../store/disk.ts';
import { TopicReader } from '../store/topic-reader.ts';
import { BENCH_NEEDS, checkFailIf, checkTargets, checkWanted } from './bench-checks.ts';
import { addBenchOptions, type BenchFlags } from './bench-options.ts';
import { showBenchProgress } from './bench-progress.ts';
import { benchText } from './bench-text.ts';
import { onStdout } from './colours.ts';
import { checkFilter } from './filter-options.ts';
import { defaultHeapMiB } from '../base/heap-size.ts';
import { defaultReading } from './input-options.ts';
import { checkNeeds } from './option-uses.ts';
import { printError } from './report-error.ts';
import { catchSignals } from './signals.ts';
import { version } from './version.ts';

/** `millrace bench`: how fast handlers are, which one is faster, and where the time goes. */

const DETAILS = `
Each handler is measured alone, on one thread, by turns with the others, and
started anew a number of times; then in the pipeline, with one worker, two, and
so on, into a log that is thrown away. A difference is claimed only where chance
would make one as large in 1 case of 100 or fewer, and what scatters is launched
more often. docs/BENCH.md tells how everything is measured.

Ctrl-C ends it with what was measured so far. The exit status is 6 where
--fail-if holds.

Examples:
  millrace bench errors.ts --input access.ndjson
  millrace bench old.ts new.ts --input access.ndjson --fail-if slower:5%
  millrace bench errors.ts -i "logs/*.ndjson" --workers 1..4 --rate 20000/s
  millrace bench errors.ts -i access.ndjson --against git:main --markdown
  millrace bench errors.ts -i access.ndjson --profile --html report.html
  millrace bench errors.ts -i topic:access --quick --json | jq .handlers`;

export function define(command: Command, exitWith: (status: number) => void): void {
  addBenchOptions(command)
    .addHelpText('after', DETAILS)
    .action(async (handlers: string[], flags: BenchFlags) => {
      checkNeeds(command, flags, BENCH_NEEDS);
      exitWith(await benchAndTell(handlers, flags));
    });
}

async function benchAndTell(handlers: readonly string[], flags: BenchFlags): Promise<number> {
  const options = await benchOptions(handlers, flags);
  const signals = catchSignals();
  const display = showBenchProgress();
  try {
    const report = await bench(options, {
      interrupted: signals.interrupted,
      onProgress: progress => display.show(progress),
      tell: printError,
      openTopic: (name: string, store = flags.store) => TopicReader.open(realDisk, store, name),
    });
    display.stop();
    await print(report, flags);
    if (flags.html !== undefined) await writePage(flags.html, report);
    if (report.interrupted) {
      if (flags.save !== undefined) printError(`"${flags.save}" was not written: a baseline has to be whole`);
      return signals.exitStatus;
    }
    if (flags.save !== undefined) await writeBaseline(flags.save, report);
    failIf(report, flags);
    return EXIT.done;
  } finally {
    display.stop();
    signals.release();
  }
}

async function print(report: BenchReport, { json, markdown: asMarkdown }: BenchFlags): Promise<void> {
  // The text is escaped where it shows data, and its colours must not be.
  const [out, text] =
    json === true
      ? [standardOutput(), `${JSON.stringify(report)}\n`]
      : asMarkdown === true
        ? [standardOutput(), markdown(report)]
        : [new FdWriter(1, false), benchText(report, onStdout)];
  await out.write(Buffer.from(text, 'utf8'));
}

/** Throws MILLRACE_BENCH_FAILED where what `--fail-if` says is sure. */
function failIf({ comparisons }: BenchReport, { failIf: bound }: BenchFlags): void {
  if (bound === undefined) return;
  const failed = comparisons.find(({ verdict }) => isSurely(bound, verdict));
  if (failed === undefined) return;
  const { name, baseline, verdict } = failed;
  const share = `${Math.round(bound.share * 1000) / 10} %`;
  throw new MillraceError(
    'MILLRACE_BENCH_FAILED',
    `"${name}" is ${bound.finding} than "${baseline}" by more than ${share}: ${verdict.text}`,
    { hint: 'see where the time goes: run it again with --profile' },
  );
}

async function benchOptions(handlers: readonly string[], flags: BenchFlags): Promise<BenchOptions> {
  if (flags.key !== undefined) parsePath(flags.key);
  await checkFilter(flags);
  const against = flags.against === undefined ? undefined : readAgainst(flags.against, handlers);
  if (flags.failIf !== undefined) checkFailIf(flags, handlers.length, against?.kind);
  if (flags.save !== undefined && !flags.alone) {
    throw new MillraceError(
      'MILLRACE_USAGE',
      '--save keeps what handlers take alone; --no-alone leaves that out',
    );
  }
  checkWanted(flags);
  checkTargets(flags);
  const { alone, pipeline, workers, log, rate } = flags;
  return {
    handlers,
    against,
    saves: flags.save !== undefined,
    inputs: flags.input,
    reading: defaultReading(flags.store, flags.maxLine),
    calling: {
      key: flags.key,
      where: flags.where,
      select: flags.select,
      timeoutMs: flags.timeout,
      lineBytesMax: flags.maxLine,
      heapMiBMax: flags.workerMemory ?? defaultHeapMiB(Math.max(...workers)),
      overrides: flags.concurrency === undefined ? {} : { concurrency: flags.concurrency },
    },
    sampleBytesMax: flags.sample,
    alone,
    pipeline,
    workers,
    log,
    perSecond: rate === undefined ? undefined : perSecondOf(rate),
    // The page has a flame graph.
    profile: flags.profile === true || flags.html !== undefined,
    heap: flags.heap === true,
    profileDirectory: flags.profile === true || flags.heap === true ? flags.profileDir : undefined,
    quick: flags.quick === true,
    launches: flags.launches,
    pipelineMs: flags.time,
    seed: flags.seed ?? Math.floor(Math.random() * 2 ** 32),
    millrace: version(),
  };
}

/** `git:REV`, or a file that `--save` has written. */
function readAgainst(against: string, handlers: readonly string[]): Against {
  const [, revision] = /^git:(.+)$/s.exec(against) ?? [];
  if (revision === undefined) return { kind: 'baseline', baseline: readBaseline(against) };
  if (handlers.length === 1) return { kind: 'git', revision };
  throw new MillraceError('MILLRACE_USAGE', '--against git:REV compares one handler with what it was', {
    hint: 'name one handler at a time',
  });
}

async function writePage(file: string, report: BenchReport): Promise<void> {
  try {
    await writeFile(file, htmlPage(report));
  } catch (error) {
    throw new MillraceError('MILLRACE_OUTPUT_WRITE', `cannot write "${file}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function perSecondOf(rate: string): number {
  const [events, unit] = rate.split('/');
  return Number(events) / { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h'];
}
