/** How far a bench is: what it does, which share of it is done, and how long the rest takes, from how it went so far. */

export interface Progress {
  readonly what: string;
  readonly share: number;
  readonly secondsLeft: number;
}

interface Step {
  readonly what: string;
  readonly seconds: number;
}

export class Schedule {
  readonly #tell: (progress: Progress) => void;
  readonly #startedMs = performance.now();
  #planned = 0;
  #done = 0;
  #what = 'reading the input';

  constructor(tell: (progress: Progress) => void) {
    this.#tell = tell;
  }

  /** Plans `count` pieces that take about so many seconds each. */
  plan(count: number, seconds: number): void {
    this.#planned += count * seconds;
  }

  begin(what: string): void {
    this.#what = what;
    this.#show();
  }

  /** Says that one piece is done that was planned with so many seconds. */
  done({ seconds, what }: Step): void {
    this.#done = Math.min(this.#planned, this.#done + seconds);
    this.#what = what;
    this.#show();
  }

  #show(): void {
    const elapsed = (performance.now() - this.#startedMs) / 1000;
    const left = this.#planned - this.#done;
    const pace = this.#done > 0 ? elapsed / this.#done : 1;
    this.#tell({
      what: this.#what,
      share: this.#planned === 0 ? 0 : this.#done / this.#planned,
      secondsLeft: left * pace,
    });
  }
}
