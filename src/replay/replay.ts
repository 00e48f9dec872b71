import type { ValuePath } from '../kernel/path.ts';
import type { TimeUnit } from './byte-time.ts';
import { lookedAt, timeFieldOf } from './clock-choice.ts';
import { type Filters, filtered } from './filtered.ts';
import type { Input } from './inputs.ts';
import type { Pacer } from './pacer.ts';
import { type Piece, sourcePieces, type Stretch, topicPieces, WHOLE } from './pieces.ts';
import { within } from './range.ts';
import type { Sink } from './sink.ts';
import { timesOf } from './times.ts';

/**
 * A replay without a handler:
 *
 *     inputs ──pieces──▶ time range ──▶ filter ──▶ pacer ──lines that are due──▶ sink
 *
 * One piece is in memory at a time. While the sink is slow nothing is read; what is late then comes as soon as it can.
 */

export interface ReplayOptions {
  readonly inputs: readonly Input[];
  readonly stretch: Stretch;
  readonly timeField: ValuePath | undefined;
  readonly timeUnit: TimeUnit | undefined;
  readonly filters: Filters;
}

export interface ReplayHooks {
  /** Aborted when the replay is to end. */
  readonly stopped: AbortSignal;
  readonly pacer: Pacer;
  /** Told what the user should know. */
  readonly tell: (note: string) => void;
  /** Told of how much of the inputs was replayed, from 0 to 1; undefined where that is not known. */
  readonly onShare: (share: number | undefined) => void;
}

/** What came of it, besides the pacer's figures. */
export interface Replayed {
  bytes: number;
}

export async function replay(options: ReplayOptions, sink: Sink, hooks: ReplayHooks): Promise<Replayed> {
  try {
    const replayed = await play(options, sink, hooks);
    await sink.end();
    return replayed;
  } catch (error) {
    sink.abort();
    throw error;
  }
}

async function play(options: ReplayOptions, sink: Sink, hooks: ReplayHooks): Promise<Replayed> {
  const { inputs, filters } = options;
  const { pacer, stopped } = hooks;
  const replayed: Replayed = { bytes: 0 };
  const { clock, range } = timesOf(inputs, { ...options, pacer });
  const { isByField } = clock;
  const read = lookedAt(piecesOf(options, hooks), clock);
  const timed = range === undefined ? read : within(read, range, clock);
  const hasFilter = filters.where !== undefined || filters.select !== undefined;
  const pieces = hasFilter ? filtered(timed, filters, clock) : timed;
  let isFirst = true;
  for await (const piece of pieces) {
    if (isFirst && !isByField && pacer.speed !== Number.POSITIVE_INFINITY) hintAtField(piece, hooks);
    isFirst = false;
    await playPiece(piece);
    if (stopped.aborted || sink.closed) break;
  }
  return replayed;

  async function playPiece(piece: Piece): Promise<void> {
    for await (const { bytes, from, to } of pacer.due(piece, clock)) {
      hooks.onShare(shareAt(piece, from));
      await sink.write(bytes.subarray(from, to));
      replayed.bytes += to - from;
      hooks.onShare(shareAt(piece, to));
      if (sink.closed) return;
    }
  }
}

function shareAt({ share, from, to }: Piece, at: number): number | undefined {
  return share === undefined ? undefined : share[0] + ((share[1] - share[0]) * (at - from)) / (to - from);
}

/** All that is read, one input after the other. */
async function* piecesOf(
  { inputs, stretch, timeField }: ReplayOptions,
  { stopped }: ReplayHooks,
): AsyncGenerator<Piece, void, void> {
  const isByCommit = timeField === undefined && inputs.every(({ kind }) => kind === 'topic');
  const byOffset = isByCommit
    ? stretch
    : { ...WHOLE, fromOffset: stretch.fromOffset, toOffset: stretch.toOffset };
  for (const [number, input] of inputs.entries()) {
    if (stopped.aborted) return;
    for await (const piece of inputPieces(input, byOffset, stopped)) {
      const share = piece.share?.map(part => (number + part) / inputs.length);
      yield { ...piece, share: share as Piece['share'] };
      if (stopped.aborted) return;
    }
  }
}

async function* inputPieces(
  input: Input,
  stretch: Stretch,
  stopped: AbortSignal,
): AsyncGenerator<Piece, void, void> {
  if (input.kind === 'topic') {
    yield* topicPieces(input.reader, stretch);
    return;
  }
  const sizeBytes = await input.spec.check();
  const source = await input.spec.open({});
  try {
    yield* sourcePieces(source, { stopped, sizeBytes }, stretch);
  } finally {
    await source.close();
  }
}

function hintAtField(piece: Piece, { tell }: ReplayHooks): void {
  const field = timeFieldOf(piece);
  if (field === undefined) return;
  tell(`going by the time of commit; --time-field ${field.text} goes by that of the events themselves`);
}
