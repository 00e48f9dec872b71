/**
 * Chooses how events are decoded: in part, as far as the handler looks at them, or whole. Both give the same bytes; which
 * one takes less time depends on the handler and on the data, so now and then both are tried for a batch or two.
 */

/** Batches of a trial, by turns in part and whole; the first two only warm up. */
const TRIAL_BATCHES = 10;
const WARM_UP_BATCHES = 2;
/**
 * Batches between two trials: few as long as it is uncertain, since a busy machine may have misled the last one, and twice as
 * many after each that says the same.
 */
const PAUSE_BATCHES_MIN = 40;
const PAUSE_BATCHES_MAX = 1280;
/** Batches of fewer events say nothing. */
const EVENTS_MIN = 200;

export class WayChoice {
  /** Whether the next batch is to be decoded in part. */
  inPart: boolean;
  /** Whether the handler returned its event and it was not known how that was spelt. */
  returnsEvents = false;
  /** Whether it returned something else, and it was not known how the numbers of the line were spelt. */
  returnsOthers = false;
  #canChoose: boolean;
  #trial = 0;
  #pause = 0;
  #nextPause = PAUSE_BATCHES_MIN;
  #chosen: boolean;
  #isHeld = false;
  readonly #nsPerEvent: { inPart: number[]; whole: number[] } = { inPart: [], whole: [] };

  /** `canChoose` is whether there is a choice: without it, events are decoded whole. */
  constructor(canChoose: boolean) {
    this.#canChoose = canChoose;
    this.#chosen = canChoose;
    this.inPart = canChoose;
  }

  /** From now on there is no choice. */
  stayWhole(): void {
    this.#canChoose = false;
    this.inPart = false;
  }

  /** Whether there is a choice, be it held or not. */
  get canChoose(): boolean {
    return this.#canChoose;
  }

  /** Ends all trials: where there is a choice, events are decoded that way from now on, or else as was chosen last. */
  hold(inPart = this.#chosen): void {
    this.#isHeld = true;
    if (this.#canChoose) this.inPart = inPart;
  }

  sawEvent(): void {
    this.returnsEvents = true;
  }

  sawOther(): void {
    this.returnsOthers = true;
  }

  /** Says how long a batch took. */
  batchDone(events: number, ms: number): void {
    if (!this.#canChoose || this.#isHeld || events < EVENTS_MIN) return;
    if (this.#pause > 0) {
      this.#pause--;
      return;
    }
    if (this.#trial >= WARM_UP_BATCHES) {
      (this.inPart ? this.#nsPerEvent.inPart : this.#nsPerEvent.whole).push(ms / events);
    }
    this.#trial++;
    if (this.#trial < TRIAL_BATCHES) {
      this.inPart = this.#trial % 2 === 0;
      return;
    }
    const { inPart, whole } = this.#nsPerEvent;
    // The fastest of each: whatever else the machine does makes a batch slower, never faster.
    const chosen = Math.min(...inPart) <= Math.min(...whole);
    this.#nextPause =
      chosen === this.#chosen ? Math.min(2 * this.#nextPause, PAUSE_BATCHES_MAX) : PAUSE_BATCHES_MIN;
    this.#chosen = chosen;
    this.inPart = chosen;
    inPart.length = 0;
    whole.length = 0;
    this.#trial = 0;
    this.#pause = this.#nextPause;
  }
}
