import type { Handler } from 'millrace';

/** Look-ups made anew, with a mark for those that took long. */

interface Lookup {
  readonly rtt?: number;
}

export default (event => ({ ...event, slow: (event.rtt ?? 0) > 0.01 })) satisfies Handler<Lookup>;
