import { setTimeout as sleep } from 'node:timers/promises';
import { type EventsSpec, Generator, TIME_MS_MAX } from './generator.ts';

/** Makes events until it is enough: as fast as they are taken, or at a rate. */

export interface Extent {
  /** How many, and how many bytes; both may be infinite. The event with which the bytes are reached is the last one. */
  readonly count: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** Events a second; infinite is as fast as they are taken. */
  readonly rate: number;
}

export interface Progress {
  events: number;
  bytes: number;
  /** By how much an event was handed over after it was due, at most; 0 where there is no rate. */
  behindMs: number;
}

/** How many events there are before their time passes the last one that can be written. */
export function eventsBeforeTheEndOfTime({ startMs, stepMs }: EventsSpec): number {
  return stepMs === 0 ? Number.POSITIVE_INFINITY : Math.floor((TIME_MS_MAX - startMs) / stepMs);
}

/**
 * Gives the events in pieces of whole lines; a piece is good until the next but one is asked for. With a rate every event is due at
 * its own time, whatever became of the ones before: what could not be taken in time comes at once, and nothing is left out.
 * Ends early when `signal` is aborted. Keeps `progress` true of what was given.
 */
export async function* generate(
  spec: EventsSpec,
  extent: Extent,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  const generator = new Generator(spec);
  let [out, other] = [generator.newBuffer(), generator.newBuffer()];
  const { rate, durationMs } = extent;
  // With a rate it is known how many fall into the time, and there are as many each time.
  const inTime = rate === Number.POSITIVE_INFINITY ? rate : Math.ceil((durationMs / 1000) * rate);
  const count = Math.min(extent.count, inTime);
  const startMs = performance.now();
  while (progress.events < count && progress.bytes < extent.bytes && !signal.aborted) {
    const passedMs = performance.now() - startMs;
    if (inTime === Number.POSITIVE_INFINITY && passedMs >= durationMs) return;
    const due = rate === Number.POSITIVE_INFINITY ? count : Math.min(count, dueBy(passedMs, rate));
    if (due <= progress.events) {
      await wait((progress.events / rate) * 1000 - passedMs, signal);
      continue;
    }
    out.at = 0;
    generator.fill(out, due - progress.events, extent.bytes - progress.bytes);
    if (Number.isFinite(rate)) {
      progress.behindMs = Math.max(progress.behindMs, passedMs - (progress.events / rate) * 1000);
    }
    progress.events = generator.n;
    progress.bytes += out.at;
    yield out.bytes.subarray(0, out.at);
    [out, other] = [other, out];
  }
}

/** Event n is due n / rate seconds after the first. */
function dueBy(passedMs: number, rate: number): number {
  return Math.floor((passedMs / 1000) * rate) + 1;
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    // A timer counts in whole milliseconds, and takes no more of them than fit into 31 bits.
    await sleep(Math.max(1, Math.min(ms, 2 ** 31 - 1)), undefined, { signal });
  } catch {
    // Only the signal ends it early, and whoever waits looks at that.
  }
}
