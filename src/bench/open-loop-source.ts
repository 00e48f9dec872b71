import { LogHistogram } from '../inspect/log-histogram.ts';
import { AT_START, type Reached, type Source, type SourceSpec } from '../source/contract.ts';

/**
 * Events that arrive at a given rate, whether or not those before them have been handled, and how long each then takes until
 * it is committed.
 *
 * Event `i` is due `i / rate` after the start; its latency is told from that moment, not from when it was read. So a
 * pipeline that falls behind, or stops for a while, is charged for all the events that had to wait meanwhile: what is known
 * as coordinated omission cannot be.
 */

export interface OpenLoopOptions {
  /** Whole lines, which are given again and again. */
  readonly lines: Uint8Array;
  readonly perSecond: number;
  readonly seconds: number;
  /** Events that are due before are not counted. */
  readonly warmSeconds: number;
}

export interface OpenLoopFigures {
  readonly committed: number;
  /** Of all events that were due: those that were never committed count with the time that they have waited. */
  readonly latencyMs: LogHistogram;
  /** Events that were due and never committed, although there was time left for them: the pipeline has fallen behind. */
  readonly left: number;
  /** How many were committed in a second, from the end of the warm-up to the last commit. */
  readonly committedPerSecond: number;
  /**
   * Seconds by which the latency grows in a second, from the first quarter of the events to the last; about 0 where the pipeline
   * keeps up. It says nothing where events are left: those have waited the shorter the later they were due.
   */
  readonly growth: number;
}

interface Commit {
  readonly ms: number;
  readonly events: number;
}

const NEWLINE = 0x0a;
/** Events that were never committed and are counted one by one. */
const LEFT_MAX = 1_000_000;

export class OpenLoop implements Source {
  readonly start = AT_START;
  readonly #options: OpenLoopOptions;
  readonly #latencyMs = new LogHistogram();
  readonly #startedMs = performance.now();
  readonly #total: number;
  readonly #warm: number;
  #given = 0;
  #at = 0;
  #committed = 0;
  /** When, and with how many events, the first commit behind the warm-up was, and the last one. */
  #firstCommit: Commit | undefined;
  #lastCommit: Commit = { ms: this.#startedMs, events: 0 };
  /** For each quarter of the time, the latencies and how many they are. */
  readonly #quarters = Array.from({ length: 4 }, () => ({ ms: 0, events: 0 }));
  #isQuitting = false;
  #wake: (() => void) | undefined;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
    const { perSecond, seconds, warmSeconds } = options;
    this.#total = Math.max(1, Math.floor(perSecond * (seconds + warmSeconds)));
    this.#warm = Math.floor(perSecond * warmSeconds);
  }

  get spec(): SourceSpec {
    return {
      name: 'load',
      id: undefined,
      live: true,
      check: () => Promise.resolve(undefined),
      open: () => Promise.resolve(this),
    };
  }

  #dueMs(event: number): number {
    return this.#startedMs + (event / this.#options.perSecond) * 1000;
  }

  /** Events that are due by now. */
  get #due(): number {
    const elapsedMs = performance.now() - this.#startedMs;
    return Math.min(this.#total, Math.floor((elapsedMs / 1000) * this.#options.perSecond) + 1);
  }

  get #isOver(): boolean {
    return this.#isQuitting || this.#given === this.#total;
  }

  readable(): Promise<void> | undefined {
    if (this.#isOver || this.#due > this.#given) return undefined;
    const waitMs = this.#dueMs(this.#given) - performance.now();
    return new Promise(resolve => {
      this.#wake = resolve;
      setTimeout(resolve, waitMs);
    });
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    if (this.#isOver) return 'end';
    const { lines } = this.#options;
    let filled = 0;
    for (const due = this.#due; this.#given < due; this.#given++) {
      const end = lines.indexOf(NEWLINE, this.#at) + 1;
      if (filled + end - this.#at > into.length) break;
      into.set(lines.subarray(this.#at, end), filled);
      filled += end - this.#at;
      this.#at = end === lines.length ? 0 : end;
    }
    return filled;
  }

  positions(): Promise<never> {
    throw new Error('what is due by the clock has no positions');
  }

  /** As many lines are committed as events. */
  committed({ line }: Reached): void {
    const now = performance.now();
    for (; this.#committed < line; this.#committed++) this.#count(this.#committed, now);
    this.#lastCommit = { ms: now, events: this.#committed };
    if (now >= this.#dueMs(this.#warm)) this.#firstCommit ??= this.#lastCommit;
  }

  #count(event: number, now: number): void {
    if (event < this.#warm) return;
    const ms = Math.max(0, now - this.#dueMs(event));
    this.#latencyMs.add(ms);
    const quarter = this.#quarters[Math.floor(((event - this.#warm) / (this.#total - this.#warm)) * 4)]!;
    quarter.ms += ms;
    quarter.events++;
  }

  quit(): void {
    this.#isQuitting = true;
    this.#wake?.();
  }

  async close(): Promise<void> {}

  figures(): OpenLoopFigures {
    const now = performance.now();
    const committed = Math.max(0, this.#committed - this.#warm);
    const due = this.#due;
    // Where very many were left, some of them stand for all.
    const step = Math.max(1, Math.ceil((due - this.#committed) / LEFT_MAX));
    for (let event = this.#committed; event < due; event += step) this.#count(event, now);
    return {
      committed,
      latencyMs: this.#latencyMs,
      left: due - this.#committed,
      committedPerSecond: this.#committedPerSecond,
      growth: this.#growth,
    };
  }

  get #committedPerSecond(): number {
    const from = this.#firstCommit;
    const to = this.#lastCommit;
    // With a single commit, or none, there is no more to go by than all of the time.
    const { ms, events } = from === undefined || from === to ? { ms: this.#startedMs, events: 0 } : from;
    return (to.events - events) / Math.max(1e-3, (to.ms - ms) / 1000);
  }

  get #growth(): number {
    const [first, , , last] = this.#quarters.map(({ ms, events }) => (events === 0 ? 0 : ms / events / 1000));
    // From the middle of the first quarter to that of the last.
    return Math.max(0, (last! - first!) / (this.#options.seconds * 0.75));
  }
}
