/**
 * How a handler wants to be called: how many events at a time, how fast, how often again. It stands beside the handler
 * (`defineHandler`), and on the command line, which comes first.
 */

export interface RetryOptions {
  /** Calls in all. */
  readonly attempts: number;
  /** Before the second call about this long; twice as long before each further one, up to `maxMs`, with jitter. */
  readonly initialMs: number;
  readonly maxMs: number;
}

export interface RateOptions {
  /** Events for each `perMs`. */
  readonly events: number;
  readonly perMs: number;
  /** Events that may come at once after a pause. */
  readonly burst: number;
  /** Whether that holds for each key, or for all events of the run. */
  readonly perKey: boolean;
}

export interface BreakerOptions {
  /** Failures one after the other after which nothing is called for `pauseMs`. */
  readonly failures: number;
  readonly pauseMs: number;
}

export interface WorkOptions {
  /** Events that one worker handles at the same time. */
  readonly concurrency: number;
  readonly retry: RetryOptions | undefined;
  readonly rate: RateOptions | undefined;
  readonly breaker: BreakerOptions | undefined;
}

export const AS_THEY_COME: WorkOptions = {
  concurrency: 1,
  retry: undefined,
  rate: undefined,
  breaker: undefined,
};

export const CONCURRENCY_MAX = 10_000;

/** Whether events are handled one after the other as fast as they come: then the shortest way is taken. */
export function isAsTheyCome({ concurrency, retry, rate, breaker }: WorkOptions): boolean {
  return concurrency === 1 && retry === undefined && rate === undefined && breaker === undefined;
}

/** Reads the options beside a handler; a string says what is wrong with them. */
export function readWorkOptions(options: Readonly<Record<string, unknown>>): WorkOptions | string {
  const { concurrency = 1, retry, rate, breaker } = options;
  if (!isCount(concurrency, CONCURRENCY_MAX)) {
    return `its "concurrency" is not a whole number from 1 to ${CONCURRENCY_MAX}`;
  }
  const retryOptions = retry === undefined ? undefined : readRetry(retry);
  if (typeof retryOptions === 'string') return retryOptions;
  const rateOptions = rate === undefined ? undefined : readRate(rate);
  if (typeof rateOptions === 'string') return rateOptions;
  const breakerOptions = breaker === undefined ? undefined : readBreaker(breaker);
  if (typeof breakerOptions === 'string') return breakerOptions;
  return { concurrency, retry: retryOptions, rate: rateOptions, breaker: breakerOptions };
}

function isCount(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= max;
}

function isMs(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1;
}

const RETRY = { initialMs: 100, maxMs: 30_000 };

/** `3`, or `{ attempts: 3, initialMs: 100, maxMs: 30_000 }`. */
export function readRetry(value: unknown): RetryOptions | string {
  const given = typeof value === 'number' ? { attempts: value } : value;
  const {
    attempts,
    initialMs = RETRY.initialMs,
    maxMs = RETRY.maxMs,
  } = Object(given) as Record<string, unknown>;
  if (!isCount(attempts, 1000)) return 'its "retry" has no "attempts" from 1 to 1000';
  if (!isMs(initialMs) || !isMs(maxMs)) return 'its "retry" has an "initialMs" or "maxMs" that is no time';
  return { attempts, initialMs, maxMs: Math.max(initialMs, maxMs) };
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** `'500/s'`, or `{ rate: '500/s', burst: 50, per: 'key' }`. */
export function readRate(value: unknown): RateOptions | string {
  const given = typeof value === 'string' ? { rate: value } : value;
  const { rate, burst, per = 'all' } = Object(given) as Record<string, unknown>;
  const [, number, unit] = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(typeof rate === 'string' ? rate : '') ?? [];
  const events = Number(number);
  if (!(events > 0 && events <= 1e9)) return 'its "rate" is not like 500/s, 30/m or 1000/h';
  if (per !== 'all' && per !== 'key') return 'its "rate" is per "all" or per "key"';
  if (burst !== undefined && !isCount(burst, 1e9))
    return 'the "burst" of its "rate" is not a whole number from 1 on';
  return {
    events,
    perMs: UNITS_MS[unit!]!,
    burst: (burst as number | undefined) ?? 1,
    perKey: per === 'key',
  };
}

/** `{ failures: 5, pauseMs: 10_000 }`. */
function readBreaker(value: unknown): BreakerOptions | string {
  const { failures = 5, pauseMs = 10_000 } = Object(value) as Record<string, unknown>;
  if (!isCount(failures, 1e6)) return 'its "breaker" has "failures" that are no whole number from 1 on';
  if (!isMs(pauseMs)) return 'its "breaker" has a "pauseMs" that is no time';
  return { failures, pauseMs };
}
