import type { Handler } from 'millrace';

/** The handler of the bench that makes a new event of every member of the old one, and one more. */

interface Access {
  readonly latency_ms: number;
}

export default (event => ({ ...event, slow: event.latency_ms > 200 })) satisfies Handler<Access>;
