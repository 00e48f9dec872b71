import { crc32 } from 'node:zlib';
import { MiB } from '../base/limits.ts';
import { corrupt, tooShort } from './failure.ts';
import type { FrameRow } from './job-state.ts';
import { digits } from './layout.ts';
import { crcOf, crcText } from './record.ts';
import type { SegmentBytes } from './segment-bytes.ts';

/**
 * Reads a segment in runs of whole frames, which are checked while others are read and the caller is at work with those
 * before. Runs are short at first, so that whoever wants one event gets it soon, and become longer.
 */

/** Frames that were read at once, each with the checksum that it was committed with. */
export interface Run {
  /** Valid until the next run is asked for. */
  readonly bytes: Uint8Array;
  readonly frames: readonly FrameRow[];
  /** Of the first event. */
  readonly offset: number;
}

/** Where reading begins: the frame, what stands before it, and the checksum of that. */
export interface RunStart {
  readonly frame: number;
  readonly at: number;
  readonly offset: number;
  readonly crc: number;
}

const RUN_BYTES_MIN = 64 * 1024;
const RUN_BYTES_MAX = 1 * MiB;

/** Runs that are read or checked before they are asked for. */
const AHEAD = 2;

/** How many runs must keep their bytes at a time. */
export const RUNS_KEPT = AHEAD + 1;

interface Wanted {
  readonly frames: readonly FrameRow[];
  readonly at: number;
  readonly length: number;
  readonly offset: number;
  readonly crc: number;
}

/** What was read of a run: all of it, or what stands before a frame that is not as it was committed. */
interface Checked {
  readonly run: Run | undefined;
  readonly error: Error | undefined;
}

/** The frames from `start` on; throws MILLRACE_STORE_SHORT or MILLRACE_STORE_CORRUPT behind the last good one. */
export async function* runsOf(
  segment: SegmentBytes,
  frames: readonly FrameRow[],
  start: RunStart,
  topic: string,
): AsyncGenerator<Run, void, void> {
  const wanted = wantedRuns(segment, frames, start);
  const ahead: Promise<Checked>[] = [];
  const readOn = (): void => {
    const next = wanted.next();
    if (next.done === true) return;
    const checked = readRun(segment, next.value, topic);
    // Whoever asks for it is told.
    checked.catch(() => undefined);
    ahead.push(checked);
  };
  try {
    readOn();
    for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
      const { run, error } = await next;
      for (let missing = error === undefined ? AHEAD - ahead.length : 0; missing > 0; missing--) readOn();
      if (run !== undefined) yield run;
      if (error !== undefined) throw error;
    }
  } finally {
    await Promise.allSettled(ahead);
  }
}

function* wantedRuns(
  segment: SegmentBytes,
  rows: readonly FrameRow[],
  start: RunStart,
): Generator<Wanted, void, void> {
  let { frame, at, offset, crc } = start;
  for (let runBytes = RUN_BYTES_MIN; frame < rows.length; runBytes = Math.min(2 * runBytes, RUN_BYTES_MAX)) {
    const border = segment.borderAfter(at);
    const first = frame;
    let length = 0;
    let events = 0;
    do {
      length += rows[frame]![1];
      events += rows[frame]![2];
      frame++;
    } while (frame < rows.length && length + rows[frame]![1] <= runBytes && at + length < border);
    const frames = rows.slice(first, frame);
    yield { frames, at, length, offset, crc };
    at += length;
    offset += events;
    crc = crcOf(frames.at(-1)![3]);
  }
}

async function readRun(segment: SegmentBytes, wanted: Wanted, topic: string): Promise<Checked> {
  const { frames, at, length, offset, crc } = wanted;
  const bytes = await segment.read(at, length);
  if (bytes.length === length && crcText(crc32(bytes, crc)) === frames.at(-1)![3])
    return { run: { bytes, frames, offset }, error: undefined };
  return untilDamage(bytes, wanted, topic);
}

/** Frame by frame, where the run as a whole is not what it should be. */
function untilDamage(bytes: Uint8Array, { frames, at, offset, crc }: Wanted, topic: string): Checked {
  let [end, chain, first] = [0, crc, offset];
  for (const [index, [segment, length, events, crcAfter]] of frames.entries()) {
    const frame = bytes.subarray(end, end + length);
    const run =
      index === 0 ? undefined : { bytes: bytes.subarray(0, end), frames: frames.slice(0, index), offset };
    if (frame.length < length) {
      const message = `segment ${digits(segment)} of topic "${topic}" ends at byte ${at + bytes.length}, inside what was committed (offset ${first})`;
      return { run, error: tooShort(message) };
    }
    chain = crc32(frame, chain);
    if (crcText(chain) !== crcAfter) {
      const message = `topic "${topic}" is damaged at or after offset ${first}, in segment ${digits(segment)} from byte ${at + end} on`;
      return { run, error: corrupt(message) };
    }
    end += length;
    first += events;
  }
  throw new Error('a run is damaged, and no frame of it');
}
