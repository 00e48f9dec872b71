import { writeFile } from 'node:fs/promises';
import { MillraceError, reasonOf } from '../base/errors.ts';
import type { Account } from '../store/job-state.ts';
import type { RunOptions, RunOutcome } from '../pipeline/run-options.ts';

/** The figures of a run, as `--summary` writes them. */
export interface Summary extends Account {
  readonly seconds: number;
  readonly workers: number;
  /** Events of this run of which only a part was decoded, those that were decoded whole, and those not at all. */
  readonly decoded: { readonly inPart: number; readonly whole: number; readonly none: number };
  /** Events written to topics beside that of the run. */
  readonly emitted: number;
  readonly interrupted: boolean;
  readonly resumed: boolean;
  /** Absent where the run went to standard output. */
  readonly job?: string;
  readonly topic?: string;
}

export async function writeSummary(path: string, options: RunOptions, outcome: RunOutcome): Promise<void> {
  const { read, blank, kept, dropped, dead, written, bytesRead, bytesWritten } = outcome.account;
  const { inPart, whole } = outcome.account;
  const { emitted } = outcome.account;
  const decoded = { inPart, whole, none: Math.max(0, read - inPart - whole) };
  const { seconds, interrupted, resumed } = outcome;
  const { to, workers } = options;
  const figures = { read, blank, kept, dropped, dead, written, bytesRead, bytesWritten, seconds, workers };
  const log = to.kind === 'log' ? { job: to.job, topic: to.topic } : {};
  const summary: Summary = { ...figures, emitted, decoded, interrupted, resumed, ...log };
  try {
    await writeFile(path, `${JSON.stringify(summary)}\n`);
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
