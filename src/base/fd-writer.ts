import { write } from 'node:fs';
import { isatty } from 'node:tty';
import { MillraceError, reasonOf, systemCode } from './errors.ts';
import { escapeControls } from './terminal.ts';

/**
 * Writes data to standard output, without ever blocking the main thread: whoever reads it may be slow.
 *
 * A reader that goes away (`| head`) is no failure: `closed` becomes true, and whoever writes should stop.
 */

/** Before a pipe that does not block, because whoever made it said so, and that cannot take more, is tried again. */
const RETRY_MS = 1;

export class FdWriter {
  /** Whether nobody reads any more. */
  closed = false;
  readonly #fd: number;
  readonly #isTerminal: boolean;

  constructor(fd: number, isTerminal: boolean) {
    this.#fd = fd;
    this.#isTerminal = isTerminal;
  }

  /** Writes all of `bytes`; on a terminal with control characters escaped. */
  async write(bytes: Uint8Array): Promise<void> {
    const data = this.#isTerminal
      ? Buffer.from(escapeControls(Buffer.from(bytes).toString('utf8')), 'utf8')
      : bytes;
    for (let at = 0; at < data.length && !this.closed; ) at += await this.#writeSome(data.subarray(at));
  }

  async #writeSome(bytes: Uint8Array): Promise<number> {
    try {
      return await new Promise<number>((resolve, reject) => {
        write(this.#fd, bytes, (error, written) => (error === null ? resolve(written) : reject(error)));
      });
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EPIPE') {
        this.closed = true;
        return 0;
      }
      if (code === 'EAGAIN') {
        await new Promise(resolve => setTimeout(resolve, RETRY_MS));
        return 0;
      }
      throw new MillraceError(
        'MILLRACE_OUTPUT_WRITE',
        `cannot write to standard output: ${reasonOf(error)}`,
        { cause: error },
      );
    }
  }
}

/**
 * Standard output as data goes there. `process.stdout` is not so much as looked at: that would make a pipe one that does not
 * block, and then nobody says when it can take more.
 */
export function standardOutput(): FdWriter {
  return new FdWriter(1, isatty(1));
}
