import type { ToCaller } from '../pipeline/run-options.ts';
import { DEAD_EXCERPT_BYTES } from '../base/limits.ts';
import {
  fateOf,
  givenFor,
  type LineFate,
  lineBytes,
  type LinesView,
  type UnreadLine,
} from '../pipeline/lines-view.ts';

/**
 * One of two runs that are compared: what became of each line, chunk by chunk, for whoever compares. A few chunks wait at most;
 * then the run waits.
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

export interface Emission {
  readonly topic: string;
  readonly event: string;
}

const WAITING_MAX = 2;

export class Side {
  readonly output: ToCaller;
  #chunk: ChunkFates | undefined;
  /** The line of the chunk whose letter was told last. */
  #deadLine = -1;
  #topics: readonly string[] = [];
  readonly #waiting: ChunkFates[] = [];
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
      onDead: letter => this.#addDead(letter),
      onChunkEnd: () => this.#endChunk(),
      ready: () => this.#ready(),
    };
  }

  /** The next chunk, or undefined where there is none any more; rejects with the failure of the run. */
  async take(): Promise<ChunkFates | undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      this.#taken();
      if (next !== undefined) return next;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isEnded) return undefined;
      await new Promise<void>(resolve => {
        this.#changed = resolve;
      });
    }
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

  #ready(): Promise<void> | undefined {
    if (this.#waiting.length < WAITING_MAX || this.#isClosed) return undefined;
    return new Promise<void>(resolve => {
      this.#taken = resolve;
    });
  }

  #begin(chunk: ChunkFates): void {
    this.#chunk = chunk;
    this.#deadLine = -1;
  }

  #addDead(letter: string): void {
    if (this.#chunk === undefined) return;
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
    emitted: emittedOf(view, topics),
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

function emittedOf(
  { emitted }: LinesView,
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
