/**
 * Space-Saving: the most frequent values of a stream, in memory that does not grow (Metwally, Agrawal, El Abbadi:
 * "Efficient computation of frequent and top-k elements in data streams", 2005).
 *
 * Invariants, for `total` values and `capacity` counters: a value's count is never too low, and too high by at most
 * its `error`, which is at most total / capacity; every value that came more often than that has a counter. The
 * counters are a heap with the lowest count on top, so a value costs at most the heap's depth.
 */

/** A frequent value: it came at most `count` times, and at least `count - error` times. */
export interface Heavy {
  readonly value: string;
  readonly count: number;
  readonly error: number;
}

export class SpaceSaving {
  total = 0;
  readonly #capacity: number;
  readonly #places = new Map<string, number>();
  readonly #values: string[] = [];
  readonly #counts: number[] = [];
  readonly #errors: number[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(value: string): void {
    this.total++;
    const place = this.#places.get(value);
    if (place !== undefined) {
      this.#counts[place]!++;
      this.#sink(place);
    } else if (this.#values.length < this.#capacity) {
      // No count is below one, so the end of the heap is its place.
      this.#places.set(value, this.#values.length);
      this.#values.push(value);
      this.#counts.push(1);
      this.#errors.push(0);
      this.#rise(this.#values.length - 1);
    } else {
      this.#places.delete(this.#values[0]!);
      this.#places.set(value, 0);
      this.#values[0] = value;
      this.#errors[0] = this.#counts[0]!;
      this.#counts[0]!++;
      this.#sink(0);
    }
  }

  /** The `most` values with the highest counts, the highest first; those with equal counts by their text. */
  top(most: number): Heavy[] {
    return this.#values
      .map((value, at) => ({ value, count: this.#counts[at]!, error: this.#errors[at]! }))
      .sort((one, other) => other.count - one.count || (one.value < other.value ? -1 : 1))
      .slice(0, most);
  }

  /** How often a value can have come that has no counter; and how much too high any count can be. */
  get errorMax(): number {
    return this.#values.length < this.#capacity ? 0 : Math.floor(this.total / this.#capacity);
  }

  /** Moves the counter at `place` down until none below it is lower. */
  #sink(place: number): void {
    const counts = this.#counts;
    for (let at = place; ; ) {
      const left = 2 * at + 1;
      if (left >= counts.length) return;
      const lower = left + 1 < counts.length && counts[left + 1]! < counts[left]! ? left + 1 : left;
      if (counts[lower]! >= counts[at]!) return;
      this.#swap(at, lower);
      at = lower;
    }
  }

  #rise(place: number): void {
    for (let at = place; at > 0; ) {
      const parent = (at - 1) >>> 1;
      if (this.#counts[parent]! <= this.#counts[at]!) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #swap(one: number, other: number): void {
    for (const column of [this.#counts, this.#errors]) {
      const moved = column[one]!;
      column[one] = column[other]!;
      column[other] = moved;
    }
    const moved = this.#values[one]!;
    this.#values[one] = this.#values[other]!;
    this.#values[other] = moved;
    this.#places.set(this.#values[one], one);
    this.#places.set(moved, other);
  }
}
