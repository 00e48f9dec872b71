import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { LANES_MAX } from '../kernel/line-table.ts';

/** Parsers for the values of options; commander adds the option's name to what they throw. */

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kib: 1024,
  kb: 1000,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  mb: 1000 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
  gb: 1000 ** 3,
  t: 1024 ** 4,
  tib: 1024 ** 4,
  tb: 1000 ** 4,
};

const HEAP_MIB_MIN = 16;
const HEAP_MIB_MAX = 9_999_999;

/** More digits than all of which a number has each. */
const DIGITS_MAX = 15;

/** Timers take no more. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const TIME_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const START_MS_END = Date.UTC(9000, 0, 1);

/** Makes a parser for a number of bytes (`65536`, `64KiB`, `1.5MB`) between two bounds. */
export function sizeBetween(minBytes: number, maxBytes: number): (text: string) => number {
  return text => {
    const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
    const bytes = Math.floor(Number(number) * (SIZE_UNITS[unit?.toLowerCase() ?? ''] ?? Number.NaN));
    if (bytes >= minBytes && bytes <= maxBytes) return bytes;
    throw new InvalidArgumentError(
      `Write a size from ${minBytes} to ${maxBytes} bytes, such as 65536, 64KiB or 10MB.`,
    );
  };
}

/** Parses a duration with its unit (`500ms`, `30s`, `2m`), or 0, into milliseconds. */
export function parseDuration(text: string): number {
  const ms = durationMs(text.trim());
  if (ms === undefined) {
    throw new InvalidArgumentError('Write a duration with its unit, such as 500ms, 30s or 2m.');
  }
  if (ms <= TIMER_MS_MAX) return ms;
  throw new InvalidArgumentError(
    `Write a duration of up to ${Math.floor(TIMER_MS_MAX / TIME_UNITS_MS['h']!)}h.`,
  );
}

function durationMs(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  if (unit !== undefined) return Number(number) * TIME_UNITS_MS[unit]!;
  return Number(number) === 0 ? 0 : undefined;
}

export function parseCount(text: string): number {
  const isWhole = /^\d+$/.test(text);
  if (isWhole && text.length <= DIGITS_MAX) return Number(text);
  const limit = isWhole ? ` of up to ${DIGITS_MAX} digits` : '';
  throw new InvalidArgumentError(`Write a whole number${limit}.`);
}

/** Makes a parser for a whole number between two bounds. */
export function countBetween(min: number, max: number): (text: string) => number {
  return text => {
    const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (count >= min && count <= max) return count;
    throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`);
  };
}

/** Checks a rate (`500/s`, `30/m`, `1000/h`); it stays a text, as handlers write it. */
export function parseRate(text: string): string {
  const [, number] = /^(\d+(?:\.\d+)?)\/[smh]$/.exec(text) ?? [];
  if (Number(number) > 0 && Number(number) <= 1e9) return text;
  throw new InvalidArgumentError('Write a rate such as 500/s, 30/m or 1000/h.');
}

/** How many events a second a rate is that was checked. */
export function perSecond(rate: string): number {
  const [number, unit] = rate.split('/') as [string, string];
  return (Number(number) * 1000) / TIME_UNITS_MS[unit]!;
}

/** Makes a parser for a number between two bounds, which may have a fraction. */
export function numberBetween(min: number, max: number): (text: string) => number {
  return text => {
    const value = /^\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Write a number from ${min} to ${max}.`);
  };
}

/** Parses a part of a whole, `0.01` or `1%`, into a number from 0 to 1. */
export function parseShare(text: string): number {
  const [, number, percent] = /^(\d{1,15}(?:\.\d{1,15})?)(%?)$/.exec(text) ?? [];
  const share = Number(number) / (percent === '%' ? 100 : 1);
  if (share <= 1) return share;
  throw new InvalidArgumentError('Write a part of the whole, such as 0.01 or 1%.');
}

/** Parses a time that is the same everywhere, or `now`, into milliseconds since 1970. */
export function parseStart(text: string): number {
  if (text === 'now') return Date.now();
  const [, day] =
    /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  const time = day === undefined || !isDay(day) ? Number.NaN : Date.parse(text);
  if (time >= 0 && time < START_MS_END) return time;
  throw new InvalidArgumentError(
    'Write a day from 1970 to 8999 (2026-01-01), a time with its zone (2026-01-01T00:00:00Z), or now.',
  );
}

/** Whether there is such a day: Date.parse takes the 30th of February for one in March. */
function isDay(day: string): boolean {
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

/** A thread's heap in MiB: with less than the bound no handler can be loaded. */
export function parseHeap(text: string): number {
  const mib = /^\d+$/.test(text) ? Number(text) : 0;
  if (mib >= HEAP_MIB_MIN && mib <= HEAP_MIB_MAX) return mib;
  throw new InvalidArgumentError(`Write a whole number of MiB from ${HEAP_MIB_MIN} to ${HEAP_MIB_MAX}.`);
}

/** The fewest and the most: `4`, or `1..8`; of a range the lower bound may be 0. */
export function parseWorkers(text: string): { min: number; max: number } {
  const [, from, to] = /^(\d{1,3})(?:\.\.(\d{1,3}))?$/.exec(text) ?? [];
  const min = Number(from);
  const max = Number(to ?? from);
  if (max >= 1 && max <= LANES_MAX && min <= max) return { min, max };
  throw new InvalidArgumentError(`Write a number from 1 to ${LANES_MAX}, or a range such as 1..8 or 0..4.`);
}

export function defaultWorkers(): { min: number; max: number } {
  return { min: 1, max: Math.min(availableParallelism(), LANES_MAX) };
}

/** Where to start reading a topic: an offset, or a time in milliseconds since 1970. */
export type From = { readonly offset: number } | { readonly time: number };

/** An offset (`1200`), a time (`2026-11-23T14:00:00Z`, `14:00`), or a time ago (`-15m`). */
export function parseFrom(text: string, now = new Date()): From {
  if (/^\d{1,15}$/.test(text)) return { offset: Number(text) };
  const time = timeOf(text, now);
  if (time !== undefined) return { time };
  throw new InvalidArgumentError(
    'Write an offset (1200), a time (2026-11-23T14:00:00Z, 14:00) or a time ago (-15m).',
  );
}

/** The same where it is no offset. */
export function parseTime(text: string, now = new Date()): From {
  const time = timeOf(text, now);
  if (time !== undefined) return { time };
  const other = /^\d+$/.test(text) ? '; an offset is given with --to-offset' : '';
  throw new InvalidArgumentError(`Write a time (2026-11-23T14:00:00Z, 14:00) or a time ago (-5m)${other}.`);
}

/** In milliseconds since 1970. */
function timeOf(text: string, now: Date): number | undefined {
  const ago = /^-(\d+(?:\.\d+)?(?:ms|s|m|h|d))$/.exec(text)?.[1];
  if (ago !== undefined) return now.getTime() - durationMs(ago)!;
  const [, hours, minutes, seconds] = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text) ?? [];
  if (hours !== undefined) {
    const time = new Date(now).setHours(Number(hours), Number(minutes), Number(seconds ?? 0), 0);
    if (Number(hours) < 24 && Number(minutes) < 60 && Number(seconds ?? 0) < 60) return time;
  }
  const time = /^\d{4}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
