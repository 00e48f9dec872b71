import type { RateOptions } from './work-options.ts';

/**
 * Lets events pass at a rate, evenly: the generic cell rate algorithm (ITU-T I.371), which keeps nothing but the time at
 * which the next event would be due. For a rate of the whole run that time lies in memory that all lanes share; where each key
 * has a rate of its own, so does that of the events without a key, which any lane may have.
 *
 * Who has waited is woken a little late, as timers are. For as much as that it goes on from when it was due, and not from
 * now: else the rate would never be reached.
 */

/** Keys whose times are kept; those that are long due need none. */
const KEYS_MAX = 10_000;
const NS_PER_MS = 1e6;

/** How late a timer may be that nothing is lost for it. */
const LATE_NS_MAX = 20_000_000n;

function monotonic(): bigint {
  return process.hrtime.bigint();
}

export class RateLimit {
  readonly #intervalNs: bigint;
  /** How much earlier than due an event may come. */
  readonly #slackNs: bigint;
  readonly #perKey: boolean;
  readonly #shared: BigInt64Array;
  readonly #byKey = new Map<string, bigint>();
  readonly #now: () => bigint;

  /** `shared` are eight bytes, zero at the start; `now` is in nanoseconds, of a clock that all threads have. */
  constructor(options: RateOptions, shared: SharedArrayBuffer, now: () => bigint = monotonic) {
    const { events, perMs, burst, perKey } = options;
    this.#intervalNs = BigInt(Math.max(1, Math.round((perMs * NS_PER_MS) / events)));
    this.#slackNs = this.#intervalNs * BigInt(burst - 1);
    this.#perKey = perKey;
    this.#shared = new BigInt64Array(shared);
    this.#now = now;
  }

  /** Lets so many events pass, at once after they have waited or not, and gives 0; or gives the milliseconds to wait before asking again. */
  pass(key: string | undefined, events = 1, hasWaited = false): number {
    const takesNs = this.#intervalNs * BigInt(events);
    const lateNs = hasWaited ? LATE_NS_MAX : 0n;
    if (!this.#perKey || key === undefined) return this.#passAny(takesNs, lateNs);
    return this.#passKey(key, takesNs, lateNs);
  }

  #passAny(takesNs: bigint, lateNs: bigint): number {
    for (;;) {
      const due = Atomics.load(this.#shared, 0);
      const now = this.#now();
      if (due - this.#slackNs > now) return Number(due - this.#slackNs - now) / NS_PER_MS;
      const next = later(due, now - lateNs) + takesNs;
      if (Atomics.compareExchange(this.#shared, 0, due, next) === due) return 0;
    }
  }

  #passKey(key: string, takesNs: bigint, lateNs: bigint): number {
    const now = this.#now();
    const due = this.#byKey.get(key) ?? 0n;
    if (due - this.#slackNs > now) return Number(due - this.#slackNs - now) / NS_PER_MS;
    if (this.#byKey.size >= KEYS_MAX) this.#forget(now);
    this.#byKey.set(key, later(due, now - lateNs) + takesNs);
    return 0;
  }

  #forget(now: bigint): void {
    for (const [key, due] of this.#byKey) if (due <= now) this.#byKey.delete(key);
  }
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
