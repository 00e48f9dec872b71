import type { Positions, Reached, Source, SourceSpec } from '../source/contract.ts';
import type { TopicReader } from '../store/topic-reader.ts';
import type { ChosenClock } from './clock-choice.ts';
import { type Input, specOf } from './inputs.ts';
import { type Kept, keptIn, withKept } from './kept.ts';
import { sourcePieces, type Stretch } from './pieces.ts';
import type { TimeRange } from './range.ts';
import { StretchOfLines } from './stretch-of-lines.ts';
import { type TimeWishes, timesOf } from './times.ts';

/**
 * Inputs as the sources of a run: they give what is due, when it is due.
 *
 * They are read one after the other, and are one replay: they share the clock, and whether the last event that had a time was
 * in the range. The position of each is that of the input itself, with what is kept beside it, so that a run that was killed
 * goes on with it. For that every byte is given out: events that are no part of the replay as blank lines of the same length.
 */

export interface PacedOptions extends TimeWishes {
  readonly stopped: AbortSignal;
  readonly onShare: (share: number | undefined) => void;
}

/** An input, with the part of the stretch that is read of it where that is not all it has. */
export interface PacedInput {
  readonly input: Input;
  readonly stretch?: Stretch;
  /** Bytes after which it ends. */
  readonly bytesMax?: number;
}

/** What the inputs of a replay share. */
interface Shared extends PacedOptions {
  readonly bytesMax: number | undefined;
  /** What names them in the journal; undefined where one cannot be resumed. */
  readonly ids: readonly (string | undefined)[];
  readonly clock: ChosenClock;
  /** Undefined where the range is not by a field. */
  readonly range: TimeRange | undefined;
}

/** The inputs as sources; they are to be read in this order. */
export function pacedSources(inputs: readonly PacedInput[], options: PacedOptions): SourceSpec[] {
  const all = inputs.map(({ input }) => input);
  const { clock, range } = timesOf(all, options);
  const specs = all.map(specOf);
  const ids = specs.map(({ id }) => id);
  return inputs.map(({ input, stretch: own = options.stretch, bytesMax }, number) =>
    pacedSource(input, specs[number]!, { ...options, stretch: own, bytesMax, ids, clock, range }),
  );
}

function pacedSource(input: Input, spec: SourceSpec, options: Shared): SourceSpec {
  return {
    name: spec.name,
    id: spec.id,
    live: false,
    check: spec.check,
    open: async positions => {
      const sizeBytes = await spec.check();
      const isNew = input.kind === 'topic' && positions[spec.id!] === undefined;
      const { isBegun, position } = isNew ? await startIn(input.reader, options) : GOING_ON;
      const source = await spec.open(
        position === undefined ? positions : { ...positions, [spec.id!]: position },
      );
      goOn(options, spec.id, positions);
      const inStretch = new StretchOfLines(source.start, options, isBegun);
      return new PacedSource(spec.id, source, sizeBytes, inStretch, options);
    },
  };
}

/** Takes up what earlier runs have kept. */
function goOn({ ids, clock, range }: Shared, id: string | undefined, positions: Positions): void {
  const found = ids.map(each => keptIn(positions, each).timeField).find(field => field !== undefined);
  if (found !== undefined) clock.goOn(found);
  // An input that is begun goes on from the end of the one before.
  if (id !== undefined && positions[id] !== undefined) range?.goOn(keptIn(positions, id).isInside);
}

interface Start {
  /** False where nothing was committed late enough yet. */
  readonly isBegun: boolean;
  /** Undefined where it is for the input to say. */
  readonly position?: object;
}

const GOING_ON: Start = { isBegun: true };

/** With what the replay of a topic begins, where no earlier run has left a position. */
async function startIn(reader: TopicReader, { stretch, clock }: Shared): Promise<Start> {
  const { offset: end } = reader.state.end;
  const from = reader.startOf(stretch.fromOffset);
  const startAt = (line: number, isBegun: boolean): Start => {
    return { isBegun, position: { offset: 0, line, unfinished: false, epoch: reader.epoch } };
  };
  if (clock.isByField || stretch.fromMs <= 0) return startAt(Math.min(from, end), true);
  for await (const { offset } of reader.frames(from, stretch.fromMs)) {
    return startAt(Math.max(from, offset), true);
  }
  return startAt(end, false);
}

class PacedSource implements Source {
  readonly start: Reached;
  readonly #id: string | undefined;
  readonly #source: Source;
  readonly #clock: ChosenClock;
  readonly #stretch: StretchOfLines;
  readonly #due: AsyncGenerator<Uint8Array, void, void>;
  #bytes: Uint8Array = new Uint8Array(0);
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #waiting: Promise<void> | undefined;

  constructor(
    id: string | undefined,
    source: Source,
    sizeBytes: number | undefined,
    inStretch: StretchOfLines,
    options: Shared,
  ) {
    this.#id = id;
    this.#clock = options.clock;
    this.start = source.start;
    this.#source = source;
    this.#stretch = inStretch;
    this.#due = dueBytes(source, sizeBytes, inStretch, options);
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

  async positions(reached: Reached): Promise<Positions> {
    if (!this.#stretch.isBegunAt(reached.offset)) return {};
    const isInside = this.#stretch.isInsideAt(reached.offset);
    const kept: Kept = { timeField: this.#clock.found, isInside };
    const positions = await this.#source.positions(reached);
    return this.#id === undefined ? positions : withKept(positions, this.#id, kept);
  }

  settled(lines: number): void {
    this.#stretch.settle(lines);
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
  inStretch: StretchOfLines,
  options: Shared,
): AsyncGenerator<Uint8Array, void, void> {
  const { pacer, stopped, bytesMax, onShare, clock } = options;
  const reading = { stopped, sizeBytes, ...(bytesMax !== undefined && { bytesMax }) };
  for await (const whole of sourcePieces(source, reading)) {
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
