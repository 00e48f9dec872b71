import { reasonOf } from '../base/errors.ts';

/** Tells what is to be known of each path, and of all of them, once, however often it is found. */
export class ToldOnce {
  readonly #tell: (note: string) => void;
  readonly #told = new Map<string, string>();

  constructor(tell: (note: string) => void) {
    this.#tell = tell;
  }

  tell(about: string, note: string): void {
    if (this.#told.get(about) === note) return;
    this.#told.set(about, note);
    this.#tell(note);
  }

  trouble(path: string, error: unknown): void {
    this.tell(path, `"${path}" cannot be read now: ${reasonOf(error)}; it is tried again`);
  }

  /** Says that what was told of the path is over. */
  over(path: string): void {
    this.#told.delete(path);
  }
}
