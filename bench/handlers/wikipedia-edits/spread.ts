import type { Handler } from 'millrace';

/** Edits made anew, with a mark where much text came to be. */

interface Edit {
  readonly added: number;
}

export default (event => ({ ...event, large: event.added > 1000 })) satisfies Handler<Edit>;
