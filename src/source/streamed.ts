import type { Readable } from 'node:stream';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { AT_START, type Position, type Source } from './contract.ts';

/**
 * A stream of bytes that come when they come, and cannot be read again.
 *
 * It is read only on demand: while nobody asks, the pipe fills and its writer waits.
 */
export class StreamedInput implements Source {
  readonly start = AT_START;
  readonly position = noPosition;
  readonly #stream: Readable;
  readonly #name: string;
  #rest: Buffer | undefined;
  #ended = false;
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
    this.#rest ??= (this.#stream.read() as Buffer | null) ?? undefined;
    if (this.#rest !== undefined || this.#ended) return undefined;
    this.#waiting ??= new Promise<void>(resolve => {
      this.#keep = resolve;
    });
    return this.#waiting;
  }

  async read(into: Uint8Array): Promise<number> {
    for (let wait = this.readable(); wait !== undefined; wait = this.readable()) await wait;
    if (this.#error !== undefined) throw readError(this.#name, this.#error);
    const bytes = this.#rest;
    if (bytes === undefined) return 0;
    const length = Math.min(bytes.length, into.length);
    into.set(bytes.subarray(0, length));
    this.#rest = length === bytes.length ? undefined : bytes.subarray(length);
    return length;
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
export function noPosition(): Promise<Position> {
  throw new Error('a stream has no position to keep');
}
