import { MillraceError } from '../base/errors.ts';
import type { Reached } from '../source/contract.ts';
import { deadLetter, deadMembers } from '../worker/dead-letter.ts';
import { type BatchResult, type DeadLine, Row } from '../worker/protocol.ts';
import { lineTooLong } from '../worker/run-batch.ts';
import type { RunAccount } from './account.ts';
import type { Chunk, RefusedLine } from './chunks.ts';
import { BLANK } from './lane-limits.ts';
import type { Output } from './output.ts';
import type { ScatteredChunk } from './scatter.ts';

/**
 * Merges what the lanes made of one chunk into the order of its lines, puts it out, and accounts for every line.
 *
 * Bytes that follow one another, in a result or in the slot, are put out as one run.
 */

export type OnError = 'dead-letter' | 'skip' | 'stop';

export interface MergeOptions {
  readonly output: Output;
  readonly sourceNames: readonly string[];
  readonly account: RunAccount;
  readonly onError: OnError;
  readonly lineBytesMax: number;
}

/** How far a chunk was put out, and why not to its end. */
export interface Outcome {
  readonly at: Reached;
  readonly failed: MillraceError | undefined;
}

export class ChunkMerge {
  /** Events that were put out. */
  written = 0;
  readonly #options: MergeOptions;
  readonly #chunk: Chunk;
  readonly #source: number;
  /** Lines of the source before the one at hand. */
  #line: number;
  #stopped: { readonly offset: number; readonly error: MillraceError } | undefined;
  /** A run of bytes that is put out as soon as something else follows. */
  #run: Uint8Array | undefined;
  #runStart = 0;
  #runEnd = 0;

  constructor(options: MergeOptions, chunk: Chunk, source: number, line: number) {
    this.#options = options;
    this.#chunk = chunk;
    this.#source = source;
    this.#line = line;
  }

  outcome(): Outcome {
    const { endOffset, unfinished } = this.#chunk;
    if (this.#stopped === undefined) return { at: { offset: endOffset, line: this.#line, unfinished }, failed: undefined };
    const { offset, error } = this.#stopped;
    return { at: { offset, line: this.#line, unfinished: false }, failed: error };
  }

  refused({ reason, excerpt, lengthBytes, offset }: RefusedLine): void {
    const error = reason === 'line-too-long' ? lineTooLong(this.#options.lineBytesMax) : CONTINUED;
    this.#dead(offset, deadMembers(reason, error, excerpt, lengthBytes));
  }

  /** All lines in the results' own order. */
  whole(results: readonly BatchResult[]): void {
    const { account } = this.#options;
    for (const result of results) {
      const firstLine = this.#line;
      this.#put(result.out, 0, result.out.length, result.written);
      account.blank += result.blank;
      account.read += result.lines - result.blank - result.dead.length;
      account.addHandled(result);
      for (const dead of result.dead) {
        this.#line = firstLine + dead.index;
        if (!this.#deadLine(dead)) return;
      }
      this.#line = firstLine + result.lines;
    }
  }

  /** The lines of all parts, merged into the order of the chunk. */
  scattered(chunk: ScatteredChunk, results: readonly (readonly BatchResult[])[]): void {
    const { account } = this.#options;
    const { partOfLine, bounds, lines } = chunk;
    const slot = this.#chunk.slot.bytes;
    const cursors = results.map(of => new ResultCursor(of));
    for (let line = 0; line < lines; line++) {
      const part = partOfLine[line]!;
      if (part === BLANK) {
        account.blank++;
        this.#line++;
        continue;
      }
      const cursor = cursors[part]!;
      const row = cursor.next();
      if (row === Row.dead) {
        if (this.#deadLine(cursor.dead())) continue;
        this.#countUntil(chunk, line, results);
        return;
      }
      account.read++;
      this.#line++;
      if (row === Row.passed) this.#extend(slot, bounds[line * 2]!, bounds[line * 2 + 1]! + 1);
      else if (row > 0) this.#extend(cursor.out, cursor.start, cursor.end);
    }
    this.#flush();
    for (const result of results.flat()) {
      account.addHandled(result);
      this.written += result.written;
    }
  }

  /** The account of a chunk that ends at a dead line: of what stands before it, row by row. */
  #countUntil(chunk: ScatteredChunk, end: number, results: readonly (readonly BatchResult[])[]): void {
    this.#flush();
    const { account } = this.#options;
    const cursors = results.map(of => new ResultCursor(of));
    for (let line = 0; line < end; line++) {
      const part = chunk.partOfLine[line]!;
      if (part === BLANK) continue;
      const cursor = cursors[part]!;
      const row = cursor.next();
      if (row === Row.dropped) account.dropped++;
      else account.kept++;
      const events = row === Row.passed ? 1 : countLines(cursor.out, cursor.start, cursor.end);
      account.written += events;
      this.written += events;
    }
  }

  /** Puts out a whole run at once. */
  #put(bytes: Uint8Array, start: number, end: number, events: number): void {
    if (end > start) this.#options.output.append(bytes, start, end);
    this.#options.account.bytesWritten += end - start;
    this.written += events;
  }

  #extend(bytes: Uint8Array, start: number, end: number): void {
    if (bytes === this.#run && start === this.#runEnd) {
      this.#runEnd = end;
      return;
    }
    this.#flush();
    this.#run = bytes;
    this.#runStart = start;
    this.#runEnd = end;
  }

  #flush(): void {
    if (this.#run !== undefined) this.#put(this.#run, this.#runStart, this.#runEnd, 0);
    this.#run = undefined;
  }

  #deadLine(dead: DeadLine): boolean {
    return this.#dead(this.#chunk.base + dead.start, dead.members);
  }

  /** Accounts for a dead event; false where the run is to stop at it. */
  #dead(offset: number, members: string): boolean {
    const { onError, output, account, sourceNames } = this.#options;
    const name = sourceNames[this.#source]!;
    const letter = deadLetter(name, this.#line + 1, offset, members);
    if (onError === 'stop') {
      this.#stopped = { offset, error: failedAt(name, this.#line + 1, offset, letter) };
      return false;
    }
    account.read++;
    account.dead++;
    this.#line++;
    if (onError === 'dead-letter') output.dead(letter);
    return true;
  }
}

const CONTINUED = { message: 'the line goes on from one that was handled when it had no newline yet' };

/** Goes through the rows of a part, whose results may be several. */
class ResultCursor {
  out: Uint8Array = new Uint8Array(0);
  /** The row's bytes in `out`. */
  start = 0;
  end = 0;
  readonly #results: readonly BatchResult[];
  #result = -1;
  #rows: Int32Array = new Int32Array(0);
  #row = 0;
  #dead = 0;

  constructor(results: readonly BatchResult[]) {
    this.#results = results;
  }

  next(): number {
    while (this.#row === this.#rows.length) this.#nextResult();
    const row = this.#rows[this.#row++]!;
    this.start = this.end;
    if (row > 0) this.end += row;
    return row;
  }

  /** The dead line that `next` has come to. */
  dead(): DeadLine {
    return this.#results[this.#result]!.dead[this.#dead++]!;
  }

  #nextResult(): void {
    this.#result++;
    const result = this.#results[this.#result];
    if (result?.rows === undefined) throw new Error('a lane gave fewer rows than it was given lines');
    this.out = result.out;
    this.#rows = result.rows;
    this.#row = 0;
    this.#dead = 0;
    this.start = 0;
    this.end = 0;
  }
}

function countLines(bytes: Uint8Array, start: number, end: number): number {
  let lines = 0;
  for (let at = start; at < end; at++) if (bytes[at] === 0x0a) lines++;
  return lines;
}

function failedAt(source: string, line: number, offset: number, letter: string): MillraceError {
  const { reason, error } = JSON.parse(letter) as { reason: string; error: { message: string; stack?: string } };
  const frame = error.stack === undefined ? '' : ` ${error.stack.split('\n')[0]}`;
  return new MillraceError(
    'MILLRACE_EVENT_FAILED',
    `cannot handle "${source}" line ${line} (offset ${offset}), ${reason}: ${error.message}${frame}`,
    { hint: 'what stands before it is committed; mend the handler or the line, then run the same command again' },
  );
}
