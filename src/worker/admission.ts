import { Permits } from './permits.ts';
import { RateLimit } from './rate-limit.ts';
import type { WorkOptions } from './work-options.ts';

/** Says when the handler may be called: at the rate that is wanted, and by no more at a time than there are permits. */

/** Memory that all threads share, and whose it is here. */
export interface SharedLimits {
  readonly rateClock: SharedArrayBuffer;
  readonly permits: SharedArrayBuffer;
  /** The number of the lane, from 1 on. */
  readonly lane: number;
}

/** Let in, with what is to be given back; or for how long to wait, and whether that is so for all keys. */
export type Verdict =
  | { readonly permit: number | undefined }
  | { readonly wait: Promise<void>; readonly forAll: boolean };

export class Admission {
  readonly #rate: RateLimit | undefined;
  readonly #isPerKey: boolean;
  readonly #permits: Permits | undefined;
  /** Whether events have waited without a pause since one had to wait for the rate; or for which keys that is so. */
  #hasWaited = false;
  readonly #keysWaited = new Set<string | undefined>();

  constructor({ rate, maxInFlight }: WorkOptions, { rateClock, permits, lane }: SharedLimits) {
    this.#rate = rate && new RateLimit(rate, rateClock);
    this.#isPerKey = rate?.perKey === true;
    this.#permits = maxInFlight === undefined ? undefined : new Permits(permits, maxInFlight, lane);
  }

  /** Asks for a call with so many events of the key. */
  ask(key: string | undefined, events = 1): Verdict {
    const permit = this.#permits?.take();
    if (this.#permits !== undefined && permit === undefined) {
      return { wait: this.#permits.someGiven(), forAll: true };
    }
    const hasWaited = this.#isPerKey ? this.#keysWaited.delete(key) : this.#hasWaited;
    const waitMs = this.#rate?.pass(key, events, hasWaited) ?? 0;
    if (waitMs === 0) return { permit };
    this.#hasWaited = true;
    if (this.#isPerKey) this.#keysWaited.add(key);
    this.leave(permit);
    return { wait: passed(waitMs), forAll: !this.#isPerKey || key === undefined };
  }

  /** There is nothing to ask for just now. */
  rest(): void {
    this.#hasWaited = false;
  }

  /** The call is over. */
  leave(permit: number | undefined): void {
    if (permit !== undefined) this.#permits!.give(permit);
  }
}

function passed(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms);
  });
}
