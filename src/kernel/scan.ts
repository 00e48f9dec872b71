import type { PathSegment, ValuePath } from './path.ts';

/**
 * Walks lines of JSON as bytes and finds one value in each, without building anything.
 *
 * The walk follows the structure: names, nesting, escapes. It does not validate: on a line that JSON.parse accepts it
 * finds exactly the value that JSON.parse would give (of several members of one name the last counts, and a later
 * parent clears what an earlier one held); on any other line it finds something or nothing, and never leaves the
 * line. A newline ends the line wherever it stands, so one bad line never spoils the next.
 *
 * Invariant: the bytes that are scanned end in a newline. This is what lets every loop go without a bounds check.
 */

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Bytes that end a run inside a string. */
const STRING_STOPS = table(QUOTE, BACKSLASH, NEWLINE);
/** Bytes that end a run of whatever has no meaning between the brackets of a skipped value. */
const NEST_STOPS = table(QUOTE, OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY, NEWLINE);
/** Bytes that end a number or a literal. */
const SCALAR_STOPS = table(COMMA, CLOSE_OBJECT, CLOSE_ARRAY, NEWLINE, 0x20, 0x09, 0x0d);

function table(...stops: number[]): Uint8Array {
  const bytes = new Uint8Array(256);
  for (const stop of stops) bytes[stop] = 1;
  return bytes;
}

/** How the bytes of the value that was found are to be read. */
export const ValueKind = { none: 0, plainString: 1, escapedString: 2, other: 3 } as const;

export class PathScanner {
  /** Of the value that `scanLine` found: its kind, and its bytes (of a string those between the quotes). */
  kind: number = ValueKind.none;
  valueStart = 0;
  valueEnd = 0;
  /** Whether the line holds anything but white space. */
  blank = false;

  readonly #segments: readonly PathSegment[];
  #bytes: Uint8Array = new Uint8Array(0);
  /** Whether the string that was skipped last holds an escape. */
  #escaped = false;

  constructor(path: ValuePath) {
    this.#segments = path.segments;
  }

  /** Scans the line that begins at `start`; returns the position of its newline. */
  scanLine(bytes: Uint8Array, start: number): number {
    this.#bytes = bytes;
    this.kind = ValueKind.none;
    let at = this.#skipSpace(start);
    const first = bytes[at];
    this.blank = first === NEWLINE;
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) at = this.#descend(at, 0);
    if (bytes[at] === NEWLINE) return at;
    return bytes.indexOf(NEWLINE, at);
  }

  /** Walks the container at `at`, in which segment `depth` is looked up; returns the position behind it. */
  #descend(at: number, depth: number): number {
    return this.#bytes[at] === OPEN_OBJECT ? this.#walkObject(at, depth) : this.#walkArray(at, depth);
  }

  #walkObject(open: number, depth: number): number {
    const bytes = this.#bytes;
    let at = this.#skipSpace(open + 1);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    for (;;) {
      if (bytes[at] !== QUOTE) return this.#lineEnd(at);
      const nameStart = at + 1;
      at = this.#skipString(nameStart);
      const wanted = this.#isName(nameStart, at - 1, depth);
      at = this.#skipSpace(at);
      if (bytes[at] !== COLON) return this.#lineEnd(at);
      at = this.#skipSpace(at + 1);
      at = wanted ? this.#take(at, depth) : this.#skipValue(at);
      at = this.#skipSpace(at);
      if (bytes[at] === CLOSE_OBJECT) return at + 1;
      if (bytes[at] !== COMMA) return this.#lineEnd(at);
      at = this.#skipSpace(at + 1);
    }
  }

  #walkArray(open: number, depth: number): number {
    const bytes = this.#bytes;
    const wanted = this.#segments[depth]!.index;
    let at = this.#skipSpace(open + 1);
    if (bytes[at] === CLOSE_ARRAY) return at + 1;
    for (let index = 0; ; index++) {
      at = index === wanted ? this.#take(at, depth) : this.#skipValue(at);
      at = this.#skipSpace(at);
      if (bytes[at] === CLOSE_ARRAY) return at + 1;
      if (bytes[at] !== COMMA) return this.#lineEnd(at);
      at = this.#skipSpace(at + 1);
    }
  }

  /** The value at `at` stands where segment `depth` points: it replaces whatever was found before. */
  #take(at: number, depth: number): number {
    const bytes = this.#bytes;
    this.kind = ValueKind.none;
    const first = bytes[at]!;
    if (depth + 1 < this.#segments.length) {
      if (first === OPEN_OBJECT || first === OPEN_ARRAY) return this.#descend(at, depth + 1);
      return this.#skipValue(at);
    }
    const end = this.#skipValue(at);
    if (first === QUOTE) {
      this.kind = this.#escaped ? ValueKind.escapedString : ValueKind.plainString;
      this.valueStart = at + 1;
      this.valueEnd = end - 1;
    } else if (!isNull(bytes, at, end)) {
      this.kind = ValueKind.other;
      this.valueStart = at;
      this.valueEnd = end;
    }
    return end;
  }

  #isName(start: number, end: number, depth: number): boolean {
    const wanted = this.#segments[depth]!;
    if (this.#escaped) return decodeString(this.#bytes, start, end) === wanted.name;
    const name = wanted.nameBytes;
    const length = name.length;
    if (end - start !== length) return false;
    for (let i = 0; i < length; i++) if (this.#bytes[start + i] !== name[i]) return false;
    return true;
  }

  /** Returns the position behind the string whose first character is at `at`, or its line's newline. */
  #skipString(at: number): number {
    const bytes = this.#bytes;
    this.#escaped = false;
    for (;;) {
      while (STRING_STOPS[bytes[at]!] === 0) at++;
      const stop = bytes[at];
      if (stop === QUOTE) return at + 1;
      if (stop === NEWLINE) return at;
      this.#escaped = true;
      at += bytes[at + 1] === NEWLINE ? 1 : 2;
    }
  }

  #skipValue(at: number): number {
    const bytes = this.#bytes;
    const first = bytes[at]!;
    if (first === QUOTE) return this.#skipString(at + 1);
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) return this.#skipNested(at);
    while (SCALAR_STOPS[bytes[at]!] === 0) at++;
    return at;
  }

  #skipNested(at: number): number {
    const bytes = this.#bytes;
    let depth = 0;
    for (;;) {
      while (NEST_STOPS[bytes[at]!] === 0) at++;
      const stop = bytes[at];
      if (stop === QUOTE) {
        at = this.#skipString(at + 1);
        continue;
      }
      if (stop === NEWLINE) return at;
      at++;
      if (stop === OPEN_OBJECT || stop === OPEN_ARRAY) depth++;
      else if (--depth === 0) return at;
    }
  }

  #skipSpace(at: number): number {
    const bytes = this.#bytes;
    for (;;) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return at;
      at++;
    }
  }

  #lineEnd(at: number): number {
    return this.#bytes[at] === NEWLINE ? at : this.#bytes.indexOf(NEWLINE, at);
  }
}

function isNull(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 4 &&
    bytes[start] === 0x6e &&
    bytes[start + 1] === 0x75 &&
    bytes[start + 2] === 0x6c &&
    bytes[start + 3] === 0x6c
  );
}

/** The text of the JSON string between the quotes at `start - 1` and `end`, or undefined where it is not valid. */
export function decodeString(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return JSON.parse(`"${Buffer.from(bytes.subarray(start, end)).toString('utf8')}"`) as string;
  } catch {
    return undefined;
  }
}

/** The text of the value that `scanner` found last in `bytes`, or undefined where it found none. */
export function valueText(scanner: PathScanner, bytes: Uint8Array): string | undefined {
  const { kind, valueStart, valueEnd } = scanner;
  if (kind === ValueKind.none) return undefined;
  if (kind === ValueKind.escapedString) return decodeString(bytes, valueStart, valueEnd);
  return Buffer.from(bytes.subarray(valueStart, valueEnd)).toString('utf8');
}
