import {
  circuitBreaker,
  CircuitState,
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
 * cockatiel's.
 *
 * While the breaker is open calls wait. A failure that opens it, or with which it stays open, says more of the time than of
 * the event, and is not counted against it: the event is tried again when that may help. Only one that fails then as well, as
 * often in a row as would open the breaker, is given up, lest it keeps all others waiting for ever.
 */
export class Attempts {
  readonly #retry;
  readonly #breaker;
  readonly #pauseMs: number;
  readonly #trialsMax: number;

  constructor({ retry: again, breaker }: WorkOptions) {
    this.#retry =
      again === undefined || again.attempts === 1
        ? noop
        : retry(handleAll, {
            maxAttempts: again.attempts - 1,
            backoff: new ExponentialBackoff({ initialDelay: again.initialMs, maxDelay: again.maxMs }),
          });
    this.#pauseMs = breaker?.pauseMs ?? 0;
    this.#trialsMax = breaker?.failures ?? 0;
    this.#breaker =
      breaker === undefined
        ? undefined
        : circuitBreaker(handleAll, {
            halfOpenAfter: breaker.pauseMs,
            breaker: new ConsecutiveBreaker(breaker.failures),
          });
  }

  /** What `call` gives in the end; it is told the number of the call, from 1 on. */
  async run(call: (number: number) => Promise<unknown>): Promise<unknown> {
    const counted = numbered(call);
    return this.#retry.execute(() => this.#throughBreaker(counted));
  }

  /** The same without trying again what fails. */
  async once(call: () => Promise<unknown>): Promise<unknown> {
    return this.#throughBreaker(call);
  }

  async #throughBreaker(call: () => Promise<unknown>): Promise<unknown> {
    if (this.#breaker === undefined) return call();
    for (let trials = 0; ; ) {
      try {
        return await this.#breaker.execute(call);
      } catch (error) {
        if (!isBrokenCircuitError(error)) {
          const isWorking = this.#breaker.state === CircuitState.Closed;
          if (isWorking || ++trials > this.#trialsMax) throw error;
        }
      }
      // Until somebody may try whether it works again.
      await new Promise(resolve => {
        setTimeout(resolve, Math.max(1, this.#pauseMs / 4));
      });
    }
  }
}

function numbered(call: (number: number) => Promise<unknown>): () => Promise<unknown> {
  let calls = 0;
  return () => call(++calls);
}
