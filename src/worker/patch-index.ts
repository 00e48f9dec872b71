import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
} from '../kernel/json-bytes.ts';

/**
 * Where the values of a JSON text stand, in flat tables: so that a patch can go past a value in one step, whatever is
 * nested inside, or come to values in another order than that of the text.
 *
 * Values are numbered in the order in which they begin, the root 0; those inside value n are n + 1 up to `nexts[n]`. The
 * text is known to be valid JSON with an object or an array as its root, so nothing is checked. One pass without
 * recursion, in time proportional to the text. Strings are crossed with indexOf, several times faster than a look at each
 * character.
 */

/** Values for which there is room at first, and the most for which room is kept from one text to the next. */
const VALUES_FIRST = 256;
const VALUES_KEPT = 64 * 1024;

export class PatchIndex {
  /** Of each value: its first character, and the one behind its last. */
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  /** Of each value: the number of the first value behind it that is not inside it. */
  nexts = new Int32Array(0);
  /** Of each member of an object: the quotes around its name. */
  nameStarts = new Int32Array(0);
  nameEnds = new Int32Array(0);

  #text = '';
  #count = 0;
  /** Of each value: the first backslash from its name on. */
  #backslashes = new Int32Array(0);

  /** Takes `text`. */
  read(text: string): void {
    this.#text = text;
    const room = this.starts.length;
    if (room === 0 || room > VALUES_KEPT) this.#makeRoom(VALUES_FIRST);
    this.#readValues(text);
  }

  /** Lets go of the text. */
  clear(): void {
    this.#text = '';
  }

  /** The value that begins at `start`. */
  find(start: number): number {
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The name of a member. */
  nameOf(node: number): string {
    const start = this.nameStarts[node]!;
    const end = this.nameEnds[node]!;
    const name = this.#text.slice(start + 1, end);
    return name.includes('\\') ? (JSON.parse(this.#text.slice(start, end + 1)) as string) : name;
  }

  /** A value's text. */
  textOf(node: number): string {
    return this.#text.slice(this.starts[node], this.ends[node]);
  }

  /** A position with no backslash between the end of the value before `node` and it: a backslash, or the text's end. */
  backslashBefore(node: number): number {
    return node < this.#count ? this.#backslashes[node]! : this.#text.length;
  }

  #readValues(text: string): void {
    let { starts, ends, nexts, nameStarts, nameEnds } = this;
    let backslash = findBackslash(text, 0);
    let count = 0;
    let at = 0;
    /** The innermost container that is not closed yet; its `ends` is the one around it until it is. */
    let open = -1;
    let inObject = false;
    for (;;) {
      let first = text.charCodeAt(at);
      while (first <= SPACE) first = text.charCodeAt(++at);
      if (first === CLOSE_OBJECT || first === CLOSE_ARRAY) {
        const closed = open;
        open = ends[closed]!;
        ends[closed] = ++at;
        nexts[closed] = count;
        if (open < 0) break;
        inObject = text.charCodeAt(starts[open]!) === OPEN_OBJECT;
      } else {
        if (count === starts.length) {
          this.#makeRoom(count * 2);
          ({ starts, ends, nexts, nameStarts, nameEnds } = this);
        }
        const value = count++;
        this.#backslashes[value] = backslash;
        if (inObject) {
          let quote = text.indexOf('"', at + 1);
          if (backslash < quote) {
            quote = closingQuote(text, quote);
            backslash = findBackslash(text, quote);
          }
          nameStarts[value] = at;
          nameEnds[value] = quote;
          at = quote + 1;
          first = text.charCodeAt(at);
          while (first <= SPACE || first === COLON) first = text.charCodeAt(++at);
        }
        starts[value] = at;
        if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
          ends[value] = open;
          open = value;
          inObject = first === OPEN_OBJECT;
          at++;
          continue;
        }
        if (first === QUOTE) {
          let quote = text.indexOf('"', at + 1);
          if (backslash < quote) {
            quote = closingQuote(text, quote);
            backslash = findBackslash(text, quote);
          }
          at = quote + 1;
        } else {
          do first = text.charCodeAt(++at);
          while (!endsScalar(first));
        }
        ends[value] = at;
        nexts[value] = count;
      }
      let after = text.charCodeAt(at);
      while (after <= SPACE) after = text.charCodeAt(++at);
      if (after === COMMA) at++;
    }
    this.#count = count;
  }

  #makeRoom(values: number): void {
    this.starts = resized(this.starts, values);
    this.ends = resized(this.ends, values);
    this.nexts = resized(this.nexts, values);
    this.nameStarts = resized(this.nameStarts, values);
    this.nameEnds = resized(this.nameEnds, values);
    this.#backslashes = resized(this.#backslashes, values);
  }
}

/** Whether a character ends a number or a literal inside a container. */
export function endsScalar(character: number): boolean {
  return character <= SPACE || character === COMMA || character === CLOSE_OBJECT || character === CLOSE_ARRAY;
}

/** The first backslash from `from` on, or the text's length. */
export function findBackslash(text: string, from: number): number {
  const at = text.indexOf('\\', from);
  return at < 0 ? text.length : at;
}

/** The quote that ends a string, of which `quote` is the first one inside or at its end. */
export function closingQuote(text: string, quote: number): number {
  for (;;) {
    let at = quote;
    while (text.charCodeAt(at - 1) === BACKSLASH) at--;
    if ((quote - at) % 2 === 0) return quote;
    quote = text.indexOf('"', quote + 1);
  }
}

function resized(from: Int32Array<ArrayBuffer>, values: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(values);
  to.set(from.subarray(0, values));
  return to;
}
