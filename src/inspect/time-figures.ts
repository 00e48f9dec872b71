import type { ValuePath } from '../kernel/path.ts';
import { BusySeconds } from './busy-seconds.ts';
import { EventTime, type TimeFormat } from './event-time.ts';
import { LogHistogram } from './log-histogram.ts';
import type { TimeReport } from './report.ts';
import type { TimeField } from './time-field.ts';
import { valueAt } from './value-at.ts';

/** What the time field tells: span, rate, bursts, order, and how long ago things happened. */
export class TimeFigures {
  readonly #path: ValuePath;
  readonly #found: TimeField['found'];
  readonly #time = new EventTime();
  readonly #formats = new Map<TimeFormat, number>();
  readonly #seconds = new BusySeconds();
  readonly #lateness = new LogHistogram();
  readonly #lag = new LogHistogram();
  #without = 0;
  #first: number | undefined;
  #last = 0;
  #earliest = Number.POSITIVE_INFINITY;
  #latest = Number.NEGATIVE_INFINITY;
  #late = 0;
  #stepBackMax = 0;
  #future = 0;

  constructor({ path, found }: TimeField) {
    this.#path = path;
    this.#found = found;
  }

  /** Takes an event that was read at `nowMs`. */
  add(event: unknown, nowMs: number): void {
    const time = this.#time;
    if (!time.read(valueAt(event, this.#path.segments))) {
      this.#without++;
      return;
    }
    const { ms, format } = time;
    this.#formats.set(format, (this.#formats.get(format) ?? 0) + 1);
    this.#seconds.add(ms);
    if (this.#first === undefined) this.#first = ms;
    else if (this.#last - ms > this.#stepBackMax) this.#stepBackMax = this.#last - ms;
    this.#last = ms;
    if (ms < this.#earliest) this.#earliest = ms;
    if (ms >= this.#latest) this.#latest = ms;
    else this.#late++;
    this.#lateness.add(this.#latest - ms);
    this.#lag.add(nowMs - ms);
    if (ms > nowMs) this.#future++;
  }

  report(): TimeReport {
    const events = this.#lateness.count;
    const base = { path: this.#path.text, found: this.#found, events, eventsWithout: this.#without };
    if (this.#first === undefined) return { ...base, seen: undefined };
    const spanMs = this.#latest - this.#earliest;
    const perSecond = spanMs > 0 ? events / Math.max(1, spanMs / 1000) : events;
    const { peak, peakSecond } = this.#seconds;
    const lateness = this.#lateness.quantiles()!;
    const lag = this.#lag.quantiles()!;
    return {
      ...base,
      seen: {
        format: [...this.#formats].reduce((most, next) => (next[1] > most[1] ? next : most))[0],
        first: iso(this.#first),
        last: iso(this.#last),
        earliest: iso(this.#earliest),
        latest: iso(this.#latest),
        spanMs,
        rate: { perSecond, peak, peakAt: iso(peakSecond * 1000), peakTimesMean: peak / perSecond },
        order: {
          late: this.#late,
          lateShare: this.#late / events,
          stepBackMaxMs: this.#stepBackMax,
          latenessMs: { p50: lateness.p50, p99: lateness.p99, max: lateness.max },
        },
        lagMs: { p50: lag.p50, p99: lag.p99, max: lag.max },
        inFuture: this.#future,
      },
    };
  }
}

function iso(ms: number): string {
  return new Date(Math.floor(ms)).toISOString();
}
