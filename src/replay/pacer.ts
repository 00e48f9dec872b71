import type { Alarm } from './alarm.ts';
import type { EventClock } from './event-clock.ts';
import { type Piece, countOf } from './pieces.ts';
import { Playhead } from './playhead.ts';
import { Timeline } from './timeline.ts';

/**
 * Gives out lines when they are due, many at a time where many are, and takes the commands of whoever plays: pause, go on, one
 * step, another speed.
 *
 * At `max` whole pieces go through unseen. Else each line's time is found in its bytes, and nothing is made for it.
 */

const NEWLINE = 0x0a;

/** Lines that are due so soon are given out: a timer is not finer. */
const EARLY_MS = 0.5;

/** What was given out; kept up to date. */
export interface Progress {
  events: number;
  /** Blank lines in the place of events that are no part of it. */
  leftOut: number;
  /** Those that have no time, of the ones whose time was looked for. */
  withoutTime: number;
  /** The times of the first and the last event that have one, as far as they were looked at. */
  firstMs: number;
  timeMs: number;
  /** How late the last line was, and the latest of all. */
  lateMs: number;
  lateMsMax: number;
}

export interface PacerOptions {
  readonly speed: number;
  readonly gapMsMax: number;
  readonly alarm: Alarm;
  /** Aborted when nothing more is to be given out. */
  readonly stopped: AbortSignal;
}

/** A run of whole lines: `bytes[from..to)`. */
export interface Due {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

export class Pacer {
  readonly progress: Progress = {
    events: 0,
    leftOut: 0,
    withoutTime: 0,
    firstMs: Number.NaN,
    timeMs: Number.NaN,
    lateMs: 0,
    lateMsMax: 0,
  };
  readonly #timeline: Timeline;
  readonly #playhead: Playhead;
  readonly #alarm: Alarm;
  readonly #stopped: AbortSignal;
  #steps = 0;
  /** Lines of the piece that were looked at. */
  #line = 0;
  /** Of the line that comes next: its end, its place, and its time; no place where it was not looked at yet. */
  #nextEnd = 0;
  #nextPlace = Number.NaN;
  #nextMs = Number.NaN;

  constructor({ speed, gapMsMax, alarm, stopped }: PacerOptions) {
    this.#timeline = new Timeline(gapMsMax);
    this.#playhead = new Playhead(speed);
    this.#alarm = alarm;
    this.#stopped = stopped;
    stopped.addEventListener('abort', alarm.ring);
  }

  get speed(): number {
    return this.#playhead.speed;
  }

  get isPaused(): boolean {
    return this.#playhead.isPaused;
  }

  pause(): void {
    this.#leaveMax();
    this.#playhead.pause(this.#alarm.now(), this.#placeAhead);
    this.#alarm.ring();
  }

  resume(): void {
    this.#steps = 0;
    this.#playhead.resume(this.#alarm.now());
    this.#alarm.ring();
  }

  /** Says that so many of the next lines are blank, in the place of events that are no part of the replay. */
  leaveOut(lines: number): void {
    this.progress.leftOut += lines;
    this.progress.events -= lines;
    this.progress.withoutTime -= lines;
  }

  /** Pauses, and lets one line go. */
  step(): void {
    if (!this.isPaused) this.pause();
    this.#steps++;
    this.#alarm.ring();
  }

  setSpeed(speed: number): void {
    this.#leaveMax();
    this.#playhead.setSpeed(speed, this.#alarm.now(), this.#placeAhead);
    this.#alarm.ring();
  }

  /** Gives out the lines of `piece` as they are due; views of it, valid until the next is asked for. */
  async *due(piece: Piece, clock: EventClock): AsyncGenerator<Due, void, void> {
    const { bytes, to } = piece;
    clock.begin(piece.committedMs);
    this.#line = 0;
    for (let from = piece.from; from < to && !this.#stopped.aborted; ) {
      const end = this.#playhead.isFree ? this.#all(piece, from, clock) : this.#dueEnd(piece, from, clock);
      if (end > from) {
        yield { bytes, from, to: end };
        from = end;
      } else {
        await this.#alarm.wait(this.#playhead.dueMs(this.#nextPlace));
      }
    }
  }

  /** Where the next line stands, as far as is known. */
  get #placeAhead(): number {
    return Number.isNaN(this.#nextPlace) ? this.#timeline.place : this.#nextPlace;
  }

  /** What was given out at max was not looked at, so there is no gap behind it. */
  #leaveMax(): void {
    if (this.#playhead.isFree) this.#timeline.skip();
  }

  #all(piece: Piece, from: number, clock: EventClock): number {
    const { progress } = this;
    const { bytes, to, times } = piece;
    progress.events += countOf(piece, from);
    if (Number.isNaN(progress.firstMs)) {
      if (times === undefined) clock.read(bytes, from);
      progress.firstMs = times?.[0] ?? clock.ms;
    }
    if (times === undefined) clock.read(bytes, lastLine(bytes, from, to));
    const timeMs = times?.at(-1) ?? clock.ms;
    if (!Number.isNaN(timeMs)) progress.timeMs = timeMs;
    this.#nextPlace = Number.NaN;
    return to;
  }

  /** Where the lines from `from` on end that are due now. */
  #dueEnd(piece: Piece, from: number, clock: EventClock): number {
    const { progress } = this;
    const nowMs = this.#alarm.now();
    let end = from;
    while (end < piece.to) {
      if (Number.isNaN(this.#nextPlace)) this.#look(piece, end, clock);
      this.#playhead.begin(nowMs);
      if (this.#playhead.isPaused && this.#steps > 0) {
        this.#steps--;
        this.#playhead.moveTo(this.#nextPlace);
      } else {
        const dueMs = this.#playhead.dueMs(this.#nextPlace);
        if (!(dueMs <= nowMs + EARLY_MS)) break;
        progress.lateMs = Math.max(0, nowMs - dueMs);
        progress.lateMsMax = Math.max(progress.lateMsMax, progress.lateMs);
      }
      end = this.#nextEnd;
      this.#nextPlace = Number.NaN;
      progress.events++;
      if (Number.isNaN(this.#nextMs)) progress.withoutTime++;
      else {
        progress.timeMs = this.#nextMs;
        if (Number.isNaN(progress.firstMs)) progress.firstMs = this.#nextMs;
      }
    }
    return end;
  }

  #look({ bytes, times }: Piece, start: number, clock: EventClock): void {
    if (times === undefined) {
      this.#nextEnd = clock.read(bytes, start) + 1;
      this.#nextMs = clock.ms;
    } else {
      this.#nextEnd = bytes.indexOf(NEWLINE, start) + 1;
      this.#nextMs = times[this.#line]!;
    }
    this.#line++;
    this.#nextPlace = this.#timeline.placeOf(this.#nextMs);
  }
}

/** Where the last line of `bytes[from..to)` begins. */
function lastLine(bytes: Uint8Array, from: number, to: number): number {
  return to - from < 2 ? from : Math.max(from, bytes.lastIndexOf(NEWLINE, to - 2) + 1);
}
