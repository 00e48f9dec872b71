import type { Handler } from 'millrace';

/** Marks web requests by the length of their answer. */

interface Request {
  readonly bytes: number;
  large?: boolean;
}

const markLarge: Handler<Request> = event => {
  event.large = event.bytes > 5000;
  return event;
};

export default markLarge;
