import type { Alarm } from '../../src/replay/alarm.ts';

/** A clock that stands still but for waiting, and then is at once where it is waited for; things can happen on the way. */
export class FakeAlarm implements Alarm {
  nowMs = 1000;
  waits = 0;
  #isRung = false;
  readonly #overshootMs: () => number;
  #events: { readonly atMs: number; readonly happen: () => void }[] = [];

  constructor(overshootMs: () => number = () => 0) {
    this.#overshootMs = overshootMs;
  }

  now = (): number => this.nowMs;

  /** Lets `happen` be called at `atMs`; in the order in which they come. */
  at(atMs: number, happen: () => void): void {
    this.#events.push({ atMs, happen });
    this.#events.sort((a, b) => a.atMs - b.atMs);
  }

  wait = async (untilMs: number): Promise<void> => {
    this.waits++;
    const isRung = this.#isRung;
    this.#isRung = false;
    if (isRung) return;
    const next = this.#events[0];
    if (next !== undefined && next.atMs <= untilMs) {
      this.#events.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.happen();
      this.#isRung = false;
      return;
    }
    if (untilMs === Number.POSITIVE_INFINITY) throw new Error('it would wait for ever');
    this.nowMs = Math.max(this.nowMs, untilMs) + this.#overshootMs();
  };

  ring = (): void => {
    this.#isRung = true;
  };
}
