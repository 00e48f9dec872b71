import type { EventWriter } from './event-writer.ts';
import type { Keys } from './keys.ts';
import type { Random } from './random.ts';

/** What a kind of events is: shapes.ts has one row for each, and a file of its own writes it. */

export interface Shape {
  readonly name: string;
  readonly summary: string;
  /** Path of the member that says to which key an event belongs. */
  readonly key: string;
  /** How many keys there are, and how unevenly they are drawn, unless it is said; null where the shape has rules of its own. */
  readonly keys: { readonly count: number; readonly skew: number } | null;
  /** About how long an event is where nothing is said, its newline included. */
  readonly bytes: number;
  /** From one event's time to the next one's. */
  readonly stepMs: number;
  /** What the random text consists of. */
  readonly text: 'words' | 'letters';
  readonly begin: (setting: Setting) => WriteEvent;
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
