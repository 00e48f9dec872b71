import type { EventWriter } from './event-writer.ts';
import type { Keys } from './keys.ts';
import type { Random } from './random.ts';

/** What a kind of events is: a file of its own writes it, and shapes.ts has one row for each. */

export interface Kind {
  readonly name: string;
  readonly summary: string;
  readonly begin: (setting: Setting) => WriteEvent;
}

/** A kind of events, and what they are like where nothing is said. */
export interface Shape extends Kind {
  /** Path of the member that says to which key an event belongs. */
  readonly key: string;
  /** How many keys there are; null where the shape has rules of its own. */
  readonly keys: number | null;
  /** By which exponent of Zipf's law they are drawn. */
  readonly skew: number;
  /** About how long an event is, its newline included. */
  readonly bytes: number;
  /** From one event's time to the next one's. */
  readonly stepMs: number;
  /** What the random text consists of. */
  readonly text: 'words' | 'letters';
}

export interface Setting {
  readonly random: Random;
  readonly keys: Keys;
  /** About how long an event should be, its newline included; less where it must be shorter. */
  readonly bytes: number;
  readonly stepMs: number;
}

/** Writes event number `n`, counted from 0, without its newline. */
export type WriteEvent = (out: EventWriter, n: number, timeMs: number) => void;
