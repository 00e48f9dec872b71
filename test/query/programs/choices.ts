/** One way to write something, and how often it is to be taken beside others. */
export type Production = readonly [weight: number, write: () => string];

/** Decides by numbers that were drawn before, so that a program is the same again, and smaller ones can be looked for. */
export class Choices {
  readonly #choices: readonly number[];
  #at = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  protected pick(productions: readonly Production[]): string {
    return this.pickOf(productions);
  }

  /** One of the productions, by their weights. */
  protected pickOf<Result>(productions: readonly (readonly [weight: number, write: () => Result])[]): Result {
    const total = productions.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.below(total);
    for (const [weight, write] of productions) {
      if (at < weight) return write();
      at -= weight;
    }
    throw new Error('there is no production');
  }

  protected chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** A whole number below `limit`; 0 when there is nothing left to choose by. */
  protected below(limit: number): number {
    return limit === 0 ? 0 : (this.#choices[this.#at++] ?? 0) % limit;
  }
}
