/**
 * What a value says of a time: ISO 8601 texts, and numbers of seconds, milliseconds, microseconds or nanoseconds since
 * 1970, which are told apart by their size (each between the years 1990 and 2100).
 */

export type TimeFormat =
  | 'iso-8601'
  | 'iso-8601-without-zone'
  | 'epoch-seconds'
  | 'epoch-milliseconds'
  | 'epoch-microseconds'
  | 'epoch-nanoseconds';

/** For each format of a number the least that it takes: the year 1990, which is above 2100 in the one before. */
const EPOCH: readonly (readonly [format: TimeFormat, perMs: number])[] = [
  ['epoch-seconds', 1e-3],
  ['epoch-milliseconds', 1],
  ['epoch-microseconds', 1e3],
  ['epoch-nanoseconds', 1e6],
];
const FIRST_MS = Date.UTC(1990, 0);
const LAST_MS = Date.UTC(2100, 0);

const DAY_MS = 86_400_000;
/** The longest text that is taken for a time: with nanoseconds and a zone. */
const TEXT_LENGTH_MAX = 40;

export class EventTime {
  /** Of the last value that was a time: milliseconds since 1970, with a fraction where it was finer, and its format. */
  ms = 0;
  format: TimeFormat = 'iso-8601';

  /** Whether `value` is a time, which is in `ms` then. */
  read(value: unknown): boolean {
    if (typeof value === 'string') return this.#readText(value);
    return typeof value === 'number' && this.#readNumber(value);
  }

  #readNumber(value: number): boolean {
    for (const [format, perMs] of EPOCH) {
      const ms = value / perMs;
      if (ms < FIRST_MS || ms >= LAST_MS) continue;
      this.ms = ms;
      this.format = format;
      return true;
    }
    return false;
  }

  /** `2026-01-31T23:59:59.999Z`: seconds and zone may be left out, a time without a zone is taken as UTC. */
  #readText(text: string): boolean {
    const length = text.length;
    if (length > TEXT_LENGTH_MAX) return false;
    if (length < 16 || text.charCodeAt(4) !== DASH) {
      return length >= 9 && /^\d+(\.\d+)?$/.test(text) && this.#readNumber(Number(text));
    }
    const separator = text.charCodeAt(10);
    if (text.charCodeAt(7) !== DASH || text.charCodeAt(13) !== COLON) return false;
    if (separator !== LETTER_T && separator !== SPACE) return false;
    const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)];
    const [hour, minute] = [digits(text, 11, 13), digits(text, 14, 16)];
    let at = 16;
    let second = 0;
    let fraction = 0;
    if (text.charCodeAt(at) === COLON) {
      if (length < 19) return false;
      second = digits(text, 17, 19);
      at = 19;
      const point = text.charCodeAt(at);
      if (point === POINT || point === COMMA) {
        const from = ++at;
        while (at < length && isDigit(text.charCodeAt(at))) at++;
        if (at === from) return false;
        fraction = digits(text, from, at) / 10 ** (at - from);
      }
    }
    const offset = zoneMinutes(text, at);
    const isValid =
      month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60;
    if (!isValid || !(year >= 0) || !(second <= 60) || Number.isNaN(offset)) return false;
    this.ms =
      daysSince1970(year, month, day) * DAY_MS +
      (hour * 60 + minute - offset) * 60_000 +
      second * 1000 +
      fraction * 1000;
    this.format = at === length ? 'iso-8601-without-zone' : 'iso-8601';
    return true;
  }
}

const DASH = 0x2d;
const COLON = 0x3a;
const POINT = 0x2e;
const COMMA = 0x2c;
const SPACE = 0x20;
const PLUS = 0x2b;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** The number that `text[from..to)` is in decimal digits, NaN where they are none. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at);
    if (!isDigit(unit)) return Number.NaN;
    value = value * 10 + unit - 0x30;
  }
  return value;
}

/** Minutes that the zone at the end of `text` is ahead of UTC; NaN where what stands there is none. */
function zoneMinutes(text: string, at: number): number {
  const rest = text.length - at;
  if (rest === 0) return 0;
  const sign = text.charCodeAt(at);
  if (sign === LETTER_Z) return rest === 1 ? 0 : Number.NaN;
  if (sign !== PLUS && sign !== DASH) return Number.NaN;
  const hasColon = rest === 6 && text.charCodeAt(at + 3) === COLON;
  if (rest !== 3 && rest !== 5 && !hasColon) return Number.NaN;
  const hours = digits(text, at + 1, at + 3);
  const minutes = rest === 3 ? 0 : digits(text, text.length - 2, text.length);
  if (!(hours < 24 && minutes < 60)) return Number.NaN;
  return (sign === PLUS ? 1 : -1) * (hours * 60 + minutes);
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

/** Days from 1970-01-01 to a day of the proleptic Gregorian calendar, whose years begin in March here. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
}
