import type { Course, Work } from './protocol.ts';

/**
 * Which events of the sample a launch is given, so that what is measured is the sample and not its beginning.
 *
 * Mostly a piece of work is made up of several pieces that lie evenly over the sample, and each work begins at a place of its own
 * between those of the others. So each round is like the sample as a whole, rounds are like one another, and the ratio of two handlers'
 * rounds is that of the times that they take for the sample, whatever part of the events is dearer to one of them.
 *
 * A handler that keeps a state may see by it that events were left out: a window is closed by an event that is so much later. It gets
 * all events that follow one another, from a place of the launch's own on, and round again at the end: a launch sees a part, and
 * what differs from part to part is in what launches differ by.
 *
 * The launches' places are a low-discrepancy sequence (multiples of the golden ratio) from a place on that is drawn: a few of them
 * cover the sample more evenly than as many that are drawn. They are the same for all handlers that are compared and do not depend on what was
 * measured, so if two handlers are alike each one is as likely to be the slower at any place: the test by change of signs is as exact
 * as ever, and so is a number of launches that follows from sizes alone. Neighbours in the sequence lie far from one another, so
 * the mean of launches scatters less than that of independent ones would, and the interval, made as if they were independent, is
 * rather too wide.
 */

/** The fractional parts of its multiples lie as evenly as those of any number. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** How many pieces a work has at the most, and how long one takes at least: what a batch costs, some 0.05 ms, is shared out. */
export const PIECES_MAX = 6;
const PIECE_MS_MIN = 2;

/** Where launch `launch` begins, as a share of the sample; `drawn` is the same for all launches. */
export function placeOf(launch: number, drawn: number): number {
  return (drawn + launch * GOLDEN) % 1;
}

/** How many pieces there are to be in a work that takes so long. */
export function piecesFor(ms: number, most = PIECES_MAX): number {
  return Math.max(1, Math.min(most, Math.floor(ms / PIECE_MS_MIN)));
}

/** Gives one work after the other. */
export class CourseWalk {
  readonly #course: Course;
  readonly #lines: number;
  #works = 0;
  #next: number;

  /** Through a sample of so many lines. */
  constructor(course: Course, lines: number) {
    this.#course = course;
    this.#lines = lines;
    this.#next = Math.floor(course.place * lines);
  }

  /** The next `lines` lines; `pieces` is how many pieces they are where events may be left out. */
  next(lines: number, pieces: number): Work {
    if (this.#course.isGapless) {
      const first = this.#next;
      this.skip(lines);
      return { first, lines, pieces: 1 };
    }
    const count = Math.min(lines, pieces);
    // Within the distance of two pieces: together with the others' it comes to be everywhere.
    const shift = ((this.#works++ * GOLDEN) % 1) / count;
    return { first: Math.floor(((this.#course.place + shift) % 1) * this.#lines), lines, pieces: count };
  }

  /** Leaves out so many lines where otherwise none are. */
  skip(lines: number): void {
    this.#next = (this.#next + lines) % this.#lines;
  }
}

/** The pieces of a work in a sample of so many lines, each of which follows on one another. */
export function piecesOf(
  { first, lines, pieces }: Work,
  sampleLines: number,
): { first: number; lines: number }[] {
  return Array.from({ length: pieces }, (_, piece) => ({
    first: (first + Math.floor((piece * sampleLines) / pieces)) % sampleLines,
    lines: Math.floor(((piece + 1) * lines) / pieces) - Math.floor((piece * lines) / pieces),
  }));
}
