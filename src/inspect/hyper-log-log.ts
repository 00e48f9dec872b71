/**
 * HyperLogLog: about how many different values there were, in memory that does not grow (Flajolet, Fusy, Gandouet,
 * Meunier: "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm", 2007), with the paper's
 * correction for few values. With 64 bits of hash the one for very many is not needed.
 */

/** More registers would need more bits of the first half than leave anything to choose from. */
const BITS_MIN = 7;
const BITS_MAX = 16;

export class HyperLogLog {
  /** For each register the longest run of zeros that was seen, plus one. */
  readonly #registers: Uint8Array;
  readonly #shift: number;

  /** With `2 ** bits` registers of a byte each; `bits` from 7 to 16. */
  constructor(bits: number) {
    if (!(bits >= BITS_MIN && bits <= BITS_MAX)) throw new RangeError(`${bits} bits`);
    this.#registers = new Uint8Array(2 ** bits);
    this.#shift = 32 - bits;
  }

  /** Takes a value by two halves of its hash (32 bits each): one chooses the register, the other is looked at for zeros. */
  add(a: number, b: number): void {
    const register = a >>> this.#shift;
    const rank = Math.clz32(b) + 1;
    if (rank > this.#registers[register]!) this.#registers[register] = rank;
  }

  /** How many different values there were, to about `standardError`. */
  estimate(): number {
    const count = this.#registers.length;
    let inverse = 0;
    let empty = 0;
    for (const rank of this.#registers) {
      inverse += 2 ** -rank;
      if (rank === 0) empty++;
    }
    const alpha = 0.7213 / (1 + 1.079 / count);
    const raw = (alpha * count * count) / inverse;
    return raw <= 2.5 * count && empty > 0 ? count * Math.log(count / empty) : raw;
  }

  /** The standard deviation of the estimate, as a share of it. */
  get standardError(): number {
    return 1.04 / Math.sqrt(this.#registers.length);
  }
}
