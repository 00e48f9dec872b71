import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { areSameOutputs } from './outputs.ts';
import { judgeApart } from './verdict-apart.ts';
import type { BenchReport, Comparison, HandlerReport, Machine } from './report.ts';
import { REPORT_VERSION } from './report.ts';

/**
 * Figures of another time, to compare with (`--save`, `--against FILE`).
 *
 * What was measured yesterday cannot be measured side by side with what is today, so both are told as multiples of the same
 * yardstick: JSON.parse and JSON.stringify of the same lines in the same thread, timed in the same turns.
 */

export interface Baseline {
  readonly file: string;
  readonly report: BenchReport;
}

/** Throws MILLRACE_USAGE where the file is not what `--save` has written. */
export function readBaseline(file: string): Baseline {
  let report: BenchReport;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as BenchReport;
  } catch (error) {
    throw new MillraceError('MILLRACE_USAGE', `cannot read the baseline "${file}": ${reasonOf(error)}`, {
      hint: 'write one with "millrace bench ... --save FILE", or name a revision as git:REV',
      cause: error,
    });
  }
  const { version } = Object(report) as Partial<BenchReport>;
  if (typeof version === 'number' && version !== REPORT_VERSION) {
    throw new MillraceError('MILLRACE_USAGE', `the baseline "${file}" is of another version of millrace`, {
      hint: 'what it says was measured in another way: write a new one with "millrace bench ... --save FILE"',
    });
  }
  if (!isBaseline(report)) {
    throw new MillraceError('MILLRACE_USAGE', `"${file}" is not a baseline`, {
      hint: 'write one with "millrace bench ... --save FILE"',
    });
  }
  return { file, report };
}

function isBaseline(report: unknown): report is BenchReport {
  const { version, machine, input, handlers } = Object(report) as Partial<BenchReport>;
  return (
    version === REPORT_VERSION &&
    typeof machine?.cpu === 'string' &&
    typeof input?.digest === 'string' &&
    Array.isArray(handlers) &&
    handlers.every(
      (handler: Partial<HandlerReport> | null) =>
        typeof handler?.name === 'string' &&
        Array.isArray(handler.alone?.yardsticks) &&
        handler.alone.yardsticks.every(ratio => typeof ratio === 'number' && ratio > 0),
    )
  );
}

export async function writeBaseline(file: string, report: BenchReport): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(report)}\n`);
  } catch (error) {
    throw new MillraceError('MILLRACE_OUTPUT_WRITE', `cannot write "${file}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** The handlers that the baseline has as well, by name; throws MILLRACE_USAGE where it has none, or other events. */
export function checkBaseline({ file, report }: Baseline, names: readonly string[], digest: string): void {
  const known = new Set(report.handlers.map(({ name }) => name));
  const unknown = names.find(name => !known.has(name));
  if (unknown !== undefined) {
    throw new MillraceError('MILLRACE_USAGE', `the baseline "${file}" has no handler "${unknown}"`, {
      hint: `it has ${[...known].join(', ')}`,
    });
  }
  if (report.input.digest !== digest) {
    throw new MillraceError('MILLRACE_USAGE', `the baseline "${file}" was measured with other events`, {
      hint: `name the same input and --sample: ${report.input.names.join(', ')}`,
    });
  }
}

export function compareWithBaseline(
  handler: HandlerReport,
  { report }: Baseline,
  machine: Machine,
  seed: number,
): Comparison | undefined {
  const before = report.handlers.find(({ name }) => name === handler.name);
  if (before?.alone === undefined || handler.alone === undefined) return undefined;
  const sameOutputs = areSameOutputs(handler.outputs, before.outputs);
  const verdict = judgeApart(handler.alone.yardsticks, before.alone.yardsticks, {
    seed,
    hindrance: hindranceOf(machine, report.machine),
  });
  return {
    name: handler.name,
    baseline: before.name,
    verdict,
    ratios: [],
    sameOutputs,
    saved: report.time,
  };
}

/** Why figures of the two cannot be compared, if so. */
function hindranceOf(now: Machine, then: Machine): string | undefined {
  if (now.cpu !== then.cpu || now.cores !== then.cores || now.platform !== then.platform) {
    return `the baseline is of another machine (${then.cores} cores, ${then.cpu})`;
  }
  if (now.node !== then.node) return `the baseline is of another Node (${then.node})`;
  return undefined;
}
