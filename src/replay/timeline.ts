/**
 * Turns the times of events into places on a line that a replay can be played along: milliseconds from the first event, which
 * never go back.
 *
 * An event that is not later than one before it has the place of that one, so it goes out at once. A gap that is longer than
 * `gapMsMax` counts as that much. If the event behind such a gap was alone out there (a clock that was wrong once), the next
 * one goes on from before the gap: else one wrong time would be the measure of all that follow.
 */
export class Timeline {
  /** The place of the last event. */
  place = 0;
  readonly #gapMsMax: number;
  /** The latest time so far, and the one before it where the gap between the two was cut. */
  #latestMs = Number.NaN;
  #beforeCutMs = Number.NaN;

  constructor(gapMsMax: number) {
    this.#gapMsMax = gapMsMax;
  }

  /** The place of the next event; NaN is the time of one that has none, and goes with the one before it. */
  placeOf(timeMs: number): number {
    if (Number.isNaN(timeMs)) return this.place;
    if (Number.isNaN(this.#latestMs)) {
      this.#latestMs = timeMs;
      return this.place;
    }
    if (timeMs < this.#latestMs && !this.#isBackBeforeCut(timeMs)) return this.place;
    const fromMs = timeMs < this.#latestMs ? this.#beforeCutMs : this.#latestMs;
    const gapMs = timeMs - fromMs;
    this.#beforeCutMs = gapMs > this.#gapMsMax ? fromMs : Number.NaN;
    this.#latestMs = timeMs;
    this.place += Math.min(gapMs, this.#gapMsMax);
    return this.place;
  }

  /** Says that events were passed over: there is no gap before the next one. */
  skip(): void {
    this.#latestMs = Number.NaN;
    this.#beforeCutMs = Number.NaN;
  }

  #isBackBeforeCut(timeMs: number): boolean {
    return timeMs >= this.#beforeCutMs && timeMs - this.#beforeCutMs < this.#latestMs - timeMs;
  }
}
