import type { Handler } from 'millrace';

/** The handler of the bench that passes some events on as they are and drops the others. */

interface Access {
  readonly status: number;
}

export default (event => event.status >= 500) satisfies Handler<Access>;
