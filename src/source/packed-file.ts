import type { FileHandle } from 'node:fs/promises';

/** A compressed file, read from its start to its end by whoever unpacks it: so much at a time as they can say. */

/** Read at once. The longest that is asked for as a whole is a block of Zstandard, with its header. */
const BUFFER_BYTES = 256 * 1024;

export class PackedFile {
  /** The offset of the next byte. */
  at = 0;
  readonly #file: FileHandle;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  /** What is ready: `buffer[from..to)`. */
  #from = 0;
  #to = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The next bytes, as many as are ready and `most` at the most; none at the end. Valid until more is asked for. */
  async ahead(most = BUFFER_BYTES): Promise<Buffer> {
    if (this.#from === this.#to) await this.#fill();
    return this.#buffer.subarray(this.#from, Math.min(this.#to, this.#from + most));
  }

  /** Goes on behind so many bytes of those that are ready. */
  pass(bytes: number): void {
    this.at += bytes;
    this.#from += bytes;
  }

  /** The next `length` bytes; rejects where the file is over before. Valid until more is asked for. */
  async bytes(length: number): Promise<Buffer> {
    while (this.#to - this.#from < length) if (!(await this.#fill())) throw cutOff();
    const bytes = this.#buffer.subarray(this.#from, this.#from + length);
    this.pass(length);
    return bytes;
  }

  async byte(): Promise<number> {
    return (await this.bytes(1))[0]!;
  }

  /** Goes back, or on, to an offset. */
  goTo(offset: number): void {
    this.at = offset;
    this.#from = 0;
    this.#to = 0;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Reads some more; false at the end. */
  async #fill(): Promise<boolean> {
    this.#buffer.copyWithin(0, this.#from, this.#to);
    this.#to -= this.#from;
    this.#from = 0;
    const { bytesRead } = await this.#file.read(
      this.#buffer,
      this.#to,
      this.#buffer.length - this.#to,
      this.at + this.#to,
    );
    this.#to += bytesRead;
    return bytesRead > 0;
  }
}

export function cutOff(): Error {
  return new Error('unexpected end of file');
}

/** What begins at `offset` cannot be more of what was compressed. */
export function notPacked(offset: number): Error {
  return new Error(
    offset === 0 ? 'incorrect header check' : `what stands behind its byte ${offset} is not compressed`,
  );
}
