import type { EventWatch } from '../worker/event-watch.ts';
import type { StepTimes } from './protocol.ts';
import { median } from './quantiles.ts';

/**
 * Times the steps of single events in a thread: every so many, so that timing one does not disturb the next.
 *
 * The events about which the kernel decides alone have no time of their own: theirs is the kernel's, which is that of a walk
 * over many lines, shared out evenly.
 */

/** One event of so many is timed; no power of two, so that it is not always the same of those that are decoded together. */
const STRIDE = 11;
/** Timed events that are kept. */
const SAMPLES_MAX = 30_000;
/** Places for events that are decoded ahead of their turn. */
const AHEAD = 512;

export class StepClock implements EventWatch {
  readonly #costMs = clockCostMs();
  #looked = 0;
  /** Of each walk of the kernel, for each line; and how many lines there were. */
  readonly #scanMsPerLine: number[] = [];
  #scannedLines = 0;
  #startedMs = 0;
  /** The line whose step is being timed; -1 for none. */
  #timed = -1;
  readonly #aheadMs = new Float64Array(AHEAD);
  readonly #aheadLine = new Int32Array(AHEAD).fill(-1);
  #samples = 0;
  readonly #decodeNs = new Float64Array(SAMPLES_MAX);
  readonly #handleNs = new Float64Array(SAMPLES_MAX);
  readonly #encodeNs = new Float64Array(SAMPLES_MAX);
  #handleMs = 0;
  #handledMs = 0;

  scanning(): void {
    this.#startedMs = performance.now();
  }

  scanned(lines: number): void {
    if (lines === 0) return;
    this.#scanMsPerLine.push((performance.now() - this.#startedMs - this.#costMs) / lines);
    this.#scannedLines += lines;
  }

  decoding(line: number): void {
    if (line % STRIDE === 0) this.#startedMs = performance.now();
  }

  decoded(line: number): void {
    this.#looked++;
    if (line % STRIDE !== 0) return;
    this.#aheadMs[line % AHEAD] = performance.now() - this.#startedMs - this.#costMs;
    this.#aheadLine[line % AHEAD] = line;
  }

  handling(line: number): void {
    // The place of an event that was dropped since may have been taken by another one.
    if (line % STRIDE !== 0 || this.#aheadLine[line % AHEAD] !== line) return;
    this.#timed = line;
    this.#handleMs = performance.now();
  }

  handled(line: number): void {
    if (line === this.#timed && this.#handledMs < this.#handleMs) this.#handledMs = performance.now();
  }

  encoded(line: number): void {
    if (line !== this.#timed) return;
    const now = performance.now();
    this.#timed = -1;
    if (this.#samples === SAMPLES_MAX || this.#handledMs < this.#handleMs) return;
    const at = this.#samples++;
    this.#decodeNs[at] = nsOf(this.#aheadMs[line % AHEAD]!);
    this.#handleNs[at] = nsOf(this.#handledMs - this.#handleMs - this.#costMs);
    this.#encodeNs[at] = nsOf(now - this.#handledMs - this.#costMs);
  }

  times(events: number): StepTimes {
    return {
      events,
      looked: this.#looked,
      // The median: a walk during which something else had the processor counts for no more than another.
      scanNs:
        this.#scannedLines === 0 ? 0 : (nsOf(median(this.#scanMsPerLine)) * this.#scannedLines) / events,
      decodeNs: this.#decodeNs.slice(0, this.#samples),
      handleNs: this.#handleNs.slice(0, this.#samples),
      encodeNs: this.#encodeNs.slice(0, this.#samples),
    };
  }
}

function nsOf(ms: number): number {
  return Math.max(0, ms * 1e6);
}

/** What one reading of the clock adds to the time between two: the median of many. */
function clockCostMs(): number {
  const costs = new Float64Array(2001);
  // The first ones are not compiled yet.
  for (let round = 0; round < 20; round++) {
    for (let at = 0; at < costs.length; at++) {
      const before = performance.now();
      costs[at] = performance.now() - before;
    }
  }
  return costs.sort()[1000]!;
}
