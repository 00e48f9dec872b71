import { MillraceError } from '../base/errors.ts';
import { type Merger, outputOf, piecesOf } from '../kernel/merger.ts';
import type { Origin, Reached } from '../source/contract.ts';
import { deadLetter, deadMembers, LINE_CONTINUED, lineTooLong } from '../worker/dead-letter.ts';
import {
  type BatchResult,
  type DeadLine,
  type Emitted,
  type Overflow,
  type StateChange,
} from '../worker/protocol.ts';
import type { RunAccount } from './account.ts';
import type { Chunk } from './chunk.ts';
import type { LinesView, Spilled } from './lines-view.ts';
import type { Output } from './output.ts';
import type { RefusedLine } from './refused-line.ts';
import type { OnError } from './run-options.ts';

/**
 * Puts out what the lanes made of one chunk, in the order of its lines, and accounts for every line.
 *
 * What became of a line stands in the slot's table, whichever lane had it, and the kernel goes through it many lines at a
 * time. Only dead lines, and outputs that found no room in the slot, come with the lanes' results.
 */

export interface MergeOptions {
  readonly output: Output;
  readonly merger: Merger;
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
  readonly #source: string;
  /** Lines of the source before the chunk, and lines of the chunk that were put out. */
  readonly #linesBefore: number;
  readonly #originOf: ((linesBefore: number) => Origin | undefined) | undefined;
  #lines = 0;
  #stopped: { readonly offset: number; readonly error: MillraceError } | undefined;

  /** `source` is the name of the chunk's source; `originOf` tells where its lines stood first, if that was elsewhere. */
  constructor(
    options: MergeOptions,
    chunk: Chunk,
    source: string,
    linesBefore: number,
    originOf?: (linesBefore: number) => Origin | undefined,
  ) {
    this.#options = options;
    this.#chunk = chunk;
    this.#source = source;
    this.#linesBefore = linesBefore;
    this.#originOf = originOf;
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
    const isBlank = reason === 'blank';
    if (reason !== 'line-continued') {
      const unread = { source: this.#source, linesBefore: this.#linesBefore };
      this.#options.output.unreadLine?.({ ...unread, excerpt: isBlank ? undefined : excerpt });
    }
    if (isBlank) {
      this.#options.account.blank++;
      this.#lines = 1;
      return;
    }
    // What goes on from a line that was counted before is no new line.
    const line = reason === 'line-continued' ? -1 : 0;
    const error = reason === 'line-continued' ? LINE_CONTINUED : lineTooLong(this.#options.lineBytesMax);
    this.#dead(line, offset, deadMembers(reason, error, excerpt, lengthBytes));
    if (this.#stopped === undefined) this.#lines = line + 1;
  }

  /** All lines of the chunk, as `results` and the slot's table tell of them. */
  lines(results: readonly BatchResult[]): void {
    const dead = results.flatMap(result => result.dead);
    if (results.length > 1) dead.sort((a, b) => a.line - b.line);
    const [first] = dead;
    const to =
      this.#options.onError === 'stop' && first !== undefined
        ? first.line
        : results.reduce((most, { linesTo }) => Math.max(most, linesTo), 0);
    const overflow = overflowOf(results);
    this.#tellLines(results, to, overflow);
    const found = this.#putOut(to, overflow);
    this.#emit(results, to);
    for (const { state } of results) if (state !== undefined) this.#changeState(state, to);
    this.#lines = to;
    for (const result of results) this.#options.account.addTallies(result);
    if (first !== undefined && first.line === to) {
      this.#dead(to, this.#chunk.base + first.start, first.members);
      return;
    }
    if (found !== dead.length)
      throw new Error(`${found} lines of a chunk are dead, and ${dead.length} told so`);
    this.#allDead(dead);
  }

  #tellLines(results: readonly BatchResult[], to: number, overflow: LinesView['overflow']): void {
    this.#options.output.lines?.({
      source: this.#source,
      linesBefore: this.#linesBefore,
      lines: to,
      slot: this.#chunk.slot,
      overflow,
      emitted: results.flatMap(({ emitted }) => emitted),
    });
  }

  #allDead(dead: readonly DeadLine[]): void {
    for (const { line, start, members } of dead) this.#dead(line, this.#chunk.base + start, members);
  }

  /** Puts out the lines before number `to`; returns how many of them are dead. */
  #putOut(to: number, overflow: ReadonlyMap<number, Spilled> | undefined): number {
    const { merger, account } = this.#options;
    const { slot } = this.#chunk;
    let dead = 0;
    for (let line = 0; line < to; ) {
      const merged = merger.merge(slot, line, to);
      if (merged.pending > 0) throw new Error(`${merged.pending} lines of a chunk were not handled`);
      account.blank += merged.blank;
      account.dropped += merged.dropped;
      account.kept += merged.kept;
      account.read += merged.dropped + merged.kept;
      dead += merged.dead;
      this.#put(merger.out, merged.bytes, merged.written);
      const next = merged.line;
      if (next === line && next < to) {
        this.#putLine(line, overflow);
        line++;
      } else {
        line = next;
      }
    }
    return dead;
  }

  /** Puts out one line, whose output is longer than what the merger takes, or came with a result. */
  #putLine(line: number, overflow: ReadonlyMap<number, Spilled> | undefined): void {
    const { account } = this.#options;
    const { slot } = this.#chunk;
    const spilled = overflow?.get(line);
    const { events } = spilled ?? outputOf(slot, line);
    const pieces = spilled === undefined ? piecesOf(slot, line) : [spilled.bytes];
    account.read++;
    if (events > 0) account.kept++;
    else account.dropped++;
    for (const piece of pieces) this.#put(piece, piece.length, 0);
    account.written += events;
    this.written += events;
  }

  /** Puts out what was emitted for the lines before number `to`, in their order. */
  #emit(results: readonly BatchResult[], to: number): void {
    const byTopic = new Map<number, Emitted[]>();
    for (const { emitted } of results) {
      for (const part of emitted) byTopic.set(part.topic, [...(byTopic.get(part.topic) ?? []), part]);
    }
    for (const [topic, parts] of byTopic) this.#emitTo(topic, parts, to);
  }

  /** Each part is in order; runs of the one whose next line comes first are put out in one go. */
  #emitTo(topic: number, parts: readonly Emitted[], to: number): void {
    const { output, account } = this.#options;
    const at = parts.map(() => 0);
    for (;;) {
      let first = -1;
      let second = to;
      for (const [i, { lines }] of parts.entries()) {
        const line = lines[at[i]!] ?? to;
        if (line >= to) continue;
        if (first < 0 || line < parts[first]!.lines[at[first]!]!) {
          if (first >= 0) second = Math.min(second, parts[first]!.lines[at[first]!]!);
          first = i;
        } else {
          second = Math.min(second, line);
        }
      }
      if (first < 0) return;
      const { lines, ends, bytes } = parts[first]!;
      const from = at[first]!;
      let end = from + 1;
      while (end < lines.length && lines[end]! < second) end++;
      at[first] = end;
      output.emit(topic, bytes, from === 0 ? 0 : ends[from - 1]!, ends[end - 1]!, end - from);
      account.emitted += end - from;
    }
  }

  /** Puts out what was changed of the state by the lines before number `to`; lanes share no key. */
  #changeState({ bytes, count, each }: StateChange, to: number): void {
    const { output } = this.#options;
    const cut = each?.lines.findIndex(line => line >= to) ?? -1;
    if (cut < 0) output.changeState(bytes, bytes.length, count);
    else if (cut > 0) output.changeState(bytes, each!.ends[cut - 1]!, cut);
  }

  #put(bytes: Uint8Array, length: number, events: number): void {
    const { output, account } = this.#options;
    if (length > 0) output.append(bytes, 0, length);
    account.bytesWritten += length;
    account.written += events;
    this.written += events;
  }

  /** Accounts for a dead event, the chunk's line number `line`; a run that is to stop is stopped at it. */
  #dead(line: number, offset: number, members: string): void {
    const { onError, output, account } = this.#options;
    const before = this.#linesBefore + line;
    const origin = this.#originOf?.(before) ?? { source: this.#source, line: before + 1, offset };
    const letter = deadLetter(origin.source, origin.line, origin.offset, members);
    if (onError === 'stop') {
      this.#stopped = { offset, error: failedAt(origin, letter) };
      return;
    }
    account.read++;
    account.dead++;
    if (onError === 'dead-letter') output.dead(letter);
  }
}

/** The outputs that found no room in the slot, by their lines; undefined where there are none. */
export function overflowOf(results: readonly BatchResult[]): ReadonlyMap<number, Spilled> | undefined {
  const all: readonly Overflow[] = results.flatMap(({ overflow }) => overflow);
  if (all.length === 0) return undefined;
  const spilled = new Map<number, Spilled>();
  for (const { lines, ends, events, bytes } of all) {
    for (const [i, line] of lines.entries()) {
      spilled.set(line, { bytes: bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]), events: events[i]! });
    }
  }
  return spilled;
}

function failedAt({ source, line, offset }: Origin, letter: string): MillraceError {
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
