import type { Handler } from 'millrace';

/** Marks look-ups that took long; a quarter of them was never answered, and says nothing of the time. */

interface Lookup {
  readonly rtt?: number;
  slow?: boolean;
}

const markSlow: Handler<Lookup> = event => {
  event.slow = (event.rtt ?? 0) > 0.01;
  return event;
};

export default markSlow;
