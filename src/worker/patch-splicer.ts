/**
 * Puts the text of a container together from what stays of it and what is new, from its first value to the last.
 *
 * What is taken out reaches from a name to the next name that stays. Where none follows, it reaches from the end of the
 * last value that stays (or from the bracket) to the end of the last value. New members go behind the last value that
 * stays.
 */

/** What becomes of a value: it keeps its text, it is written anew as this text, or (undefined) it is left out. */
export type Piece = string | typeof SAME | undefined;
export const SAME = null;

const NONE = -1;

export class Splicer {
  /** What became of the values so far, by the place of their keys: of those that do not keep their text. */
  readonly pieces: [at: number, piece: string | undefined][] = [];
  readonly #text: string;
  /** Behind the bracket. */
  readonly #first: number;
  #json = '';
  #added = '';
  /** Up to here the text is in #json, or taken out. */
  #copied: number;
  #dropFrom = NONE;
  #gone: Set<string> | undefined;
  /** Behind the last value that stays, and behind the last one. */
  #keptEnd: number;
  #lastEnd: number;

  /** For the container in `text` that begins at `open`; it stays as it is up to `keptEnd`, behind a value or the bracket. */
  constructor(text: string, open: number, keptEnd: number) {
    this.#text = text;
    this.#first = open + 1;
    this.#copied = open;
    this.#keptEnd = keptEnd;
    this.#lastEnd = keptEnd;
  }

  /** The next value, which ends at `end` and with its name begins at `from`, stays. */
  keep(from: number, end: number): void {
    if (this.#dropFrom !== NONE) {
      this.#json += this.#text.slice(this.#copied, this.#dropFrom);
      this.#copied = from;
      this.#dropFrom = NONE;
    }
    this.#keptEnd = end;
    this.#lastEnd = end;
  }

  /** `piece` takes the place of the next value, the one of the key at `at`, which stands from `start` to `end`. */
  put(at: number, from: number, start: number, end: number, piece: string | undefined): void {
    this.pieces.push([at, piece]);
    if (piece === undefined) this.drop(from, end);
    else this.replace(from, start, end, piece);
  }

  /** The next value is written anew from `start` to `end`. */
  replace(from: number, start: number, end: number, piece: string): void {
    this.keep(from, end);
    this.#json += this.#text.slice(this.#copied, start) + piece;
    this.#copied = end;
  }

  /** The next value is taken out. */
  drop(from: number, end: number): void {
    if (this.#dropFrom === NONE) this.#dropFrom = from;
    this.#lastEnd = end;
  }

  /** Notes a name that is gone; false if it has been noted already. */
  takeOut(name: string): boolean {
    this.#gone ??= new Set();
    if (this.#gone.has(name)) return false;
    this.#gone.add(name);
    return true;
  }

  /** Adds a member. */
  append(key: string, piece: string): void {
    const comma = this.#added !== '' || this.#keptEnd > this.#first ? ',' : '';
    this.#added += `${comma}${JSON.stringify(key)}:${piece}`;
  }

  /** The text of the container, which ends at `end`. */
  finish(end: number): string {
    const kept = this.#text.slice(this.#copied, this.#keptEnd);
    return this.#json + kept + this.#added + this.#text.slice(this.#lastEnd, end);
  }
}
