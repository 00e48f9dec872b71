import { median } from './quantiles.ts';
import { isSteady } from './steady.ts';
import type { WarmUp, WarmUpTimes } from './protocol.ts';
import type { WayChoice } from '../worker/way-choice.ts';

/**
 * The warm-up of a handler in its thread: batches by both ways of decoding, until it is clear which is the faster, and from then on
 * by that one until times are steady; for some time at least, and for some at most.
 *
 * A lane tries both ways now and then. Rounds into which a trial falls, or that follow one which was misled, would say
 * something else than all others, and so would all rounds of a launch that began with the slower way. So the choice is made
 * here, and by the time of the processor: a lane goes by the clock on the wall, and on a busy machine it has to choose again.
 */

/** For how long both ways are tried, and how many pairs of batches count: the last ones, when all is compiled. */
const TRYING_MS = 200;
const PAIRS_COUNTED = 9;
/** It ends after so many times its time on the wall: others may have the core, or what the handler waits for is not seen. */
const WALL_TIMES_MAX = 5;

export interface Warming {
  readonly ways: Pick<WayChoice, 'canChoose' | 'hold'>;
  /** Batches of more lines than twice as many are not taken. */
  readonly lines: number;
  /** Handles the next lines; gives the milliseconds that it took of its own, and on the wall. */
  readonly handle: (lines: number) => Promise<{ readonly ownMs: number; readonly wallMs: number }>;
}

export async function warmUp(
  { msMin, msMax, batchMsMin }: WarmUpTimes,
  { ways, lines, handle }: Warming,
): Promise<WarmUp> {
  const batches = new Batches(lines, batchMsMin, handle);
  if (ways.canChoose) await chooseWay(ways, batches, Math.min(TRYING_MS, msMax / 2));
  const times: number[] = [];
  const isDone = (): boolean =>
    times.length > 0 &&
    (batches.wallMs >= msMax * WALL_TIMES_MAX ||
      (batches.totalMs >= msMin && (isSteady(times) || batches.totalMs >= msMax)));
  while (!isDone()) times.push(await batches.next());
  return { ms: batches.totalMs, steady: isSteady(times), nsPerEvent: median(times.slice(-8)) };
}

async function chooseWay(ways: Warming['ways'], batches: Batches, msMax: number): Promise<void> {
  const logs: number[] = [];
  const take = async (inPart: boolean): Promise<number> => {
    ways.hold(inPart);
    return Math.log(await batches.next());
  };
  while (batches.totalMs < msMax && batches.wallMs < msMax * WALL_TIMES_MAX) {
    const first = logs.length % 2 === 0;
    const [one, other] = [await take(first), await take(!first)];
    logs.push(first ? one - other : other - one);
  }
  ways.hold(median(logs.slice(-PAIRS_COUNTED)) <= 0);
}

/** Few lines at first, since a handler may take long, and more and more of them until a batch takes its time. */
class Batches {
  /** Of its own, and on the wall. */
  totalMs = 0;
  wallMs = 0;
  readonly #linesMax: number;
  readonly #msMin: number;
  readonly #handle: Warming['handle'];
  #lines = 1;

  constructor(lines: number, msMin: number, handle: Warming['handle']) {
    this.#linesMax = 2 * lines;
    this.#msMin = msMin;
    this.#handle = handle;
  }

  /** Runs one; gives the nanoseconds that an event took. */
  async next(): Promise<number> {
    const lines = this.#lines;
    const { ownMs, wallMs } = await this.#handle(lines);
    this.totalMs += ownMs;
    this.wallMs += wallMs;
    if (wallMs < this.#msMin) this.#lines = Math.max(lines, Math.min(this.#linesMax, lines * 2));
    return (ownMs * 1e6) / lines;
  }
}
