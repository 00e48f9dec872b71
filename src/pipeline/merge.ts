import { MillraceError } from '../base/errors.ts';
import { countLines } from '../base/line-bytes.ts';
import { BLANK, Row } from '../kernel/line-table.ts';
import type { Reached } from '../source/contract.ts';
import { deadLetter, deadMembers } from '../worker/dead-letter.ts';
import type { BatchResult, DeadLine } from '../worker/protocol.ts';
import { lineTooLong } from '../worker/parse-ahead.ts';
import type { RunAccount } from './account.ts';
import type { Chunk } from './chunks.ts';
import type { Output } from './output.ts';
import type { RefusedLine } from './refused-line.ts';
import type { OnError } from './run-options.ts';
import type { Dispatched } from './scatter.ts';

/**
 * Merges what the lanes made of one chunk into the order of its lines, puts it out, and accounts for every line.
 *
 * Bytes that follow one another, in a result or in the slot, are put out as one run.
 */

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

type PartResults = readonly (readonly BatchResult[])[];

export class ChunkMerge {
  /** Events that were put out. */
  written = 0;
  readonly #options: MergeOptions;
  readonly #chunk: Chunk;
  readonly #source: number;
  /** Lines of the source before the chunk, and lines of the chunk that were put out. */
  readonly #linesBefore: number;
  #lines = 0;
  /** Events that were put out, counted only in a run that may stop. */
  #eventsPut = 0;
  #stopped: { readonly offset: number; readonly error: MillraceError } | undefined;
  /** A run of bytes that is put out as soon as something else follows. */
  #run: Uint8Array | undefined;
  #runStart = 0;
  #runEnd = 0;

  constructor(options: MergeOptions, chunk: Chunk, source: number, linesBefore: number) {
    this.#options = options;
    this.#chunk = chunk;
    this.#source = source;
    this.#linesBefore = linesBefore;
  }

  outcome(): Outcome {
    const { endOffset, unfinished } = this.#chunk;
    const line = this.#linesBefore + this.#lines;
    if (this.#stopped === undefined)
      return { at: { offset: endOffset, line, unfinished }, failed: undefined };
    const { offset, error } = this.#stopped;
    return { at: { offset, line, unfinished: false }, failed: error };
  }

  refused({ reason, excerpt, lengthBytes, offset }: RefusedLine): void {
    if (reason === 'blank') {
      this.#options.account.blank++;
      this.#lines = 1;
      return;
    }
    // What goes on from a line that was counted before is no new line.
    const line = reason === 'line-continued' ? -1 : 0;
    const error = reason === 'line-continued' ? CONTINUED : lineTooLong(this.#options.lineBytesMax);
    this.#dead(line, offset, deadMembers(reason, error, excerpt, lengthBytes));
    if (this.#stopped === undefined) this.#lines = line + 1;
  }

  /** All lines in the results' own order. */
  whole(results: readonly BatchResult[]): void {
    const { account } = this.#options;
    for (const result of results) {
      this.#put(result.out, 0, result.out.length);
      account.blank += result.blank;
      account.read += result.lines - result.blank - result.dead.length;
      this.#count(result);
      for (const { index, start, members } of result.dead) {
        this.#dead(this.#lines + index, this.#chunk.base + start, members);
      }
      // A batch that was stopped ends with the dead line, which is not taken.
      this.#lines += this.#stopped === undefined ? result.lines : result.lines - 1;
      if (this.#stopped !== undefined) return;
    }
  }

  /** The lines of all parts, merged into the order of the chunk. */
  scattered({ lines, parts }: Dispatched, results: PartResults): void {
    const { account } = this.#options;
    const { bytes, table } = this.#chunk.slot;
    const { lanes, rows, starts, ends } = table;
    const cursors: ResultCursor[] = [];
    for (const [at, { number }] of parts.entries()) cursors[number] = new ResultCursor(results[at]!);
    let blank = 0;
    let dead = 0;
    let line = 0;
    for (; line < lines; line++) {
      const lane = lanes[line]!;
      const row = rows[line]!;
      if (lane === BLANK) {
        blank++;
      } else if (row > 0) {
        const cursor = cursors[lane]!;
        cursor.advance(row);
        this.#extend(cursor.out, cursor.end - row, cursor.end);
      } else if (row === Row.passed) {
        this.#extend(bytes, starts[line]!, ends[line]! + 1);
      } else if (row === Row.dead) {
        const { start, members } = cursors[lane]!.nextDead();
        this.#dead(line, this.#chunk.base + start, members);
        if (this.#stopped !== undefined) break;
        dead++;
      }
    }
    this.#flush();
    this.#lines = line;
    account.blank += blank;
    account.read += line - blank - dead;
    if (this.#stopped !== undefined) this.#countRows(line);
    else for (const result of results.flat()) this.#count(result);
  }

  #count(result: BatchResult): void {
    this.#options.account.addHandled(result);
    this.written += result.written;
  }

  /** The account of the first `lines` lines of a chunk that ends at a dead one. */
  #countRows(lines: number): void {
    const { lanes, rows } = this.#chunk.slot.table;
    let kept = 0;
    let dropped = 0;
    for (let line = 0; line < lines; line++) {
      if (lanes[line] === BLANK) continue;
      if (rows[line] === Row.dropped) dropped++;
      else kept++;
    }
    this.#options.account.addHandled({ kept, dropped, written: this.#eventsPut });
    this.written += this.#eventsPut;
  }

  #put(bytes: Uint8Array, start: number, end: number): void {
    if (end === start) return;
    const { output, account, onError } = this.#options;
    output.append(bytes, start, end);
    account.bytesWritten += end - start;
    // Only where the run may stop in the middle: results count their events, but not those before a certain line.
    if (onError === 'stop') this.#eventsPut += countLines(bytes.subarray(start, end));
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
    if (this.#run !== undefined) this.#put(this.#run, this.#runStart, this.#runEnd);
    this.#run = undefined;
  }

  /** Accounts for a dead event, the chunk's line number `line`; a run that is to stop is stopped at it. */
  #dead(line: number, offset: number, members: string): void {
    const { onError, output, account, sourceNames } = this.#options;
    const name = sourceNames[this.#source]!;
    const lineNumber = this.#linesBefore + line + 1;
    const letter = deadLetter(name, lineNumber, offset, members);
    if (onError === 'stop') {
      this.#stopped = { offset, error: failedAt(name, lineNumber, offset, letter) };
      return;
    }
    account.read++;
    account.dead++;
    if (onError === 'dead-letter') output.dead(letter);
  }
}

const CONTINUED = { message: 'the line goes on from one that was handled when it had no newline yet' };

/** Goes through the output and the dead lines of a part, whose results may be several. */
class ResultCursor {
  out: Uint8Array = new Uint8Array(0);
  /** The end of the current line's bytes in `out`. */
  end = 0;
  readonly #results: readonly BatchResult[];
  #result = -1;
  readonly #dead: readonly DeadLine[];
  #nextDead = 0;

  constructor(results: readonly BatchResult[]) {
    this.#results = results;
    this.#dead = results.length === 1 ? results[0]!.dead : results.flatMap(result => result.dead);
  }

  /** Goes on by a line that has `bytes` bytes of output. */
  advance(bytes: number): void {
    while (this.end === this.out.length) {
      const result = this.#results[++this.#result];
      if (result === undefined) throw new Error('a lane gave less output than its rows say');
      this.out = result.out;
      this.end = 0;
    }
    this.end += bytes;
  }

  nextDead(): DeadLine {
    const dead = this.#dead[this.#nextDead++];
    if (dead === undefined) throw new Error('a lane gave fewer dead lines than its rows say');
    return dead;
  }
}

function failedAt(source: string, line: number, offset: number, letter: string): MillraceError {
  const { reason, error } = JSON.parse(letter) as {
    reason: string;
    error: { message: string; stack?: string };
  };
  const frame = error.stack === undefined ? '' : ` ${error.stack.split('\n')[0]}`;
  return new MillraceError(
    'MILLRACE_EVENT_FAILED',
    `cannot handle "${source}" line ${line} (offset ${offset}), ${reason}: ${error.message}${frame}`,
    {
      hint: 'what stands before it is committed; mend the handler or the line, then run the same command again',
    },
  );
}
