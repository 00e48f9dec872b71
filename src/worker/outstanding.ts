/** What was asked for and is not done, and for how long there was something. */
export class Outstanding {
  count = 0;
  #occupiedMs = 0;
  #sinceMs = 0;

  /** Time for which there was something to do. */
  get occupiedMs(): number {
    return this.#occupiedMs + (this.count > 0 ? performance.now() - this.#sinceMs : 0);
  }

  begin(): void {
    if (this.count++ === 0) this.#sinceMs = performance.now();
  }

  end(): void {
    if (--this.count === 0) this.#occupiedMs += performance.now() - this.#sinceMs;
  }
}
