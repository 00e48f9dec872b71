import type { Handler } from 'millrace';

/** Edits by which a page grew much. */

interface Edit {
  readonly delta: number;
}

export default (event => event.delta > 1000) satisfies Handler<Edit>;
