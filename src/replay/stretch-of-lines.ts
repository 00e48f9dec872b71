import { countLines } from '../base/line-bytes.ts';
import type { Reached } from '../source/contract.ts';
import type { ChosenClock } from './clock-choice.ts';
import type { Pacer } from './pacer.ts';
import { afterLines, type Piece, type Stretch } from './pieces.ts';
import type { TimeRange } from './range.ts';
import { RangeTrail } from './range-trail.ts';

const SPACE = 0x20;
const NEWLINE = 0x0a;

export interface StretchOptions {
  readonly stretch: Stretch;
  readonly pacer: Pacer;
  /** Shared by all inputs of the replay. */
  readonly clock: ChosenClock;
  /** Shared as well; undefined where the range is not by a field. */
  readonly range: TimeRange | undefined;
}

/** Makes the lines of a source blank that are no part of a replay. */
export class StretchOfLines {
  readonly #options: StretchOptions;
  readonly #trail: RangeTrail | undefined;
  /** The number of the line that comes next. */
  #line: number;
  /** Where the next piece begins in the source, and the number of its first line, which is counted where the range is by a field. */
  #pieceOffset: number;
  #pieceLine: number;
  /** Where the first event stands in the source that was committed late enough; before it is read, behind all. */
  #begunAt: number;

  /**
   * What came before `start` is known to the range already. `isBegun` is false where an event is still to come that was
   * committed late enough.
   */
  constructor(start: Reached, options: StretchOptions, isBegun: boolean) {
    this.#begunAt = isBegun ? start.offset : Number.POSITIVE_INFINITY;
    // The rest of a line that was unfinished when the source was left is no line of its own: it has the number of that one.
    this.#line = start.unfinished ? start.line - 1 : start.line;
    this.#options = options;
    this.#pieceOffset = start.offset;
    this.#pieceLine = this.#line;
    const { range } = options;
    this.#trail = range && new RangeTrail(start.offset, this.#line, range.isInside);
  }

  /** Whether the replay has begun at `offset`: before that there is no position to keep, and its start is looked for again. */
  isBegunAt(offset: number): boolean {
    return offset >= this.#begunAt;
  }

  /** Whether a line without a time would be inside behind `offset`; undefined where the range is not by a field. */
  isInsideAt(offset: number): boolean | undefined {
    return this.#trail?.at(offset);
  }

  /** Says that nothing is asked any more about what lies before the end of so many lines. */
  settle(lines: number): void {
    this.#trail?.settle(lines);
  }

  /** The piece with its other lines blank; undefined where nothing comes any more. Throws MILLRACE_NO_TIME. */
  of(piece: Piece): Piece | undefined {
    const { stretch, clock } = this.#options;
    if (!clock.isByField && piece.committedMs >= stretch.toMs) return undefined;
    const numbered = this.#byNumber(piece);
    if (numbered === undefined) return undefined;
    clock.look(numbered);
    this.#byCommit(numbered);
    this.#byTime(numbered);
    this.#pieceOffset += piece.to;
    return numbered;
  }

  #byCommit({ bytes, from, to, committedMs }: Piece): void {
    if (this.isBegunAt(this.#pieceOffset)) return;
    if (committedMs >= this.#options.stretch.fromMs) this.#begunAt = this.#pieceOffset;
    else this.#blank(bytes, from, to);
  }

  #byTime(piece: Piece): void {
    const { clock, range } = this.#options;
    range?.runs(piece, clock, (from, to, isInside, lines) => {
      if (!isInside) this.#blank(piece.bytes, from, to);
      this.#pieceLine += lines;
      this.#trail!.add(this.#pieceOffset + to, this.#pieceLine, isInside);
    });
  }

  #byNumber(piece: Piece): Piece | undefined {
    const { fromOffset, toOffset } = this.#options.stretch;
    const first = this.#line;
    if (first >= toOffset) return undefined;
    if (first >= fromOffset && toOffset === Number.POSITIVE_INFINITY) return piece;
    const { bytes, from, to } = piece;
    const count = countLines(bytes.subarray(from, to));
    this.#line += count;
    const begin = afterLines(bytes, from, Math.min(count, Math.max(0, fromOffset - first)));
    this.#blank(bytes, from, begin);
    if (first + count <= toOffset) return piece;
    const end = afterLines(bytes, begin, toOffset - Math.max(first, fromOffset));
    return { ...piece, to: end, isEnded: piece.isEnded === true && end === to };
  }

  #blank(bytes: Uint8Array, from: number, to: number): void {
    let lines = 0;
    for (let at = from; at < to; lines++) {
      const end = bytes.indexOf(NEWLINE, at);
      bytes.fill(SPACE, at, end);
      at = end + 1;
    }
    this.#options.pacer.leaveOut(lines);
  }
}
