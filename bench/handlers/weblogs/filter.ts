import type { Handler } from 'millrace';

/** Web requests that failed. */

interface Request {
  readonly response: number;
}

export default (event => event.response >= 500) satisfies Handler<Request>;
