import type { Handler } from 'millrace';

/** The handler of the bench that changes every event: it reads one member and adds another. */

interface Access {
  readonly latency_ms: number;
  slow?: boolean;
}

const markSlow: Handler<Access> = event => {
  event.slow = event.latency_ms > 200;
  return event;
};

export default markSlow;
