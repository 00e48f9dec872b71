/**
 * A place where one loop waits until somebody says that something has changed.
 *
 * Unlike racing promises it keeps nothing behind: a promise that lives as long as the run would collect a reaction
 * for every time that it is raced.
 */
export class Gate {
  #open = false;
  #waiting: (() => void) | undefined;

  /** Lets the waiting loop go on, or the next one that comes. */
  readonly open = (): void => {
    this.#open = true;
    this.#waiting?.();
  };

  /** Resolves when `open` has been called since the last time that this resolved. One caller at a time. */
  async pass(): Promise<void> {
    if (!this.#open) {
      await new Promise<void>(resolve => {
        this.#waiting = resolve;
      });
    }
    this.#waiting = undefined;
    this.#open = false;
  }
}
