import { median } from './quantiles.ts';
import { isSteady } from './steady.ts';
import type { Questions, WarmUp } from './protocol.ts';
import type { WayChoice } from '../worker/way-choice.ts';

/**
 * The warm-up of a handler in its thread: batches, until it is settled how events are decoded, which then stays so, and from then
 * on until times are steady; for some time at least, and for some at most.
 *
 * A lane tries both ways of decoding now and then. Rounds into which a trial falls, or that follow one which was misled, would say
 * something else than all others, and so would all rounds of a launch that began with the slower way.
 */

/** Fewer do not count for how events are to be decoded, unless they take too long. */
const BATCH_LINES_MIN = 256;
const BATCH_MS_MAX = 30;

export interface Warming {
  readonly ways: Pick<WayChoice, 'isSettled' | 'hurry' | 'hold'>;
  /** Batches of more lines than twice as many are not taken. */
  readonly lines: number;
  /** Handles the next lines; gives the milliseconds that it took. */
  readonly handle: (lines: number) => Promise<number>;
}

export async function warmUp(
  { msMin, msMax, batchMsMin }: Questions['warm']['ask'],
  { ways, lines, handle }: Warming,
): Promise<WarmUp> {
  const batches = new Batches(lines, batchMsMin, handle);
  for (; !ways.isSettled && batches.totalMs < msMax / 2; ways.hurry()) await batches.next();
  ways.hold();
  batches.shrink();
  const times: number[] = [];
  const isDone = (): boolean =>
    batches.totalMs >= msMin && (isSteady(times) || batches.totalMs >= msMax) && times.length > 0;
  while (!isDone()) times.push(await batches.next());
  return { ms: batches.totalMs, steady: isSteady(times), nsPerEvent: median(times.slice(-8)) };
}

/** Few lines at first, since a handler may take long, and more and more of them until a batch takes its time. */
class Batches {
  totalMs = 0;
  readonly #linesMax: number;
  readonly #msMin: number;
  readonly #handle: Warming['handle'];
  #lines = 1;
  #linesMin = BATCH_LINES_MIN;
  #ms = 0;

  constructor(lines: number, msMin: number, handle: Warming['handle']) {
    this.#linesMax = 2 * lines;
    this.#msMin = msMin;
    this.#handle = handle;
  }

  /** Batches need no longer be long enough to count. */
  shrink(): void {
    this.#linesMin = 1;
    while (this.#lines > 1 && this.#ms > 2 * this.#msMin) {
      this.#lines >>= 1;
      this.#ms /= 2;
    }
  }

  /** Runs one; gives the nanoseconds that an event took. */
  async next(): Promise<number> {
    const lines = this.#lines;
    const ms = await this.#handle(lines);
    this.totalMs += ms;
    this.#ms = ms;
    const isShort = ms < this.#msMin || (lines < this.#linesMin && ms < BATCH_MS_MAX);
    if (isShort) this.#lines = Math.max(lines, Math.min(this.#linesMax, lines * 2));
    return (ms * 1e6) / lines;
  }
}
