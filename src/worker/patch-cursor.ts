import { COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, SPACE } from '../kernel/json-bytes.ts';
import { closingQuote, findBackslash, PatchIndex } from './patch-index.ts';
import { numberEnd } from './patch-number.ts';

/**
 * Goes through a JSON text beside a value: past names and scalars, which it compares, and past whole values.
 *
 * What compares returns the end of what stands in the text if it is the same, and otherwise ~end, which is negative. All
 * of it stands inside a container, so some character always follows.
 */

const LETTER_A = 0x61;
const LETTER_F = 0x66;
const LETTER_T = 0x74;

export class PatchCursor {
  text = '';
  /** From where the cursor is up to here there is no backslash, so strings that end before it are as they are written. */
  #backslash = 0;
  readonly #index = new PatchIndex();
  #isIndexed = false;

  open(text: string): void {
    this.text = text;
    this.#backslash = findBackslash(text, 0);
    this.#isIndexed = false;
  }

  /** Lets go of the text. */
  close(): void {
    this.text = '';
    if (this.#isIndexed) this.#index.clear();
  }

  /** The index of the text, which is made when it is asked for. */
  get index(): PatchIndex {
    if (!this.#isIndexed) this.#index.read(this.text);
    this.#isIndexed = true;
    return this.#index;
  }

  /** Goes past the string, number or literal that begins at `start` with the character `first`. */
  scalar(start: number, first: number, value: unknown): number {
    if (first === QUOTE) {
      const end = typeof value === 'string' ? this.string(start, value) : ~this.pass(start);
      return end;
    }
    if (first < LETTER_A) return numberEnd(this.text, start, value);
    if (first === LETTER_T) return value === true ? start + 4 : ~(start + 4);
    if (first === LETTER_F) return value === false ? start + 5 : ~(start + 5);
    return value === null ? start + 4 : ~(start + 4);
  }

  /** Goes past the name or the string that begins at `start`. */
  string(start: number, value: string): number {
    const { text } = this;
    const quote = text.indexOf('"', start + 1);
    if (this.#backslash < quote) {
      const end = this.#escapedEnd(quote);
      return value === JSON.parse(text.slice(start, end)) ? end : ~end;
    }
    const isSame = value.length === quote - start - 1 && value === text.slice(start + 1, quote);
    return isSame ? quote + 1 : ~(quote + 1);
  }

  /** The name from `start` to `end`. */
  name(start: number, end: number): string {
    const name = this.text.slice(start + 1, end - 1);
    return name.includes('\\') ? (JSON.parse(this.text.slice(start, end)) as string) : name;
  }

  /** Goes past the name or the value that begins at `start`, whatever it is. */
  pass(start: number): number {
    const first = this.text.charCodeAt(start);
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) return this.leave(this.index.find(start));
    if (first !== QUOTE) return ~this.scalar(start, first, undefined);
    const quote = this.text.indexOf('"', start + 1);
    return this.#backslash < quote ? this.#escapedEnd(quote) : quote + 1;
  }

  /** Goes to the value `node` of the index; returns its start. */
  enter(node: number): number {
    this.#backslash = this.index.backslashBefore(node);
    return this.index.starts[node]!;
  }

  /** Goes behind the value `node` of the index; returns its end. */
  leave(node: number): number {
    this.#backslash = this.index.backslashBefore(this.index.nexts[node]!);
    return this.index.ends[node]!;
  }

  /** Behind the string in which `quote` is the first one. */
  #escapedEnd(quote: number): number {
    const end = closingQuote(this.text, quote) + 1;
    this.#backslash = findBackslash(this.text, end);
    return end;
  }
}

/** The start of the value of the member whose name ends at `at`. */
export function valueStart(text: string, at: number): number {
  let character = text.charCodeAt(at);
  while (character <= SPACE || character === COLON) character = text.charCodeAt(++at);
  return at;
}

/** From behind a value or a bracket to the next name or value, or to the bracket that closes the container. */
export function nextStart(text: string, at: number): number {
  let character = text.charCodeAt(at);
  while (character <= SPACE || character === COMMA) character = text.charCodeAt(++at);
  return at;
}
