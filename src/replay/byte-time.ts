import { EventTime } from '../inspect/event-time.ts';

/**
 * Reads the time of an event from the bytes of its value: ISO 8601 texts, and numbers of seconds, milliseconds, microseconds or
 * nanoseconds since 1970. What is usual is read without a string; the rest is left to EventTime, which is also the reference.
 */

/** Units in which a number can be, for each how many of it are a millisecond. */
export const UNITS_PER_MS = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 } as const;
export type TimeUnit = keyof typeof UNITS_PER_MS;

/** Most digits of which every number is exact in a double. */
const DIGITS_MAX = 15;
/** Longer values are no times. */
const LENGTH_MAX = 64;
/** `2026-01-31T23:59:59`, and of it the day. */
const SECONDS_LENGTH = 19;
const DAY_LENGTH = 10;

const COLON = 0x3a;
const POINT = 0x2e;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

export class ByteTime {
  /** Of the value that was read last: milliseconds since 1970, NaN where it was no time. */
  ms = Number.NaN;
  readonly #perMs: number | undefined;
  readonly #reference = new EventTime();
  /** The day that was read last, as it was written, and when it began. */
  readonly #day = new Uint8Array(DAY_LENGTH);
  #dayMs = Number.NaN;

  /** `unit` is that of numbers, which may be any then; left out, it is told from their size. */
  constructor(unit?: TimeUnit) {
    this.#perMs = unit === undefined ? undefined : UNITS_PER_MS[unit];
  }

  /** Reads the number or word in `bytes[start..end)`. */
  readBare(bytes: Uint8Array, start: number, end: number): void {
    const short = digitsWithPoint(bytes, start, end);
    this.#take(Number.isNaN(short) ? Number(textOf(bytes, start, end) ?? Number.NaN) : short);
  }

  /** Reads the text in `bytes[start..end)`. */
  readText(bytes: Uint8Array, start: number, end: number): void {
    const timeOfDayMs = utcTimeOfDay(bytes, start, end);
    if (!Number.isNaN(timeOfDayMs) && this.#isSameDay(bytes, start)) {
      this.ms = this.#dayMs + timeOfDayMs;
      return;
    }
    this.readWhole(textOf(bytes, start, end) ?? '');
    if (Number.isNaN(this.ms) || Number.isNaN(timeOfDayMs)) return;
    this.#dayMs = this.ms - timeOfDayMs;
    this.#day.set(bytes.subarray(start, start + DAY_LENGTH));
  }

  /** Reads a text that is there already. */
  readWhole(text: string): void {
    if (this.#perMs !== undefined && /^-?\d+(\.\d+)?$/.test(text)) this.#take(Number(text));
    else this.ms = this.#reference.read(text) ? this.#reference.ms : Number.NaN;
  }

  #take(value: number): void {
    if (this.#perMs !== undefined) this.ms = Number.isFinite(value) ? value / this.#perMs : Number.NaN;
    else this.ms = this.#reference.read(value) ? this.#reference.ms : Number.NaN;
  }

  #isSameDay(bytes: Uint8Array, start: number): boolean {
    if (Number.isNaN(this.#dayMs)) return false;
    for (let i = 0; i < DAY_LENGTH; i++) if (bytes[start + i] !== this.#day[i]) return false;
    return true;
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  return end - start > LENGTH_MAX ? undefined : Buffer.from(bytes.subarray(start, end)).toString('latin1');
}

/** The number, where it is but digits with a point among them; NaN where it is more than that. */
function digitsWithPoint(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  let scale = 0;
  if (end - start > DIGITS_MAX) return Number.NaN;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      scale *= 10;
    } else if (bytes[at] === POINT && scale === 0 && at > start) scale = 1;
    else return Number.NaN;
  }
  return scale > 1 ? value / scale : scale === 0 ? value : Number.NaN;
}

/** Milliseconds since midnight in `2026-01-31T23:59:59.999Z`, with any fraction or none; NaN where it is spelt otherwise. */
function utcTimeOfDay(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= SECONDS_LENGTH || bytes[end - 1] !== LETTER_Z) return Number.NaN;
  if (bytes[start + 10] !== LETTER_T || bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) {
    return Number.NaN;
  }
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const second = twoDigits(bytes, start + 17);
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN;
  const from = start + SECONDS_LENGTH;
  const fraction = from === end - 1 ? 0 : fractionOf(bytes, from, end - 1);
  return (hour * 3600 + minute * 60 + second) * 1000 + fraction * 1000;
}

function fractionOf(bytes: Uint8Array, point: number, end: number): number {
  if (bytes[point] !== POINT || end - point > DIGITS_MAX || end === point + 1) return Number.NaN;
  let value = 0;
  let scale = 1;
  for (let at = point + 1; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
    scale *= 10;
  }
  return value / scale;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [bytes[at]! - 0x30, bytes[at + 1]! - 0x30];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
