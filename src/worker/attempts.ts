import {
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  isBrokenCircuitError,
  noop,
  retry,
} from 'cockatiel';
import type { WorkOptions } from './work-options.ts';

/**
 * Calls a handler again where it fails, and not at all for a while where it only fails: retry and circuit breaker are
 * cockatiel's. Events wait while the breaker is open; none is given up for it.
 */
export class Attempts {
  readonly #retry;
  readonly #breaker;
  readonly #pauseMs: number;

  constructor({ retry: again, breaker }: WorkOptions) {
    this.#retry =
      again === undefined || again.attempts === 1
        ? noop
        : retry(handleAll, {
            maxAttempts: again.attempts - 1,
            backoff: new ExponentialBackoff({ initialDelay: again.initialMs, maxDelay: again.maxMs }),
          });
    this.#pauseMs = breaker?.pauseMs ?? 0;
    this.#breaker =
      breaker === undefined
        ? noop
        : circuitBreaker(handleAll, {
            halfOpenAfter: breaker.pauseMs,
            breaker: new ConsecutiveBreaker(breaker.failures),
          });
  }

  /** What `call` gives in the end; it is told the number of the attempt, from 1 on. */
  async run(call: (attempt: number) => Promise<unknown>): Promise<unknown> {
    let attempt = 0;
    return this.#retry.execute(() => {
      attempt++;
      return this.#whenClosed(() => call(attempt));
    });
  }

  async #whenClosed(call: () => Promise<unknown>): Promise<unknown> {
    for (;;) {
      try {
        return await this.#breaker.execute(call);
      } catch (error) {
        if (!isBrokenCircuitError(error)) throw error;
      }
      // Until somebody may try whether it works again.
      await new Promise(resolve => {
        setTimeout(resolve, Math.max(1, this.#pauseMs / 4));
      });
    }
  }
}
