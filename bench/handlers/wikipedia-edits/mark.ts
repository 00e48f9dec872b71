import type { Handler } from 'millrace';

/** Marks edits by which much text came to be. */

interface Edit {
  readonly added: number;
  large?: boolean;
}

const markLarge: Handler<Edit> = event => {
  event.large = event.added > 1000;
  return event;
};

export default markLarge;
