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

export interface ParcelOptions {
  /** Events, and bytes of them, with which the handler is called at once at the most. */
  readonly size: number;
  readonly bytesMax: number;
  /** How long events of a live source wait for others. */
  readonly lingerMs: number;
  /** Whether all of them have one key. */
  readonly perKey: boolean;
  /** Whether the halves are tried where the whole has failed. */
  readonly split: boolean;
}

export interface WorkOptions {
  /** Calls of the handler that one worker has at the same time. */
  readonly concurrency: number;
  /** The same for all workers together. */
  readonly maxInFlight: number | undefined;
  /** Set where the handler takes several events at once. */
  readonly batch: ParcelOptions | undefined;
  readonly retry: RetryOptions | undefined;
  readonly rate: RateOptions | undefined;
  readonly breaker: BreakerOptions | undefined;
}

export const AS_THEY_COME: WorkOptions = {
  concurrency: 1,
  maxInFlight: undefined,
  batch: undefined,
  retry: undefined,
  rate: undefined,
  breaker: undefined,
};

export const CONCURRENCY_MAX = 10_000;

/** Whether events are handled one after the other as fast as they come: then the shortest way is taken. */
export function isAsTheyCome({ concurrency, ...others }: WorkOptions): boolean {
  return concurrency === 1 && Object.values(others).every(option => option === undefined);
}

/** Reads the options beside a handler; a string says what is wrong with them. */
export function readWorkOptions(options: Readonly<Record<string, unknown>>): WorkOptions | string {
  const { maxInFlight } = options;
  if (maxInFlight !== undefined && !isCount(maxInFlight, CONCURRENCY_MAX)) {
    return `its "maxInFlight" is not a whole number from 1 to ${CONCURRENCY_MAX}`;
  }
  const { concurrency = maxInFlight ?? 1 } = options;
  if (!isCount(concurrency, CONCURRENCY_MAX)) {
    return `its "concurrency" is not a whole number from 1 to ${CONCURRENCY_MAX}`;
  }
  const batch = readParcels(options);
  if (typeof batch === 'string') return batch;
  const retry = readGiven(options['retry'], readRetry);
  if (typeof retry === 'string') return retry;
  const rate = readGiven(options['rate'], readRate);
  if (typeof rate === 'string') return rate;
  const breaker = readGiven(options['breaker'], readBreaker);
  if (typeof breaker === 'string') return breaker;
  if (rate?.perKey === true && batch?.perKey === false) {
    return 'its "rate" is per "key", and its "batch" is not: events of several keys are handled at once';
  }
  return { concurrency, maxInFlight, batch, retry, rate, breaker };
}

function readGiven<Options>(
  value: unknown,
  read: (value: unknown) => Options | string,
): Options | string | undefined {
  return value === undefined ? undefined : read(value);
}

/** The members of an object that is given; or what is wrong with it, where it has others than these. */
function membersOf(name: string, value: unknown, known: readonly string[]): Record<string, unknown> | string {
  if (typeof value !== 'object' || value === null) return `its "${name}" is no object`;
  const members = value as Record<string, unknown>;
  const unknown = Object.keys(members).find(member => !known.includes(member));
  return unknown === undefined
    ? members
    : `its "${name}" has "${unknown}", which is none of ${known.join(', ')}`;
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
  const given = typeof value === 'object' && value !== null ? value : { attempts: value };
  const members = membersOf('retry', given, ['attempts', 'initialMs', 'maxMs']);
  if (typeof members === 'string') return members;
  const { attempts, initialMs = RETRY.initialMs, maxMs = RETRY.maxMs } = members;
  if (!isCount(attempts, 1000)) return 'its "retry" has no "attempts" from 1 to 1000';
  if (!isMs(initialMs) || !isMs(maxMs)) return 'its "retry" has an "initialMs" or "maxMs" that is no time';
  return { attempts, initialMs, maxMs: Math.max(initialMs, maxMs) };
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** `'500/s'`, or `{ rate: '500/s', burst: 50, per: 'key' }`. */
export function readRate(value: unknown): RateOptions | string {
  const given = typeof value === 'string' ? { rate: value } : value;
  const members = membersOf('rate', given, ['rate', 'burst', 'per']);
  if (typeof members === 'string') return members;
  const { rate, burst, per = 'all' } = members;
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
  const members = membersOf('breaker', value, ['failures', 'pauseMs']);
  if (typeof members === 'string') return members;
  const { failures = 5, pauseMs = 10_000 } = members;
  if (!isCount(failures, 1e6)) return 'its "breaker" has "failures" that are no whole number from 1 on';
  if (!isMs(pauseMs)) return 'its "breaker" has a "pauseMs" that is no time';
  return { failures, pauseMs };
}

const PARCEL = { size: 100, bytes: 1024 * 1024 };
/** A live source must not seem to stand still. */
const LINGER_MS_MAX = 60_000;

/** `batch: { size: 100, bytes: 1_048_576, lingerMs: 0, per: 'all', split: true }`; the command line may say size and linger. */
function readParcels({
  batch,
  batchSize,
  batchLingerMs,
}: Readonly<Record<string, unknown>>): ParcelOptions | string | undefined {
  if (batch === undefined) {
    const isAsked = batchSize !== undefined || batchLingerMs !== undefined;
    return isAsked ? 'it handles events one by one: "batch" must stand beside it' : undefined;
  }
  const members = membersOf('batch', batch, ['size', 'bytes', 'lingerMs', 'per', 'split']);
  if (typeof members === 'string') return members;
  const { bytes = PARCEL.bytes, per = 'all', split = true } = members;
  const { size = PARCEL.size, lingerMs = 0 } = {
    ...members,
    ...(batchSize !== undefined && { size: batchSize }),
    ...(batchLingerMs !== undefined && { lingerMs: batchLingerMs }),
  };
  if (!isCount(size, CONCURRENCY_MAX))
    return `its "batch" has a "size" that is none from 1 to ${CONCURRENCY_MAX}`;
  if (!isCount(bytes, 2 ** 31 - 1)) return 'its "batch" has "bytes" that are no whole number from 1 on';
  if (!isMs(lingerMs) || lingerMs > LINGER_MS_MAX) {
    return `its "batch" has a "lingerMs" that is no time of up to ${LINGER_MS_MAX} ms`;
  }
  if (per !== 'all' && per !== 'key') return 'its "batch" is per "all" or per "key"';
  if (typeof split !== 'boolean') return 'its "batch" has a "split" that is neither true nor false';
  return { size, bytesMax: bytes, lingerMs, perKey: per === 'key', split };
}
