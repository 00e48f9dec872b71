import type { Readable } from 'node:stream';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { AT_START, type Positions, type Source } from './contract.ts';

/**
 * A stream of bytes that come when they come, and cannot be read again.
 *
 * It is read only on demand: while nobody asks, the pipe fills and its writer waits.
 */
export class StreamedInput implements Source {
  readonly start = AT_START;
  readonly positions = noPositions;
  readonly #stream: Readable;
  readonly #name: string;
  #rest: Buffer | undefined;
  #ended = false;
  #quitting = false;
  #error: unknown;
  /** What `readable` has given out and not kept yet; whoever asks meanwhile gets the same promise. */
  #waiting: Promise<void> | undefined;
  #keep: (() => void) | undefined;

  /** `name` is what the stream is called in messages. */
  constructor(stream: Readable, name: string) {
    this.#stream = stream;
    this.#name = name;
    stream.on('readable', () => this.#wake());
    stream.once('end', () => this.#finish(undefined));
    stream.once('error', error => this.#finish(error));
  }

  readable(): Promise<void> | undefined {
    if (!this.#quitting) this.#rest ??= (this.#stream.read() as Buffer | null) ?? undefined;
    if (this.#rest !== undefined || this.#ended || this.#quitting) return undefined;
    this.#waiting ??= new Promise<void>(resolve => {
      this.#keep = resolve;
    });
    return this.#waiting;
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    if (this.readable() !== undefined) return 0;
    const bytes = this.#rest;
    if (bytes === undefined) {
      if (this.#error !== undefined) throw readError(this.#name, this.#error);
      return 'end';
    }
    const length = Math.min(bytes.length, into.length);
    into.set(bytes.subarray(0, length));
    this.#rest = length === bytes.length ? undefined : bytes.subarray(length);
    return length;
  }

  /** What the stream has taken out of the pipe is still given out; of a stream that never pauses, no more than that. */
  quit(): void {
    const taken: Buffer[] = this.#rest === undefined ? [] : [this.#rest];
    for (let more = this.#stream.read() as Buffer | null; more !== null; ) {
      taken.push(more);
      more = this.#stream.readableLength > 0 ? (this.#stream.read() as Buffer | null) : null;
    }
    this.#stream.pause();
    this.#stream.removeAllListeners('readable');
    this.#rest = taken.length > 0 ? Buffer.concat(taken) : undefined;
    this.#quitting = true;
    this.#wake();
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }

  #finish(error: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#wake();
  }

  #wake(): void {
    this.#keep?.();
    this.#waiting = undefined;
    this.#keep = undefined;
  }
}

export function readError(name: string, error: unknown): MillraceError {
  return new MillraceError('MILLRACE_SOURCE_READ', `cannot read ${name}: ${reasonOf(error)}`, {
    cause: error,
  });
}

/** Of what cannot be read again no position is kept; sources say so by having no id. */
function noPositions(): Promise<Positions> {
  throw new Error('a stream has no position to keep');
}
