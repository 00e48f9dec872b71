import type { ToCaller } from '../pipeline/run-options.ts';
import { DEAD_EXCERPT_BYTES } from '../base/limits.ts';
import {
  type EndsView,
  fateOf,
  givenFor,
  type LineFate,
  lineBytes,
  type LinesView,
  type UnreadLine,
} from '../pipeline/lines-view.ts';

/**
 * One of two runs that are compared: what became of each line, chunk by chunk, and then what the end of the input gave, for
 * whoever compares. A few chunks wait at most; then the run waits.
 */

/** What became of the lines of a chunk. */
export interface ChunkFates {
  readonly source: string;
  readonly linesBefore: number;
  readonly fates: readonly LineFate[];
  /** The lines themselves, one behind the other; line `i` ends at `lineEnds[i]`. Of those that are too long the beginnings. */
  readonly lines: Buffer;
  readonly lineEnds: Uint32Array;
  /** What was given in their place, likewise; empty for other fates. */
  readonly given: Buffer;
  readonly givenEnds: Uint32Array;
  /** What was emitted to topics for a line. */
  readonly emitted: ReadonlyMap<number, readonly Emission[]>;
  /** The letters of dead lines. */
  readonly dead: Map<number, string>;
}

/** What was given for some keys at the end of the input, likewise. */
export interface KeyEnds {
  readonly keys: readonly string[];
  readonly given: Buffer;
  readonly givenEnds: Uint32Array;
  /** By the numbers of the keys. */
  readonly emitted: ReadonlyMap<number, readonly Emission[]>;
}

export interface Emission {
  readonly topic: string;
  readonly event: string;
}

const WAITING_MAX = 2;

export class Side {
  readonly output: ToCaller;
  #chunk: ChunkFates | KeyEnds | undefined;
  /** The line of the chunk whose letter was told last. */
  #deadLine = -1;
  #topics: readonly string[] = [];
  readonly #waiting: (ChunkFates | KeyEnds)[] = [];
  #isEnded = false;
  #isClosed = false;
  #failure: { readonly error: unknown } | undefined;
  #changed: () => void = () => undefined;
  #taken: () => void = () => undefined;

  constructor(lineBytesMax: number) {
    this.output = {
      kind: 'caller',
      onTopics: topics => {
        this.#topics = topics;
      },
      onEvents: () => undefined,
      onLines: view => {
        this.#begin(fatesOf(view, this.#topics, lineBytesMax));
      },
      onUnreadLine: line => this.#begin(unreadFates(line)),
      onEnds: view => this.#begin(keyEndsOf(view, this.#topics)),
      onDead: letter => this.#addDead(letter),
      onChunkEnd: () => this.#endChunk(),
      ready: () => this.#ready(),
    };
  }

  /** The next chunk, or undefined where there is none any more; rejects with the failure of the run. */
  async take(): Promise<ChunkFates | undefined> {
    const next = await this.#next();
    if (next === undefined || 'keys' in next) return undefined;
    this.#remove();
    return next;
  }

  /** After the last chunk: what was given for the next keys, or undefined where there are none any more; rejects likewise. */
  async takeEnds(): Promise<KeyEnds | undefined> {
    const next = await this.#next();
    if (next === undefined || !('keys' in next)) return undefined;
    this.#remove();
    return next;
  }

  /** Says that the run has ended. */
  end(): void {
    this.#isEnded = true;
    this.#changed();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#changed();
  }

  /** Says that nobody takes anything any more: the run need not wait. */
  close(): void {
    this.#isClosed = true;
    this.#taken();
  }

  /** What waits for longest, once something does. */
  async #next(): Promise<ChunkFates | KeyEnds | undefined> {
    for (;;) {
      if (this.#waiting.length > 0) return this.#waiting[0];
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isEnded) return undefined;
      await new Promise<void>(resolve => {
        this.#changed = resolve;
      });
    }
  }

  #remove(): void {
    this.#waiting.shift();
    this.#taken();
  }

  #ready(): Promise<void> | undefined {
    if (this.#waiting.length < WAITING_MAX || this.#isClosed) return undefined;
    return new Promise<void>(resolve => {
      this.#taken = resolve;
    });
  }

  #begin(chunk: ChunkFates | KeyEnds): void {
    this.#chunk = chunk;
    this.#deadLine = -1;
  }

  #addDead(letter: string): void {
    if (this.#chunk === undefined || 'keys' in this.#chunk) return;
    // They are told in the order of the lines.
    const { dead, fates } = this.#chunk;
    this.#deadLine = fates.indexOf('dead', this.#deadLine + 1);
    dead.set(this.#deadLine, letter);
  }

  #endChunk(): void {
    if (this.#chunk === undefined) return;
    if (!this.#isClosed) this.#waiting.push(this.#chunk);
    this.#chunk = undefined;
    this.#changed();
  }
}

function fatesOf(view: LinesView, topics: readonly string[], lineBytesMax: number): ChunkFates {
  const { source, linesBefore, lines: count } = view;
  const fates: LineFate[] = [];
  const lines: Uint8Array[] = [];
  const given: Uint8Array[] = [];
  const lineEnds = new Uint32Array(count);
  const givenEnds = new Uint32Array(count);
  let [linesLength, givenLength] = [0, 0];
  for (let line = 0; line < count; line++) {
    const fate = fateOf(view, line);
    fates.push(fate);
    const own = shownBytes(lineBytes(view, line), lineBytesMax);
    lines.push(own);
    linesLength += own.length;
    if (fate === 'given') {
      for (const piece of givenFor(view, line)) {
        given.push(piece);
        givenLength += piece.length;
      }
    }
    lineEnds[line] = linesLength;
    givenEnds[line] = givenLength;
  }
  return {
    source,
    linesBefore,
    fates,
    lines: Buffer.concat(lines),
    lineEnds,
    given: Buffer.concat(given),
    givenEnds,
    emitted: emittedOf(view.emitted, topics),
    dead: new Map(),
  };
}

/** A line that stands between two chunks, as a chunk of its own. */
function unreadFates({ source, linesBefore, excerpt }: UnreadLine): ChunkFates {
  const lines = Buffer.concat(excerpt === undefined ? [] : [excerpt, NEWLINE]);
  return {
    source,
    linesBefore,
    fates: [excerpt === undefined ? 'blank' : 'dead'],
    lines,
    lineEnds: Uint32Array.of(lines.length),
    given: Buffer.alloc(0),
    givenEnds: Uint32Array.of(0),
    emitted: new Map(),
    dead: new Map(),
  };
}

const NEWLINE = Buffer.from('\n');

/** What is kept of a line: the same whether it was read into a chunk or not. */
function shownBytes(line: Uint8Array, lineBytesMax: number): Uint8Array {
  if (line.length - 1 <= lineBytesMax) return line;
  return Buffer.concat([line.subarray(0, Math.min(DEAD_EXCERPT_BYTES, line.length - 1)), NEWLINE]);
}

function keyEndsOf({ keys, bytes, ends, emitted }: EndsView, topics: readonly string[]): KeyEnds {
  const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { keys, given, givenEnds: ends, emitted: emittedOf(emitted, topics) };
}

/** What was emitted for each line, or key. */
function emittedOf(
  emitted: EndsView['emitted'],
  topics: readonly string[],
): ReadonlyMap<number, readonly Emission[]> {
  const byLine = new Map<number, Emission[]>();
  for (const { topic, lines, ends, bytes } of emitted) {
    for (const [i, line] of lines.entries()) {
      const event = Buffer.from(bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]))
        .toString('utf8')
        .trimEnd();
      const some = byLine.get(line);
      if (some === undefined) byLine.set(line, [{ topic: topics[topic]!, event }]);
      else some.push({ topic: topics[topic]!, event });
    }
  }
  return byLine;
}
