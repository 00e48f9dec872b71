import { isAscii, isUtf8 } from 'node:buffer';
import type { TextKind } from './protocol.ts';

/**
 * The text of lines and values in a slot.
 *
 * ASCII is decoded many bytes at a time and cut as strings, because a call out of JavaScript costs more than the decoding.
 * The windows stay below the size at which V8 would give the string a place of its own.
 */

const WINDOW_BYTES = 32 * 1024;

/** A string cut from a longer one keeps that one alive, if it has so many characters or more. */
const CUT_CHARS = 13;

/** How the bytes are to be read. */
export function textKindOf(bytes: Uint8Array): TextKind {
  if (isAscii(bytes)) return 'ascii';
  return isUtf8(bytes) ? 'utf8' : 'bytes';
}

export class SlotText {
  readonly #bytes: Buffer;
  readonly #kind: TextKind;
  readonly #end: number;
  #window = '';
  #windowStart = 0;
  #windowEnd = 0;

  /** Reads `bytes` up to `end`. Lines that are not UTF-8 must not be asked for. */
  constructor(bytes: Buffer, kind: TextKind, end: number) {
    this.#bytes = bytes;
    this.#kind = kind;
    this.#end = end;
  }

  /** Text to be parsed at once: it may keep much more text alive. */
  passing(start: number, end: number): string {
    if (this.#kind !== 'ascii') return this.#bytes.toString('utf8', start, end);
    if (start < this.#windowStart || end > this.#windowEnd) this.#moveWindow(start, end);
    return this.#window.substring(start - this.#windowStart, end - this.#windowStart);
  }

  /** Text that a handler may keep. */
  lasting(start: number, end: number): string {
    if (this.#kind !== 'ascii') return this.#bytes.toString('utf8', start, end);
    if (end - start >= CUT_CHARS) return this.#bytes.toString('latin1', start, end);
    return this.passing(start, end);
  }

  #moveWindow(start: number, end: number): void {
    this.#windowStart = start;
    this.#windowEnd = Math.max(end, Math.min(start + WINDOW_BYTES, this.#end));
    this.#window = this.#bytes.toString('latin1', start, this.#windowEnd);
  }
}
