import { MillraceError } from '../base/errors.ts';
import { countLines, isSpace } from '../base/line-bytes.ts';
import { isWhole } from '../source/hello.ts';

/**
 * Looks after last lines that lack their newline, where lines are numbered under a name that comes again.
 *
 * A line that was sent has its number for good, so what comes behind it later in the file is never sent. Therefore one without a
 * newline is sent only where nothing can go on behind it, and a line that has gone on nevertheless is told.
 */

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set(Buffer.from('[{'));
const CLOSING = new Set(Buffer.from(']}'));
const WORDS = ['true', 'false', 'null'];
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

export class LineEnds {
  /** Lines that are committed when sending begins: the last of them may have been sent without its newline. */
  committed = 0;
  /** Whether a line was left, so that what comes behind it cannot be numbered yet. */
  hasLeft = false;
  readonly #tell: (error: MillraceError) => void;
  #file = '';
  #isLast = true;
  /** Lines that have passed: of all files, and of those before this one. */
  #lines = 0;
  #linesBefore = 0;

  /** `tell` is told of each line that is not sent, or not as a whole. */
  constructor(tell: (error: MillraceError) => void) {
    this.#tell = tell;
  }

  /** Begins a file; the lines of all are numbered as one. */
  begin(file: string, isLast: boolean): void {
    this.#file = file === '-' ? 'standard input' : `"${file}"`;
    this.#isLast = isLast;
    this.#linesBefore = this.#lines;
  }

  /** Passes lines of the file that have their newlines. */
  passed(lines: Buffer): void {
    const nth = this.committed - this.#lines;
    const count = countLines(lines);
    if (nth >= 1 && nth <= count) this.#check(nthLine(lines, nth), this.committed - this.#linesBefore);
    this.#lines += count;
  }

  /** Whether the last line of the file is sent though it has no newline; where it is not, that is told unless it is blank. */
  maySend(rest: Buffer): boolean {
    const end = textEnd(rest);
    if (end !== undefined && isBlank(rest.subarray(end))) return true;
    if (isBlank(rest)) return false;
    this.hasLeft = true;
    const line = `line ${this.#lines - this.#linesBefore + 1} of ${this.#file}`;
    this.#tell(
      new MillraceError(
        'MILLRACE_SEND_UNFINISHED',
        `cannot send ${line}${this.#isLast ? '' : ', nor the files behind it'}: it has no newline yet, and may go on`,
        {
          hint: 'give the same command again when the line is all there; one that is needs a newline behind it',
        },
      ),
    );
    return false;
  }

  #check(line: Buffer, number: number): void {
    const end = textEnd(line);
    if (end === undefined || isBlank(line.subarray(end))) return;
    this.#tell(
      new MillraceError(
        'MILLRACE_SEND_CONTINUED',
        `cannot send the rest of line ${number} of ${this.#file}: the line was sent when it had no newline yet`,
        {
          hint: `what stands behind its first ${end} bytes is missing; if it is an event, send it by itself`,
        },
      ),
    );
  }
}

/** The line with this number, from 1 on, without its newline. */
function nthLine(lines: Buffer, number: number): Buffer {
  let from = 0;
  for (let left = number; left > 1; left--) from = lines.indexOf(NEWLINE, from) + 1;
  return lines.subarray(from, lines.indexOf(NEWLINE, from));
}

/**
 * Where the JSON ends with which a line begins; undefined where there is none, or where more of it could come, as behind a number.
 */
function textEnd(line: Buffer): number | undefined {
  let start = line.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  while (start < line.length && isSpace(line[start]!)) start++;
  const word = WORDS.find(text => line.toString('latin1', start, start + text.length) === text);
  const end = word === undefined ? closedAt(line, start) : start + word.length;
  return end !== undefined && isWhole(line.subarray(start, end)) ? end : undefined;
}

/** Where the object, array or string is closed that begins at `start`; whether it is JSON is not looked at. */
function closedAt(line: Buffer, start: number): number | undefined {
  if (line[start] !== QUOTE && !OPENING.has(line[start]!)) return undefined;
  let [depth, isString] = [0, false];
  for (let at = start; at < line.length; at++) {
    const byte = line[at]!;
    if (byte === QUOTE) isString = !isString;
    else if (isString && byte === BACKSLASH) at++;
    else if (!isString && OPENING.has(byte)) depth++;
    else if (!isString && CLOSING.has(byte)) depth--;
    if (depth === 0 && !isString) return at + 1;
  }
  return undefined;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every(isSpace);
}
