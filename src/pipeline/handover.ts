/** A queue between the loop that reads and the loop that gathers. What bounds it is the pool of slots. */
export class Handover<T> {
  readonly #items: T[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  push(item: T): void {
    this.#items.push(item);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The next item in order, or undefined after the last. One caller at a time. */
  async take(): Promise<T | undefined> {
    while (this.#items.length === 0 && !this.#ended) {
      // oxlint-disable-next-line no-loop-func -- one waiter at a time
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    return this.#items.shift();
  }
}
