/** The clock of a replay, and its waiting: until a time, or until something has changed. Tests have another one. */
export interface Alarm {
  /** Milliseconds since some moment, which never go back. */
  readonly now: () => number;
  /** Resolves at `untilMs`, or when it is rung before that. One caller at a time. */
  readonly wait: (untilMs: number) => Promise<void>;
  /** Ends the waiting, or the next one that begins. */
  readonly ring: () => void;
}

/** Timers take no more; whoever waits looks again then. */
const WAIT_MS_MAX = 3_600_000;

export class RealAlarm implements Alarm {
  #isRung = false;
  #wake: (() => void) | undefined;

  now(): number {
    return performance.now();
  }

  async wait(untilMs: number): Promise<void> {
    const ms = Math.min(WAIT_MS_MAX, untilMs - this.now());
    if (!this.#isRung && ms > 0) {
      await new Promise<void>(resolve => {
        // Timers have whole milliseconds, and cut off the rest: so it rings rather early than late.
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = undefined;
    this.#isRung = false;
  }

  readonly ring = (): void => {
    this.#isRung = true;
    this.#wake?.();
  };
}
