/**
 * Random numbers that are the same for the same seed on every machine and in every version of Node: sfc32 by Chris
 * Doty-Humphrey, as in PractRand, in 32-bit arithmetic. They are made in blocks, so that a draw is a load and a multiplication.
 */

const BLOCK = 1024;
/** What PractRand runs a new state for before its numbers count. */
const WARM_UP = 15;
const TWO_32 = 2 ** 32;

export class Random {
  readonly #state = new Int32Array(4);
  readonly #block = new Uint32Array(BLOCK);
  #at = BLOCK;

  /** `stream` tells sequences of one seed apart, which then have nothing to do with each other. */
  constructor(seed: number, stream: number) {
    this.#state.set([seed | 0, Math.floor(seed / TWO_32) | 0, stream | 0, 1]);
    for (let round = 0; round < WARM_UP; round++) this.#fill();
    this.#at = BLOCK;
  }

  /** 32 random bits. */
  bits(): number {
    if (this.#at === BLOCK) this.#fill();
    return this.#block[this.#at++]!;
  }

  /** A whole number from 0 to just below `bound`, which is at most 2^32. */
  below(bound: number): number {
    return Math.floor((this.bits() / TWO_32) * bound);
  }

  /** A number from 0 to just below 1, of 32 bits. */
  unit(): number {
    return this.bits() / TWO_32;
  }

  #fill(): void {
    const block = this.#block;
    let [a, b, c, counter] = this.#state as unknown as [number, number, number, number];
    for (let index = 0; index < BLOCK; index++) {
      const sum = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + sum) | 0;
      block[index] = sum;
    }
    this.#state.set([a, b, c, counter]);
    this.#at = 0;
  }
}
