import { CHUNK_BYTES, LINE_BYTES_LIMIT } from '../base/limits.ts';
import { countLines } from '../base/line-bytes.ts';
import { MillraceError } from '../base/errors.ts';
import { Gate } from '../base/gate.ts';
import type { Source } from '../source/contract.ts';
import { keptEvents } from '../store/frame.ts';
import type { TopicReader } from '../store/topic-reader.ts';

/** What is replayed, in pieces of whole lines. */
export interface Piece {
  /** The lines are `bytes[from..to)`, each with its newline. Valid until the next piece is asked for. */
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** When they were committed, in milliseconds since 1970; NaN for what is no topic. */
  readonly committedMs: number;
  /** How many lines there are, where that is known. */
  readonly events?: number | undefined;
  /** The time of each line, where it cannot be seen from the bytes any more. */
  readonly times?: Float64Array;
  /** Whether the last newline was put there, because the source lacks it. */
  readonly isEnded?: boolean;
  /** Which share of the input lies before its first line, and before its end; undefined where that is not known. */
  readonly share: readonly [from: number, to: number] | undefined;
}

/** From one offset to before another, and from one time of commit to before another. */
export interface Stretch {
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export const WHOLE: Stretch = {
  fromOffset: 0,
  toOffset: Number.POSITIVE_INFINITY,
  fromMs: Number.NEGATIVE_INFINITY,
  toMs: Number.POSITIVE_INFINITY,
};

const NEWLINE = 0x0a;

/** Whether a stretch begins or ends at a time. */
export function hasTimes({ fromMs, toMs }: Stretch): boolean {
  return fromMs !== Number.NEGATIVE_INFINITY || toMs !== Number.POSITIVE_INFINITY;
}

/** How many lines `piece` has from `from` on. */
export function countOf(piece: Piece, from: number): number {
  if (from === piece.from && piece.events !== undefined) return piece.events;
  return countLines(piece.bytes.subarray(from, piece.to));
}

/** The committed events of a topic that lie in `stretch`: from the first that is committed then to before the next later one. */
export async function* topicPieces(
  reader: TopicReader,
  { fromOffset, toOffset, fromMs, toMs }: Stretch,
): AsyncGenerator<Piece, void, void> {
  let start = -1;
  for await (const frame of reader.frames(reader.startOf(fromOffset), Math.max(0, fromMs))) {
    const { bytes, events, offset, time } = frame;
    if (offset >= toOffset || time >= toMs) return;
    if (start < 0) start = Math.max(offset, fromOffset);
    const shareOf = (at: number): number =>
      (at - start) / (Math.min(reader.state.end.offset, toOffset) - start);
    const first = Math.max(offset, fromOffset);
    const end = Math.min(offset + events, toOffset);
    const from = afterLines(bytes, 0, first - offset);
    const to = end < offset + events ? afterLines(bytes, from, end - first) : bytes.length;
    const share = [shareOf(first), shareOf(end)] as const;
    if (!frame.sparse) yield { bytes, from, to, committedMs: time, events: end - first, share };
    else {
      const kept = keptEvents({ bytes: bytes.subarray(from, to), sparse: true });
      if (kept.length > 0) yield { bytes: kept, from: 0, to: kept.length, committedMs: time, share };
    }
  }
}

export interface SourceReading {
  /** Aborted when no more is wanted. */
  readonly stopped: AbortSignal;
  /** How long the source is, where that is known. */
  readonly sizeBytes: number | undefined;
  /** Bytes after which it ends, whatever comes behind them. */
  readonly bytesMax?: number;
}

/** What a source gives, in lines from one number to before another; a last line that lacks its newline gets one. */
export async function* sourcePieces(
  source: Source,
  reading: SourceReading,
  { fromOffset, toOffset }: Pick<Stretch, 'fromOffset' | 'toOffset'> = WHOLE,
): AsyncGenerator<Piece, void, void> {
  let { line } = source.start;
  for await (const piece of wholeLines(source, reading)) {
    if (line >= toOffset) return;
    if (line >= fromOffset && toOffset === Number.POSITIVE_INFINITY) {
      yield piece;
      continue;
    }
    const count = countOf(piece, piece.from);
    const from = afterLines(piece.bytes, piece.from, Math.min(count, Math.max(0, fromOffset - line)));
    const past = Math.max(line, fromOffset);
    const to = line + count > toOffset ? afterLines(piece.bytes, from, toOffset - past) : piece.to;
    if (to > from) yield { ...piece, from, to };
    line += count;
  }
}

async function* wholeLines(
  source: Source,
  { stopped, sizeBytes, bytesMax = Number.POSITIVE_INFINITY }: SourceReading,
): AsyncGenerator<Piece, void, void> {
  const shareOf = (bytes: number): number => Math.min(1, bytes / sizeBytes!);
  let given = source.start.offset;
  let bytes = new Uint8Array(CHUNK_BYTES + 1);
  let filled = 0;
  let isStart = source.start.offset === 0;
  for (;;) {
    if (!(await readable(source, stopped))) return;
    // One byte stays free, for the newline that a last line may lack.
    const end = Math.min(bytes.length - 1, bytesMax - given);
    const length = end > filled ? await source.read(bytes.subarray(filled, end)) : 'end';
    source.settled?.(Number.POSITIVE_INFINITY);
    const before = filled;
    const isEnded = length === 'end' && filled > 0;
    if (isEnded) bytes[filled++] = NEWLINE;
    else if (length !== 'end') filled += length;
    // What was there before has no newline.
    const to = before + bytes.subarray(before, filled).lastIndexOf(NEWLINE) + 1;
    if (to > before) {
      const from = isStart ? markBytes(bytes) : 0;
      const share = sizeBytes === undefined ? undefined : ([shareOf(given), shareOf(given + to)] as const);
      const committedMs = source.committedMs?.() ?? Number.NaN;
      if (to > from) yield { bytes, from, to, committedMs, isEnded, share };
      isStart = false;
      given += to;
      bytes.copyWithin(0, to, filled);
      filled -= to;
    } else if (filled === bytes.length - 1) bytes = larger(bytes);
    if (length === 'end') return;
  }
}

/** Waits until the source has something to give; false where nothing more is wanted. */
async function readable(source: Source, stopped: AbortSignal): Promise<boolean> {
  const gate = new Gate();
  stopped.addEventListener('abort', gate.open);
  try {
    while (!stopped.aborted) {
      const waiting = source.readable();
      if (waiting === undefined) return true;
      void waiting.then(gate.open);
      await gate.pass();
    }
    return false;
  } finally {
    stopped.removeEventListener('abort', gate.open);
  }
}

/** Bytes of a byte order mark at the start: they belong to no line. */
function markBytes(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function larger(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length > LINE_BYTES_LIMIT) {
    throw new MillraceError(
      'MILLRACE_SOURCE_FORMAT',
      `a line is longer than ${LINE_BYTES_LIMIT} bytes, the most that can be replayed`,
      { hint: 'check that the input is NDJSON' },
    );
  }
  const more = new Uint8Array(bytes.length * 2);
  more.set(bytes);
  return more;
}

/** The position behind `lines` lines from `at` on. */
export function afterLines(bytes: Uint8Array, at: number, lines: number): number {
  let end = at;
  for (let left = lines; left > 0; left--) end = bytes.indexOf(NEWLINE, end) + 1;
  return end;
}
