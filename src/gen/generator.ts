import { MiB } from '../base/limits.ts';
import { EventWriter } from './event-writer.ts';
import { Faults, type FaultShares } from './faults.ts';
import { Keys } from './keys.ts';
import { Random } from './random.ts';
import type { Shape, WriteEvent } from './shape.ts';

/**
 * The events of one shape, one after the other: the same bytes for the same spec, wherever and however fast they are made. What is
 * in the spec is all that they depend on; neither Math.random nor the clock nor the locale is asked.
 */

export interface EventsSpec extends FaultShares {
  readonly shape: Shape;
  readonly seed: number;
  /** How many keys, and by which exponent of Zipf's law they are drawn. */
  readonly keys: number;
  readonly skew: number;
  /** About how long an event is, its newline included. */
  readonly bytes: number;
  /** Time of the first event, and from one to the next. */
  readonly startMs: number;
  readonly stepMs: number;
}

/** No event has this time or a later one, so that every year has four digits. */
export const TIME_MS_MAX = Date.UTC(9000, 0, 1);

/** Longest event that can be asked for. */
export const EVENT_BYTES_MAX = 16 * MiB;

/** Room for what a shape writes beyond the length that it was asked for. */
const SLACK_BYTES = 4096;
/** What is filled at once; larger ones fall out of the processor's cache. */
const BUFFER_BYTES = MiB / 4;
const TEXT_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
const LETTER_A = 0x61;
const WORDS = 'river wheel stone grain sluice flour miller weir paddle sack gate '.split(' ');

/** Sequences of random numbers that one seed gives. */
const STREAM = { events: 1, keys: 2, late: 3, invalid: 4, text: 5 } as const;

export class Generator {
  /** The number of the next event. */
  n = 0;
  readonly #spec: EventsSpec;
  readonly #write: WriteEvent;
  readonly #faults: Faults;
  readonly #text: Buffer;

  constructor(spec: EventsSpec) {
    const { shape, seed, keys, skew, bytes, stepMs } = spec;
    this.#spec = spec;
    this.#write = shape.begin({
      random: new Random(seed, STREAM.events),
      keys: new Keys(new Random(seed, STREAM.keys), keys, skew),
      bytes,
      stepMs,
    });
    this.#faults = new Faults(new Random(seed, STREAM.late), new Random(seed, STREAM.invalid), spec);
    this.#text = randomText(new Random(seed, STREAM.text), shape.text);
  }

  /** A buffer that these events fit into. */
  newBuffer(): EventWriter {
    return new EventWriter(Math.max(BUFFER_BYTES, 2 * this.#lineBytesMax), this.#text);
  }

  /** Adds events to `out`, `count` at most, while there is room and less than `bytesMax` of bytes were added. */
  fill(out: EventWriter, count: number, bytesMax: number): void {
    const { startMs, stepMs } = this.#spec;
    const [end, bytesEnd] = [this.n + count, out.at + bytesMax];
    const lineBytesMax = this.#lineBytesMax;
    let { n } = this;
    for (; n < end && out.at < bytesEnd && out.free >= lineBytesMax; n++) {
      const start = out.at;
      this.#write(out, n, this.#faults.timeOf(startMs + Math.floor(n * stepMs)));
      this.#faults.spoil(out, start);
      out.byte(NEWLINE);
    }
    this.n = n;
  }

  get #lineBytesMax(): number {
    return this.#spec.bytes + SLACK_BYTES;
  }
}

function randomText(random: Random, kind: Shape['text']): Buffer {
  const text = Buffer.alloc(TEXT_BYTES);
  if (kind === 'letters') return text.map(() => LETTER_A + random.below(26)) as Buffer;
  for (let at = 0; at < TEXT_BYTES; )
    at += text.write(`${WORDS[random.below(WORDS.length - 1)]} `, at, 'latin1');
  return text;
}
