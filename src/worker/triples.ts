/**
 * A list of rows of three 32-bit numbers, which keeps its memory when it is emptied: an array of numbers gives its own away,
 * and what grows anew for every few thousand events is more garbage than the events.
 */
export class Triples {
  /** Rows that it has. */
  count = 0;
  /** Three for each row. */
  words: Int32Array;

  constructor(rows: number) {
    this.words = new Int32Array(3 * rows);
  }

  push(first: number, second: number, third: number): void {
    const at = 3 * this.count++;
    if (at === this.words.length) this.#grow();
    this.words[at] = first;
    this.words[at + 1] = second;
    this.words[at + 2] = third;
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.words.length);
    larger.set(this.words);
    this.words = larger;
  }
}
