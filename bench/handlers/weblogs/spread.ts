import type { Handler } from 'millrace';

/** Web requests made anew, with a mark for long answers. */

interface Request {
  readonly bytes: number;
}

export default (event => ({ ...event, large: event.bytes > 5000 })) satisfies Handler<Request>;
