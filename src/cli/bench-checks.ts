import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { MillraceError, reasonOf } from '../base/errors.ts';
import type { Against } from '../bench/options.ts';
import { LAUNCHES_MIN } from '../bench/verdict.ts';
import type { BenchFlags } from './bench-options.ts';
import { checkNotStdout, type Condition, type Needs } from './option-uses.ts';

/** What is looked at before a bench begins, because it is a pity to find it out when all has been measured. */

const PIPELINE: Condition<BenchFlags> = {
  words: 'the pipeline; --no-pipeline leaves that out',
  holds: ({ pipeline }) => pipeline,
};
const PIPELINE_OR_RATE: Condition<BenchFlags> = {
  words: 'the pipeline, which --no-pipeline leaves out, or with --rate',
  holds: ({ pipeline, rate }) => pipeline || rate !== undefined,
};
const PROFILES: Condition<BenchFlags> = {
  words: '--profile or --heap',
  holds: ({ profile, heap }) => (profile ?? heap) === true,
};

/** Which options mean something only with others. */
export const BENCH_NEEDS: Needs<BenchFlags> = {
  workers: [PIPELINE_OR_RATE],
  log: [PIPELINE],
  profileDir: [PROFILES],
};

/** Throws MILLRACE_USAGE where options contradict one another. */
export function checkWanted({
  alone,
  pipeline,
  rate,
  profile,
  heap,
  json,
  markdown,
  input,
  time,
}: BenchFlags): void {
  if (!alone && !pipeline && (rate ?? profile ?? heap) === undefined) {
    throw new MillraceError(
      'MILLRACE_USAGE',
      'with --no-alone and --no-pipeline there is nothing to measure',
      {
        hint: 'leave one of them out, or say what else: --rate 20000/s, --profile or --heap',
      },
    );
  }
  if (time === 0) {
    throw new MillraceError('MILLRACE_USAGE', 'in no time (--time) nothing can be measured', {
      hint: 'give each pipeline a while: --time 2s',
    });
  }
  if (json === true && markdown === true) {
    throw new MillraceError('MILLRACE_USAGE', '--json and --markdown both say what is printed', {
      hint: 'take one of them; --html FILE goes with either',
    });
  }
  if (input.includes('-')) {
    throw new MillraceError('MILLRACE_USAGE', 'cannot measure with "-": it can be read but once', {
      hint: 'name a file, a glob or a topic; keep what a stream brings in a file first',
    });
  }
}

/** Throws MILLRACE_USAGE where what `--fail-if` says could never be found. */
export function checkFailIf(
  { alone, launches }: BenchFlags,
  handlers: number,
  against: Against['kind'] | undefined,
): void {
  if (handlers < 2 && against === undefined) {
    throw new MillraceError('MILLRACE_USAGE', '--fail-if compares, and there is but one handler', {
      hint: 'name two handlers, the old one first, or say with what to compare: --against git:main',
    });
  }
  if (!alone) {
    throw new MillraceError(
      'MILLRACE_USAGE',
      '--fail-if compares what handlers take alone; --no-alone leaves that out',
    );
  }
  const least = against === 'baseline' && handlers === 1 ? LAUNCHES_MIN.apart : LAUNCHES_MIN.beside;
  if (launches !== undefined && launches < least) {
    throw new MillraceError('MILLRACE_USAGE', `with --launches ${launches} nothing could ever fail`, {
      hint: `a difference is claimed from ${least} launches on`,
    });
  }
}

/** Throws MILLRACE_OUTPUT_WRITE where what is asked for could not be written, and MILLRACE_USAGE where it has no place of its own. */
export function checkTargets({ html, save, profile, heap, profileDir }: BenchFlags): void {
  checkNotStdout('--html', html, 'the figures go there');
  checkNotStdout('--save', save, 'the figures go there');
  for (const file of [html, save]) if (file !== undefined) checkFile(file);
  if (profile === true || heap === true) checkDirectory(profileDir, profileDir);
}

function checkFile(file: string): void {
  if (!existsSync(file)) return checkDirectory(dirname(file), file);
  if (statSync(file).isDirectory()) throw cannotWrite(file, 'it is a directory', undefined);
  access(file, file);
}

function checkDirectory(directory: string, name: string): void {
  access(directory, name);
  if (!statSync(directory).isDirectory()) throw cannotWrite(name, 'it is no directory', undefined);
}

function access(path: string, name: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw cannotWrite(name, reasonOf(error), error);
  }
}

function cannotWrite(name: string, reason: string, cause: unknown): MillraceError {
  return new MillraceError('MILLRACE_OUTPUT_WRITE', `cannot write "${name}": ${reason}`, {
    hint: 'nothing was measured: name a place that is there and can be written',
    cause,
  });
}
