import type { Handler } from 'millrace';

/** Look-ups of names that do not exist. */

interface Lookup {
  readonly rcode_name?: string;
}

export default (event => event.rcode_name === 'NXDOMAIN') satisfies Handler<Lookup>;
