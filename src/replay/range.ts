import type { EventClock } from './event-clock.ts';
import type { Piece } from './pieces.ts';

type TakeRun = (from: number, to: number, isInside: boolean, lines: number) => void;

/**
 * Leaves the lines whose time is in a range. Times need not be in order, so every line is looked at; one that has no time goes
 * with the one before it.
 */
export class TimeRange {
  readonly #fromMs: number;
  readonly #toMs: number;
  #isInside: boolean;

  constructor(fromMs: number, toMs: number) {
    this.#fromMs = fromMs;
    this.#toMs = toMs;
    this.#isInside = this.#isInsideAtFirst;
  }

  /** Whether a line without a time, coming next, is inside. */
  get isInside(): boolean {
    return this.#isInside;
  }

  /** Goes on where an earlier run has ended; undefined is what holds before the first time. */
  goOn(isInside: boolean | undefined): void {
    this.#isInside = isInside ?? this.#isInsideAtFirst;
  }

  get #isInsideAtFirst(): boolean {
    return this.#fromMs === Number.NEGATIVE_INFINITY;
  }

  /** `take` is told of each run of lines in `piece` that are all inside, or all outside. */
  runs(piece: Piece, clock: EventClock, take: TakeRun): void {
    const { bytes, to } = piece;
    clock.begin(piece.committedMs);
    let start = piece.from;
    let lines = 0;
    let wasInside = this.#isInside;
    for (let at = piece.from; at < to; ) {
      const end = clock.read(bytes, at) + 1;
      const { ms } = clock;
      if (!Number.isNaN(ms)) this.#isInside = ms >= this.#fromMs && ms < this.#toMs;
      if (this.#isInside !== wasInside) {
        if (at > start) take(start, at, wasInside, lines);
        start = at;
        lines = 0;
        wasInside = this.#isInside;
      }
      lines++;
      at = end;
    }
    if (to > start) take(start, to, wasInside, lines);
  }
}

/** The pieces with only the lines that are inside `range`, which are moved together in their own memory. */
export async function* within(
  pieces: AsyncIterable<Piece>,
  range: TimeRange,
  clock: EventClock,
): AsyncGenerator<Piece, void, void> {
  for await (const piece of pieces) {
    let end = piece.from;
    let runs = 0;
    range.runs(piece, clock, (from, to, isInside) => {
      runs++;
      if (!isInside) return;
      piece.bytes.copyWithin(end, from, to);
      end += to - from;
    });
    if (end === piece.from) continue;
    yield runs === 1 ? piece : { ...piece, to: end, events: undefined };
  }
}
