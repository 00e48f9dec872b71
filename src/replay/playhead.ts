/**
 * Where a replay is on its timeline: a place that moves with the clock, as fast as is wanted, and stands still in a pause.
 *
 * It is always reckoned from when it was last set, and never from one event to the next, so that nothing adds up. A speed of
 * infinity is `max`: then everything is due at once.
 */
export class Playhead {
  #speed: number;
  #isPaused = false;
  /** The place at `#sinceMs`; it begins to move with the first event. */
  #place = 0;
  #sinceMs = Number.NaN;

  constructor(speed: number) {
    this.#speed = speed;
  }

  get speed(): number {
    return this.#speed;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether nothing waits for its time. */
  get isFree(): boolean {
    return this.#speed === Number.POSITIVE_INFINITY && !this.#isPaused;
  }

  /** Begins to move, where it has not yet. */
  begin(nowMs: number): void {
    if (Number.isNaN(this.#sinceMs)) this.#sinceMs = nowMs;
  }

  /** When what stands at `place` is due; infinity in a pause. */
  dueMs(place: number): number {
    if (this.#isPaused) return Number.POSITIVE_INFINITY;
    return this.#sinceMs + (place - this.#place) / this.#speed;
  }

  /** Stops at `nextPlace`, where the next event stands, or before it. */
  pause(nowMs: number, nextPlace: number): void {
    this.#settle(nowMs, nextPlace);
    this.#isPaused = true;
  }

  resume(nowMs: number): void {
    if (!this.#isPaused) return;
    this.#sinceMs = nowMs;
    this.#isPaused = false;
  }

  /** From here on another speed; what was late because the reader is slow does not have to be made up for. */
  setSpeed(speed: number, nowMs: number, nextPlace: number): void {
    this.#settle(nowMs, nextPlace);
    this.#speed = speed;
  }

  /** Goes on to `place` in a pause. */
  moveTo(place: number): void {
    this.#place = Math.max(this.#place, place);
  }

  #settle(nowMs: number, nextPlace: number): void {
    if (this.#isPaused || Number.isNaN(this.#sinceMs)) return;
    // The speed may be infinite, and no time have gone by.
    const moved = nowMs > this.#sinceMs ? (nowMs - this.#sinceMs) * this.#speed : 0;
    this.#place = Math.min(this.#place + moved, Math.max(this.#place, nextPlace));
    this.#sinceMs = nowMs;
  }
}
