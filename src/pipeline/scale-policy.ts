/**
 * How many lanes should be given work, by how busy those are that have some: up soon, down late, so that the number does not
 * go to and fro with every burst.
 */

/** What was seen since the last look. */
export interface Load {
  /** The share of the time for which the lanes that are given work had some, on average: 0 to 1. */
  readonly occupied: number;
  /** Whether events wait because no lane had room. */
  readonly isHeldBack: boolean;
  /** The share of all processors that the process was on: 0 to 1. */
  readonly processor: number;
}

/** Lanes are added where those there are have been at work for this share of the time, in so many looks in a row. */
const UP_OCCUPIED = 0.9;
const UP_LOOKS = 2;
/** With so little of the processors left, a further lane would only take from the others. */
const PROCESSOR_MAX = 0.9;
/** A lane is taken away where the others would still have less to do than this, in so many looks in a row. */
const DOWN_OCCUPIED = 0.6;
const DOWN_LOOKS = 20;

export class ScalePolicy {
  readonly #min: number;
  readonly #max: number;
  #up = 0;
  #down = 0;

  /** With `min` 0 no lane is left when there is nothing to do. */
  constructor(min: number, max: number) {
    this.#min = min;
    this.#max = max;
  }

  /** The number of lanes that should be given work from now on, where it is `active` now. */
  next(active: number, { occupied, isHeldBack, processor }: Load): number {
    if (active === 0) return occupied > 0 ? 1 : 0;
    this.#up = isHeldBack && occupied >= UP_OCCUPIED ? this.#up + 1 : 0;
    const isQuiet = (occupied * active) / Math.max(1, active - 1) < DOWN_OCCUPIED;
    this.#down = isQuiet && (active > 1 || occupied === 0) ? this.#down + 1 : 0;
    if (active < this.#max && this.#up >= UP_LOOKS && processor < PROCESSOR_MAX) {
      this.#up = 0;
      return Math.min(this.#max, Math.max(this.#min, active + Math.ceil(active / 2)));
    }
    if (active > this.#min && this.#down >= DOWN_LOOKS) {
      this.#down = 0;
      return occupied === 0 ? this.#min : Math.max(this.#min, active - 1);
    }
    return active;
  }
}
