import { CHUNK_BYTES } from '../base/limits.ts';
import type { Slot } from './chunk-pool.ts';
import type { RefusedLine } from './refused-line.ts';

/** Bytes read from one source, ending at a line's end, with the position just after it. */
export interface Chunk {
  readonly slot: Slot;
  /** The lines are `slot.bytes[from..to)`; there may be none. */
  readonly from: number;
  readonly to: number;
  /** The offset in the source of `slot.bytes[0]`. */
  readonly base: number;
  readonly endOffset: number;
  /** Whether the last line had no newline. */
  readonly unfinished: boolean;
  /** Set where the chunk is one line that no handler may see. */
  readonly refused: RefusedLine | undefined;
}

/** What a slot must hold: the start of a line from the last read, and one more read. */
export function slotBytesFor(lineBytesMax: number): number {
  return lineBytesMax + CHUNK_BYTES;
}
