import type { Transform } from 'node:stream';

/** A stream of node:zlib that unpacks. */
export type ZlibStream = Transform & { readonly bytesWritten: number };

/**
 * Unpacks bytes step by step. A stream of node:zlib forgets what it has unpacked since it was last given something when that is
 * wrong; so with short steps little is lost. All that a step makes is in memory.
 */
export class Unpacker {
  readonly #stream: ZlibStream;
  #given = 0;
  #pieces: Uint8Array[] = [];
  #failure: Error | undefined;
  #whenFailed: (() => void) | undefined;

  constructor(stream: ZlibStream) {
    this.#stream = stream;
    stream.on('data', (piece: Uint8Array) => this.#pieces.push(piece));
    stream.on('error', error => {
      this.#failure = error;
      this.#whenFailed?.();
    });
  }

  /** How many of the bytes that were given are part of what was compressed, as far as that is known. */
  get taken(): number {
    return this.#stream.bytesWritten;
  }

  /** Whether what was compressed is over: what follows it is not taken. */
  get isOver(): boolean {
    return this.taken < this.#given;
  }

  /** What comes out of some more bytes; they must stay as they are until then. Rejects where they are wrong. */
  async step(packed: Uint8Array): Promise<readonly Uint8Array[]> {
    await new Promise<void>(resolve => {
      this.#whenFailed = resolve;
      this.#stream.write(packed, () => resolve());
    });
    // What was pushed is given out in turns of the event loop.
    await new Promise(resolve => setImmediate(resolve));
    if (this.#failure !== undefined) throw this.#failure;
    this.#given += packed.length;
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  close(): void {
    this.#stream.destroy();
  }
}
