import { LINE_BYTES_LIMIT } from '../base/limits.ts';
import { LANES_MAX } from '../kernel/line-table.ts';
import { parsePath } from '../kernel/path.ts';
import { parseSelect } from '../query/select.ts';
import { parseWhere } from '../query/where.ts';
import { readWorkOptions } from '../worker/work-options.ts';

/** `options.json` of a case: how its run differs from one without any options. */

export interface CaseOptions {
  readonly key?: string;
  readonly where?: string;
  readonly select?: string;
  readonly workers?: number;
  readonly timeoutMs?: number;
  readonly lineBytesMax?: number;
  /** These as they stand beside a handler. */
  readonly concurrency?: unknown;
  readonly maxInFlight?: unknown;
  readonly batch?: unknown;
  readonly retry?: unknown;
  readonly rate?: unknown;
  readonly breaker?: unknown;
}

/** For each option a check of its value, which throws what is wrong with it. */
const CHECKS: Readonly<Record<keyof CaseOptions, (value: unknown) => void>> = {
  key: textThat(parsePath),
  where: textThat(parseWhere),
  select: textThat(parseSelect),
  workers: wholeNumber(1, LANES_MAX),
  timeoutMs: wholeNumber(0, 2 ** 31 - 1),
  lineBytesMax: wholeNumber(1, LINE_BYTES_LIMIT),
  concurrency: workOption('concurrency'),
  maxInFlight: workOption('maxInFlight'),
  batch: workOption('batch'),
  retry: workOption('retry'),
  rate: workOption('rate'),
  breaker: workOption('breaker'),
};

/** The names of all options. */
export const CASE_OPTIONS = Object.keys(CHECKS);

/** Parses the text of the file that is called `name`; throws an Error that says what is wrong. */
export function parseCaseOptions(text: string, name: string): CaseOptions {
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch {
    throw new Error(`"${name}" is not JSON`);
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new Error(`"${name}" is no JSON object`);
  }
  for (const [option, value] of Object.entries(options)) {
    if (!CASE_OPTIONS.includes(option)) {
      throw new Error(
        `"${name}" has "${option}", which is no option of a case: these are ${CASE_OPTIONS.join(', ')}`,
      );
    }
    try {
      CHECKS[option as keyof CaseOptions](value);
    } catch (error) {
      throw new Error(`"${option}" in "${name}" cannot be used: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  return options;
}

function textThat(parse: (text: string) => unknown): (value: unknown) => void {
  return value => {
    if (typeof value !== 'string') throw new Error('it is no string');
    parse(value);
  };
}

function wholeNumber(min: number, max: number): (value: unknown) => void {
  return value => {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return;
    throw new Error(`it is no whole number from ${min} to ${max}`);
  };
}

function workOption(name: string): (value: unknown) => void {
  return value => {
    const read = readWorkOptions({ [name]: value });
    if (typeof read === 'string') throw new Error(read);
  };
}
