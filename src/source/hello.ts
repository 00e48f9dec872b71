import { PRODUCERS_MAX } from '../base/limits.ts';

/** The first line of a connection, where its sender says who it is: see docs/SOCKETS.md. */

export interface Hello {
  readonly token?: string;
  /** The name under which the sender numbers its lines. */
  readonly producer?: string;
  /** The number of the line that comes next; left out, it is the one after the last that is committed. */
  readonly next?: number;
}

export const PRODUCER_RULE = 'a producer is named with up to 100 letters, digits, and any of _ . : @ -';

export const TOO_MANY_PRODUCERS = `there are too many producers (${PRODUCERS_MAX}): send under a name that is known, or let millrace listen on another address`;

/** Whether a producer may have this name. */
export function isProducer(name: string): boolean {
  return /^[\w.:@-]{1,100}$/.test(name);
}

/** Reads a first line; undefined where it is none of these, but an event. Throws where it is wrong. */
export function parseHello(line: string): Hello | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const names = Object.keys(value);
  if (names.length === 0 || !names.every(name => ['token', 'producer', 'next'].includes(name)))
    return undefined;
  const { token, producer, next } = value as Record<string, unknown>;
  if (token === undefined && producer === undefined) return undefined;
  if (token !== undefined && typeof token !== 'string') throw new Error('the token must be a string');
  if (producer !== undefined && (typeof producer !== 'string' || !isProducer(producer))) {
    throw new Error(PRODUCER_RULE);
  }
  if (next !== undefined && (producer === undefined || !Number.isSafeInteger(next) || (next as number) < 1)) {
    throw new Error('next must be a whole number from 1 on, and goes only with a producer');
  }
  return {
    ...(token === undefined ? {} : { token }),
    ...(producer === undefined ? {} : { producer }),
    ...(next === undefined ? {} : { next: next as number }),
  };
}

/**
 * What a producer may send last, and without a newline: that it will not come again. It names the producer, so that no line
 * that was cut off is taken for it.
 */
export function farewellOf(producer: string): string {
  return `{"producer":"${producer}","done":true}`;
}

export function isFarewell(text: Buffer, producer: string): boolean {
  return text.equals(Buffer.from(farewellOf(producer)));
}

/** Whether a first line that was not ended is all there, and not one in which the sender was cut off. */
export function isWhole(line: Buffer): boolean {
  try {
    JSON.parse(line.toString());
    return true;
  } catch {
    return false;
  }
}
