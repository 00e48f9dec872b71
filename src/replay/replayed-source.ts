import { countLines } from '../base/line-bytes.ts';
import type { Positions, Reached, Source, SourceSpec } from '../source/contract.ts';
import { topicSource } from '../source/topic.ts';
import type { TopicReader } from '../store/topic-reader.ts';
import type { ValuePath } from '../kernel/path.ts';
import type { TimeUnit } from './byte-time.ts';
import { chooseClock } from './clock-choice.ts';
import { type EventClock, FieldClock } from './event-clock.ts';
import type { Input } from './inputs.ts';
import type { Pacer } from './pacer.ts';
import { afterLines, type Piece, sourcePieces, type Stretch } from './pieces.ts';
import { TimeRange } from './range.ts';

/**
 * An input as the source of a run: it gives what is due, when it is due.
 *
 * Its positions are those of the input itself, so that a run that was killed goes on with it. For that every byte is given out:
 * events that are no part of the replay as blank lines of the same length.
 */

export interface PacedOptions {
  readonly stretch: Stretch;
  /** Bytes of the input after which it ends; undefined for all. */
  readonly bytesMax?: number;
  readonly timeField: ValuePath | undefined;
  readonly timeUnit: TimeUnit | undefined;
  /** Whether all inputs are topics. */
  readonly isCommitted: boolean;
  readonly pacer: Pacer;
  readonly stopped: AbortSignal;
  readonly onShare: (share: number | undefined) => void;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;

export function pacedSource(input: Input, options: PacedOptions): SourceSpec {
  const spec =
    input.kind === 'source'
      ? input.spec
      : topicSource(input.input, async () => input.reader, { follow: false });
  return {
    name: spec.name,
    id: spec.id,
    live: false,
    check: spec.check,
    open: async positions => {
      const sizeBytes = await spec.check();
      const start = input.kind === 'topic' ? await startIn(input.reader, spec.id!, options, positions) : {};
      return new PacedSource(await spec.open({ ...start, ...positions }), sizeBytes, options);
    },
  };
}

/** The position in a topic with which the replay begins, where no earlier run has left one. */
async function startIn(
  reader: TopicReader,
  id: string,
  { stretch, timeField, isCommitted }: PacedOptions,
  positions: Positions,
): Promise<Positions> {
  if (positions[id] !== undefined) return {};
  const { offset: end } = reader.state.end;
  const from = reader.startOf(stretch.fromOffset);
  let line = Math.min(from, end);
  if (timeField === undefined && isCommitted && stretch.fromMs > 0) {
    line = end;
    for await (const { offset } of reader.frames(from, stretch.fromMs)) {
      line = Math.max(from, offset);
      break;
    }
  }
  return { [id]: { offset: 0, line, unfinished: false, epoch: reader.epoch } };
}

class PacedSource implements Source {
  readonly start: Reached;
  readonly #source: Source;
  readonly #due: AsyncGenerator<Uint8Array, void, void>;
  #bytes: Uint8Array = new Uint8Array(0);
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #waiting: Promise<void> | undefined;

  constructor(source: Source, sizeBytes: number | undefined, options: PacedOptions) {
    this.start = source.start;
    this.#source = source;
    this.#due = dueBytes(source, sizeBytes, options);
  }

  readable(): Promise<void> | undefined {
    if (this.#bytes.length > 0 || this.#isEnded || this.#failure !== undefined) return undefined;
    this.#waiting ??= this.#next().finally(() => {
      this.#waiting = undefined;
    });
    return this.#waiting;
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isEnded) return 'end';
    const length = Math.min(into.length, this.#bytes.length);
    into.set(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    return length;
  }

  positions(reached: Reached): Promise<Positions> {
    return this.#source.positions(reached);
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  async #next(): Promise<void> {
    try {
      const { value, done } = await this.#due.next();
      if (done === true) this.#isEnded = true;
      else this.#bytes = value;
    } catch (error) {
      this.#failure = { error };
    }
  }
}

/** The bytes of the source as they are due. */
async function* dueBytes(
  source: Source,
  sizeBytes: number | undefined,
  options: PacedOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { pacer, stopped, stretch, bytesMax, onShare } = options;
  const hasTimes = Number.isFinite(stretch.fromMs) || Number.isFinite(stretch.toMs);
  const reading = { stopped, sizeBytes, ...(bytesMax !== undefined && { bytesMax }) };
  const { clock, pieces } = await chooseClock(sourcePieces(source, reading), {
    path: options.timeField,
    unit: options.timeUnit,
    isCommitted: options.isCommitted,
    isNeeded: hasTimes || pacer.speed !== Number.POSITIVE_INFINITY,
  });
  const inStretch = new StretchOfLines(source.start.line, options, hasTimes ? clock : undefined);
  for await (const whole of pieces) {
    const piece = inStretch.of(whole);
    if (piece === undefined) return;
    let from = 0;
    for await (const { bytes, to } of pacer.due(piece, clock)) {
      onShare(piece.share?.[0]);
      // A mark at the start belongs to no line, and is given out; a newline that the source lacks is not.
      const isLast = to === piece.to && piece.isEnded === true;
      yield bytes.subarray(from, isLast ? to - 1 : to);
      from = to;
    }
    if (stopped.aborted) return;
  }
}

/** Makes the lines blank that are no part of a replay. */
class StretchOfLines {
  readonly #options: PacedOptions;
  readonly #clock: EventClock | undefined;
  readonly #range: TimeRange;
  #line: number;

  constructor(firstLine: number, options: PacedOptions, clock: EventClock | undefined) {
    this.#line = firstLine;
    this.#options = options;
    this.#clock = clock;
    this.#range = new TimeRange(options.stretch.fromMs, options.stretch.toMs);
  }

  /** The piece with its other lines blank; undefined where nothing comes any more. */
  of(piece: Piece): Piece | undefined {
    const { stretch } = this.#options;
    if (!Number.isNaN(piece.committedMs) && !(this.#clock instanceof FieldClock)) {
      if (piece.committedMs >= stretch.toMs) return undefined;
    }
    const numbered = this.#byNumber(piece);
    if (numbered === undefined || !(this.#clock instanceof FieldClock)) return numbered;
    this.#range.runs(numbered, this.#clock, (from, to, isInside) => {
      if (!isInside) this.#blank(piece.bytes, from, to);
    });
    return numbered;
  }

  #byNumber(piece: Piece): Piece | undefined {
    const { fromOffset, toOffset } = this.#options.stretch;
    const first = this.#line;
    if (first >= toOffset) return undefined;
    if (first >= fromOffset && toOffset === Number.POSITIVE_INFINITY) return piece;
    const { bytes, from, to } = piece;
    const count = countLines(bytes.subarray(from, to));
    this.#line += count;
    const begin = afterLines(bytes, from, Math.min(count, Math.max(0, fromOffset - first)));
    this.#blank(bytes, from, begin);
    if (first + count <= toOffset) return piece;
    const end = afterLines(bytes, begin, toOffset - Math.max(first, fromOffset));
    return { ...piece, to: end, isEnded: piece.isEnded === true && end === to };
  }

  #blank(bytes: Uint8Array, from: number, to: number): void {
    let lines = 0;
    for (let at = from; at < to; lines++) {
      const end = bytes.indexOf(NEWLINE, at);
      bytes.fill(SPACE, at, end);
      at = end + 1;
    }
    this.#options.pacer.leaveOut(lines);
  }
}
