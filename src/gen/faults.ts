import type { EventWriter } from './event-writer.ts';
import type { Random } from './random.ts';

/**
 * What is wrong with some events: they are late, or no JSON. Both are drawn from random numbers of their own, so that all other
 * events are the same whether some are spoilt or not.
 */

export interface FaultShares {
  /** Which part of the events is late, from 0 to 1, and by how much at most. */
  readonly late: number;
  readonly lateByMs: number;
  /** Which part of the lines is no valid JSON in UTF-8. */
  readonly invalid: number;
}

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BRACKET = 0x5d;
const COMMA = 0x2c;
const NEVER_IN_UTF8 = 0xff;
const CONTROL = 0x01;

/** Each takes a valid object from `start` to `out.at`, and leaves something there that is never valid. */
const WAYS: readonly ((out: EventWriter, start: number) => void)[] = [
  // Cut off in the middle, as by a full disk.
  (out, start) => {
    out.at = middle(out, start);
  },
  // As Python prints a dictionary.
  (out, start) => {
    for (let at = start; at < out.at; at++) if (out.bytes[at] === QUOTE) out.bytes[at] = APOSTROPHE;
  },
  // The wrong bracket.
  out => {
    out.bytes[out.at - 1] = BRACKET;
  },
  // One thing too many.
  out => out.byte(COMMA),
  // Another encoding.
  (out, start) => {
    out.bytes[middle(out, start)] = NEVER_IN_UTF8;
  },
  // A control character.
  (out, start) => {
    out.bytes[middle(out, start)] = CONTROL;
  },
];

export class Faults {
  readonly #late: Random;
  readonly #invalid: Random;
  readonly #shares: FaultShares;

  constructor(late: Random, invalid: Random, shares: FaultShares) {
    this.#late = late;
    this.#invalid = invalid;
    this.#shares = shares;
  }

  /** The time that the event whose time is `ms` says that it has; never one before 1970. */
  timeOf(ms: number): number {
    const { late, lateByMs } = this.#shares;
    if (late === 0 || this.#late.unit() >= late) return ms;
    return Math.max(0, ms - 1 - this.#late.below(lateByMs));
  }

  /** Spoils the line from `start` to `out.at`, if it is its turn. */
  spoil(out: EventWriter, start: number): void {
    const { invalid } = this.#shares;
    if (invalid === 0 || this.#invalid.unit() >= invalid) return;
    WAYS[this.#invalid.below(WAYS.length)]!(out, start);
  }
}

function middle(out: EventWriter, start: number): number {
  return start + ((out.at - start) >> 1);
}
