/** What a handler counts (`context.count`): names, each with a number. */

/** Names that one thread may count; a name for each event would fill the memory. */
const NAMES_MAX = 100;

export type Counted = Readonly<Record<string, number>>;

export class Counts {
  readonly #byName = new Map<string, number>();
  readonly #names: Set<string>;

  /** `names` are those that were counted before, which grow. */
  constructor(names: Set<string>) {
    this.#names = names;
  }

  /** Throws where that is no number, or there are too many names. */
  add(name: string, by = 1): void {
    if (typeof name !== 'string' || !Number.isFinite(by)) {
      throw new TypeError('context.count takes a name and a number');
    }
    if (this.#names.size >= NAMES_MAX && !this.#names.has(name)) {
      throw new RangeError(`the handler counts more than ${NAMES_MAX} things by name, the last is "${name}"`);
    }
    this.#names.add(name);
    this.#byName.set(name, (this.#byName.get(name) ?? 0) + by);
  }

  addAll(counts: Counts): void {
    for (const [name, by] of counts.#byName) this.add(name, by);
  }

  /** Undefined where nothing was counted. */
  result(): Counted | undefined {
    return this.#byName.size === 0 ? undefined : Object.fromEntries(this.#byName);
  }
}
