import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DOT,
  isDigit,
  LETTER_E,
  MINUS,
  NEWLINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  skipSpace,
  ZERO,
} from './json-bytes.ts';
import { LineState } from './line-table.ts';
import { markOf, PlainNames, tagOf, TAGS } from './plain-names.ts';
import { DIGITS_MAX, isCanonicalFraction, numberValue } from './plain-numbers.ts';
import { PathTree } from './plain-paths.ts';
import { escapesEnd, fractionEnd, literalAt, plainEnd } from './plain-tokens.ts';
import { type Program, SpellingCheck } from './program.ts';
import { Kind, Spelling } from './records.ts';

/**
 * The strict walk of the plain engine: reads one line from left to right, one name and value a turn, checks that it is JSON,
 * and keeps what the program wants of it. What it found stays until the next line is walked.
 *
 * A position below 0 says that the walk has ended early: INVALID, or RARE. Nothing but white space and tokens is gone past,
 * and a newline is neither, so a walk never leaves the line.
 */

const INVALID = -1;
const RARE = -2;
/** Containers that may be open at once. */
const DEPTH_MAX = 1000;
/** In a node's place: nothing is wanted here. */
const NOWHERE = -1;

export class PlainWalk {
  /** For each field of the program what was found last: see `FieldWord`. Beside `Kind.missing` the others mean nothing. */
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly values: Float64Array;
  /** The newline of the line that was walked last. */
  end = 0;
  /** Of a valid line: see `RecordWord`. */
  spelling = 0;
  insertAt = 0;
  members = 0;

  readonly #paths: PathTree;
  readonly #names = new PlainNames(DEPTH_MAX + 1);
  readonly #asksNames: boolean;
  readonly #asksNumbers: boolean;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Whether nothing has been seen yet that `Spelling` forbids. */
  #regular = false;
  #canonical = false;
  #numbers = false;

  constructor({ fields, spelling }: Program) {
    this.kinds = new Uint8Array(fields.length);
    this.starts = new Int32Array(fields.length);
    this.ends = new Int32Array(fields.length);
    this.values = new Float64Array(fields.length);
    this.#paths = new PathTree(fields);
    const { names, all, numbers } = SpellingCheck;
    this.#asksNames = spelling === names || spelling === all;
    this.#asksNumbers = spelling === numbers || spelling === all;
  }

  /** Only looks for the end of the line that begins at `start`; returns whether it is blank or rare. */
  skip(bytes: Uint8Array, start: number): number {
    const at = skipSpace(bytes, start);
    this.end = bytes[at] === NEWLINE ? at : bytes.indexOf(NEWLINE, at);
    return this.end === at ? LineState.blank : LineState.rare;
  }

  /** Walks the line that begins at `start`; returns its `LineState`, as far as the predicate has no say in it. */
  line(bytes: Uint8Array, start: number): number {
    this.#bytes = bytes;
    const { kinds } = this;
    for (let field = 0; field < kinds.length; field++) kinds[field] = Kind.missing;
    this.spelling = 0;
    this.insertAt = 0;
    this.members = 0;
    const first = skipSpace(bytes, start);
    if (bytes[first] === NEWLINE) {
      this.end = first;
      return LineState.blank;
    }
    this.#numbers = this.#asksNumbers;
    this.#regular = this.#asksNames && bytes[first] === OPEN_OBJECT;
    this.#canonical = this.#regular && this.#numbers;
    this.#names.length = 0;
    const behind = this.#value(first, 0, 0);
    const end = behind < 0 ? behind : skipSpace(bytes, behind);
    if (end >= 0 && bytes[end] === NEWLINE) {
      this.end = end;
      if (this.#regular) this.spelling |= Spelling.regular;
      if (this.#canonical && this.#numbers) this.spelling |= Spelling.canonical;
      if (this.#numbers) this.spelling |= Spelling.numbers;
      if (this.#asksNames && first === start && behind === end) this.spelling |= Spelling.bare;
      return LineState.valid;
    }
    this.end = bytes.indexOf(NEWLINE, start);
    return end === RARE ? LineState.rare : LineState.invalid;
  }

  /** Walks the value at `at`, which is inside `depth` containers; returns the position behind it. */
  #value(at: number, node: number, depth: number): number {
    const bytes = this.#bytes;
    const byte = bytes[at]!;
    let end: number;
    let kind: number;
    if (byte === QUOTE) {
      kind = Kind.string;
      end = plainEnd(bytes, at + 1);
      if (bytes[end] !== QUOTE) {
        kind = Kind.escapedString;
        end = this.#escaped(end);
        if (end < 0) return INVALID;
      }
      end++;
    } else if (byte === OPEN_OBJECT) {
      kind = Kind.object;
      end = this.#object(at, node, depth + 1);
    } else if (byte === OPEN_ARRAY) {
      kind = Kind.array;
      end = this.#array(at, node, depth + 1);
    } else if (isDigit(byte) || byte === MINUS) {
      kind = Kind.number;
      end = this.#number(at);
    } else {
      kind = literalAt(bytes, at);
      if (kind === Kind.missing) return INVALID;
      end = kind === Kind.false ? at + 5 : at + 4;
    }
    if (node > 0 && end >= 0) this.#keep(node, kind, at, end);
    return end;
  }

  /** Keeps the value `bytes[start..end)` where a field's path ends at `node`. */
  #keep(node: number, kind: number, start: number, end: number): void {
    const field = this.#paths.fields[node]!;
    if (field < 0) return;
    const quote = kind === Kind.string || kind === Kind.escapedString ? 1 : 0;
    this.starts[field] = start + quote;
    this.ends[field] = end - quote;
    this.kinds[field] = kind;
    if (kind !== Kind.number) return;
    const value = numberValue(this.#bytes, start, end);
    this.values[field] = value;
    if (Number.isNaN(value)) this.kinds[field] = Kind.numberText;
  }

  #object(open: number, node: number, depth: number): number {
    if (depth > DEPTH_MAX) return RARE;
    const bytes = this.#bytes;
    const { hasMembers, firstOfTag } = this.#paths;
    const looks = node >= 0 && hasMembers[node] === 1;
    const namesFrom = this.#names.length;
    if (this.#canonical || (depth === 1 && this.#regular)) this.#names.begin(depth);
    let members = 0;
    let at = open + 1;
    let byte = bytes[at]!;
    if (byte <= SPACE) byte = bytes[(at = this.#space(at))]!;
    if (byte === CLOSE_OBJECT) {
      if (depth === 1) this.insertAt = open + 1;
      return at + 1;
    }
    for (;;) {
      if (byte !== QUOTE) return INVALID;
      const nameStart = at + 1;
      at = plainEnd(bytes, nameStart);
      const escaped = bytes[at] !== QUOTE;
      if (escaped) {
        at = this.#escaped(at);
        if (at < 0) return INVALID;
        if (looks) return RARE;
      }
      let child = NOWHERE;
      const spells = this.#canonical || (depth === 1 && this.#regular);
      if (looks || spells) {
        const mark = markOf(bytes, nameStart, at);
        if (looks) {
          const first = firstOfTag[node * TAGS + tagOf(mark)]!;
          if (first > 0) child = this.#member(first, nameStart, at);
        }
        if (spells) {
          const isFine =
            !isDigit(bytes[nameStart]!) && this.#names.add(bytes, mark, depth, namesFrom, nameStart, at);
          if (!isFine) this.#canonical = false;
          if (depth === 1 && (!isFine || escaped)) this.#regular = false;
        }
      }
      byte = bytes[++at]!;
      if (byte <= SPACE) byte = bytes[(at = this.#space(at))]!;
      if (byte !== COLON) return INVALID;
      byte = bytes[++at]!;
      if (byte <= SPACE) at = this.#space(at);
      at = this.#value(at, child, depth);
      if (at < 0) return at;
      members++;
      const valueEnd = at;
      byte = bytes[at]!;
      if (byte <= SPACE) byte = bytes[(at = this.#space(at))]!;
      at++;
      if (byte === COMMA) {
        byte = bytes[at]!;
        if (byte <= SPACE) byte = bytes[(at = this.#space(at))]!;
        continue;
      }
      if (byte !== CLOSE_OBJECT) return INVALID;
      this.#names.length = namesFrom;
      if (depth === 1) {
        this.insertAt = valueEnd;
        this.members = members;
      }
      return at;
    }
  }

  #array(open: number, node: number, depth: number): number {
    if (depth > DEPTH_MAX) return RARE;
    const bytes = this.#bytes;
    const paths = this.#paths;
    // Of the elements that are wanted the next one, and its index.
    let child = node >= 0 ? paths.firstElement[node]! : NOWHERE;
    let wanted = child > 0 ? paths.indices[child]! : -1;
    let at = open + 1;
    if (bytes[at]! <= SPACE) at = this.#space(at);
    if (bytes[at] === CLOSE_ARRAY) return at + 1;
    for (let index = 0; ; index++) {
      if (index === wanted) {
        at = this.#value(at, child, depth);
        child = paths.nextElement[child]!;
        wanted = child > 0 ? paths.indices[child]! : -1;
      } else {
        at = this.#value(at, NOWHERE, depth);
      }
      if (at < 0) return at;
      let byte = bytes[at]!;
      if (byte <= SPACE) byte = bytes[(at = this.#space(at))]!;
      at++;
      if (byte === CLOSE_ARRAY) return at;
      if (byte !== COMMA) return INVALID;
      if (bytes[at]! <= SPACE) at = this.#space(at);
    }
  }

  /** The node that the name `bytes[start..end)` leads to, from `child` on; what was found under an earlier one of it goes. */
  #member(child: number, start: number, end: number): number {
    const paths = this.#paths;
    const node = paths.named(child, this.#bytes, start, end);
    if (node === 0) return NOWHERE;
    // Its own field is about to be found anew.
    for (let below = node + 1, last = paths.last[node]!; below <= last; below++) {
      const field = paths.fields[below]!;
      if (field >= 0) this.kinds[field] = Kind.missing;
    }
    return node;
  }

  /** White space between two tokens, or whatever else below it that stands at `at`. */
  #space(at: number): number {
    this.#canonical = false;
    return skipSpace(this.#bytes, at);
  }

  /** The closing quote of a string whose first escape is at `at`. */
  #escaped(at: number): number {
    this.#canonical = false;
    return escapesEnd(this.#bytes, at);
  }

  #number(start: number): number {
    const bytes = this.#bytes;
    const digitsStart = bytes[start] === MINUS ? start + 1 : start;
    let at = digitsStart;
    if (bytes[at] === ZERO) at++;
    else while (isDigit(bytes[at]!)) at++;
    if (at === digitsStart) return INVALID;
    const byte = bytes[at]!;
    if (byte === DOT || (byte | 0x20) === LETTER_E) {
      at = fractionEnd(bytes, at);
      if (this.#numbers) this.#numbers = at >= 0 && isCanonicalFraction(bytes, start, at);
      return at;
    }
    const isMinusZero = digitsStart > start && bytes[digitsStart] === ZERO;
    if (isMinusZero || at - digitsStart > DIGITS_MAX) this.#numbers = false;
    return at;
  }
}
