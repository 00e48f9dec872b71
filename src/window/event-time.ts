/**
 * The time of an event, as a handler names it: milliseconds since 1970, a Date, or a text of ISO 8601 or RFC 2822. A text without a
 * zone is UTC, wherever it is read: what comes out must not depend on the machine.
 */
export type EventTime = number | string | Date;

/** What a Date can hold: 100 million days from 1970. */
const MS_MAX = 8.64e15;

/** Milliseconds since 1970; throws TypeError where `time` is no time. */
export function timeMs(time: EventTime): number {
  const ms = typeof time === 'string' ? textMs(time) : Number(time);
  if (typeof time !== 'boolean' && time !== null && Math.abs(ms) <= MS_MAX) return ms;
  throw new TypeError(`the event has no time that windows can use: ${shown(time)}`);
}

/** `2026-01-31`, `2026-01-31T23:59:58.25+01:00`, `2026-01-31 23:59:58,250`. */
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?([.,]\d+)? ?(?:(Z)|([+-]\d\d)(?::?(\d\d))?)?)?$/i;
/** `Sat, 31 Jan 2026 23:59:58 GMT`: with a zone, since Date.parse would take the machine's. */
const RFC_2822 = /^(?:[a-z]{3}, )?\d{1,2} [a-z]{3} \d{4} \d\d:\d\d(?::\d\d)? (?:GMT|UTC?|Z|[+-]\d{4})$/i;

/** NaN where the text is no time. Date.parse alone would take a text without a zone for a local time, and `sensor 7` for one in July. */
function textMs(text: string): number {
  const [, day, minute, second = ':00', fraction = '', , hours, minutes = '00'] = ISO.exec(text) ?? [];
  if (day === undefined) return RFC_2822.test(text) ? Date.parse(text) : Number.NaN;
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // It would take the 30th of February for a day in March.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return Number.NaN;
  if (minute === undefined) return midnight;
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  return Date.parse(`${day}T${minute}${second}${fraction.replace(',', '.')}${zone}`);
}

/** A time as people write it. */
export function timeText(ms: number): string {
  return Math.abs(ms) <= MS_MAX ? new Date(ms).toISOString() : String(ms);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 100);
}
