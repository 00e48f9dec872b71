/** The time of an event, as a handler names it: milliseconds since 1970, a Date, or a text that Date.parse reads. */
export type EventTime = number | string | Date;

/** What a Date can hold: 100 million days from 1970. */
const MS_MAX = 8.64e15;

/** Milliseconds since 1970; throws TypeError where `time` is no time. */
export function timeMs(time: EventTime): number {
  const ms = typeof time === 'string' ? Date.parse(time) : Number(time);
  if (typeof time !== 'boolean' && time !== null && Math.abs(ms) <= MS_MAX) return ms;
  throw new TypeError(`the event has no time that windows can use: ${shown(time)}`);
}

/** A time as people write it. */
export function timeText(ms: number): string {
  return Math.abs(ms) <= MS_MAX ? new Date(ms).toISOString() : String(ms);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 100);
}
