import type { Random } from './random.ts';

/** The constant parts of events, as bytes: made once, and copied for each event. */

export type Piece = Uint8Array;

export function piece(text: string): Piece {
  return Buffer.from(text, 'utf8');
}

export function pieces(texts: readonly string[]): readonly Piece[] {
  return texts.map(piece);
}

/** One of `items`. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!;
}
