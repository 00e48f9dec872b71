import { writeFile } from 'node:fs/promises';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { standardOutput } from '../base/fd-writer.ts';
import type { Account } from '../store/job-state.ts';
import type { RunAccount } from '../pipeline/account.ts';
import type { RunOptions, RunOutcome } from '../pipeline/run-options.ts';

/** The figures of a run, as `--summary` writes them. */
export interface Summary extends Account {
  readonly seconds: number;
  /** As many as there were to be; the most that there were where a range was given. */
  readonly workers: number;
  /** Events of this run of which only a part was decoded, those that were decoded whole, and those not at all. */
  readonly decoded: { readonly inPart: number; readonly whole: number; readonly none: number };
  /** Events written to topics beside that of the run. */
  readonly emitted: number;
  /** What the handler has counted, where it has. */
  readonly counts?: Readonly<Record<string, number>>;
  /** How often the cache had what was asked for, and how often it was loaded; absent where it was not used. */
  readonly cache?: { readonly hits: number; readonly misses: number };
  /** Keys that have a good part of the events of this run, the heaviest first; absent where there are none. */
  readonly hotKeys?: RunOutcome['hotKeys'];
  readonly interrupted: boolean;
  readonly resumed: boolean;
  /** Absent where the run went to standard output. */
  readonly job?: string;
  readonly topic?: string;
}

function talliesOf({ counts, cacheHits, cacheMisses }: RunAccount): Pick<Summary, 'counts' | 'cache'> {
  const isUsed = cacheHits + cacheMisses > 0;
  return {
    ...(counts.size === 0 ? {} : { counts: Object.fromEntries(counts) }),
    ...(isUsed ? { cache: { hits: cacheHits, misses: cacheMisses } } : {}),
  };
}

export async function writeSummary(path: string, options: RunOptions, outcome: RunOutcome): Promise<void> {
  const { read, blank, kept, dropped, dead, written, bytesRead, bytesWritten } = outcome.account;
  const { inPart, whole } = outcome.account;
  const { emitted } = outcome.account;
  const decoded = { inPart, whole, none: Math.max(0, read - inPart - whole) };
  const { seconds, interrupted, resumed, hotKeys } = outcome;
  const { to } = options;
  const { min, max } = options.workers;
  const workers = min === max ? max : outcome.threadsMost;
  const figures = { read, blank, kept, dropped, dead, written, bytesRead, bytesWritten, seconds, workers };
  const log = to.kind === 'log' ? { job: to.job, topic: to.topic } : {};
  const tallies = talliesOf(outcome.account);
  const ends = { ...(hotKeys.length > 0 && { hotKeys }), interrupted, resumed };
  const summary: Summary = { ...figures, emitted, decoded, ...tallies, ...ends, ...log };
  await writeFigures(path, summary);
}

/**
 * Writes what `--summary` of any command tells, one JSON object, to a file or ("-") to standard output; rejects with
 * MILLRACE_OUTPUT_WRITE.
 */
export async function writeFigures(path: string, figures: object): Promise<void> {
  const text = `${JSON.stringify(figures)}\n`;
  if (path === '-') return standardOutput().write(Buffer.from(text, 'utf8'));
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new MillraceError(
      'MILLRACE_OUTPUT_WRITE',
      `cannot write the summary to "${path}": ${reasonOf(error)}`,
      {
        hint: 'the run itself is done',
        cause: error,
      },
    );
  }
}
