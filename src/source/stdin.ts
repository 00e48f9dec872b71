import { fstatSync, read as readFd } from 'node:fs';
import { promisify } from 'node:util';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { AT_START, type Position, type Source, type SourceSpec } from './contract.ts';

/**
 * Standard input: a pipe, a terminal, a socket, or a file that the shell redirected.
 *
 * A pipe cannot be read again, so it has no id in the journal: what was read and not committed is lost with a crash.
 */

export function stdinSource(): SourceSpec {
  return {
    name: '-',
    id: undefined,
    check: () => Promise.resolve(fstatSync(0).isFile() ? fstatSync(0).size : undefined),
    open: () => Promise.resolve(fstatSync(0).isFile() ? new RedirectedFile() : new StreamedInput()),
  };
}

function readError(error: unknown): MillraceError {
  return new MillraceError('MILLRACE_SOURCE_READ', `cannot read standard input: ${reasonOf(error)}`, { cause: error });
}

function noPosition(): Promise<Position> {
  throw new Error('standard input has no position to keep');
}

class RedirectedFile implements Source {
  readonly start = AT_START;
  readonly position = noPosition;

  readable(): undefined {
    return undefined;
  }

  async read(into: Uint8Array): Promise<number> {
    try {
      return (await promisify(readFd)(0, into, 0, into.length, null)).bytesRead;
    } catch (error) {
      throw readError(error);
    }
  }

  async close(): Promise<void> {
    // The descriptor belongs to the process.
  }
}

/** Reads only on demand: while nobody asks, the pipe fills and its writer waits. */
class StreamedInput implements Source {
  readonly start = AT_START;
  readonly position = noPosition;
  readonly #stream = process.stdin;
  #rest: Buffer | undefined;
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  constructor() {
    this.#stream.on('readable', () => this.#wake?.());
    this.#stream.once('end', () => this.#finish(undefined));
    this.#stream.once('error', error => this.#finish(error));
  }

  readable(): Promise<void> | undefined {
    this.#rest ??= (this.#stream.read() as Buffer | null) ?? undefined;
    if (this.#rest !== undefined || this.#ended) return undefined;
    return new Promise<void>(resolve => {
      this.#wake = resolve;
    });
  }

  async read(into: Uint8Array): Promise<number> {
    for (let wait = this.readable(); wait !== undefined; wait = this.readable()) await wait;
    if (this.#error !== undefined) throw readError(this.#error);
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
    this.#wake?.();
  }
}
