/**
 * The second of event time with the most events, in memory that does not grow: of the seconds that are counted those
 * that were begun first are forgotten, so only an event that comes very late can count for less than it should.
 */

/** Seconds that are counted at a time: more than half a day of them. */
const SECONDS_MAX = 65_536;

export class BusySeconds {
  /** The most events in one second, and that second since 1970. */
  peak = 0;
  peakSecond = 0;
  readonly #secondsMax: number;
  readonly #counts = new Map<number, number>();

  constructor(secondsMax = SECONDS_MAX) {
    this.#secondsMax = secondsMax;
  }

  add(ms: number): void {
    const second = Math.floor(ms / 1000);
    const count = (this.#counts.get(second) ?? 0) + 1;
    this.#counts.set(second, count);
    if (count > this.peak) {
      this.peak = count;
      this.peakSecond = second;
    }
    if (this.#counts.size > this.#secondsMax) this.#forget();
  }

  #forget(): void {
    let left = this.#counts.size / 2;
    for (const second of this.#counts.keys()) {
      if (left-- <= 0) return;
      this.#counts.delete(second);
    }
  }
}
