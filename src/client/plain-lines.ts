import { once } from 'node:events';
import type { Socket } from 'node:net';
import { MillraceError, reasonOf } from '../base/errors.ts';
import type { Address } from '../source/listening.ts';
import { type LinkOptions, openSocket } from './link.ts';

/**
 * Gives lines to whatever listens on a socket, and is told nothing of them. What was on its way when the connection breaks may
 * be lost, so that is a failure, and nobody connects again.
 */

export interface PlainOptions {
  /** Said first, in a line of its own, where there is one. */
  readonly token: string | undefined;
  readonly tls: LinkOptions['tls'];
  /** Time for which to try to connect. */
  readonly retryMs: number;
  readonly stopped: AbortSignal;
}

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 1000;

export class PlainLines {
  readonly #socket: Socket;
  readonly #address: Address;
  #failure: MillraceError | undefined;
  #fail: (error: MillraceError) => void = () => undefined;
  #bytes = 0;

  private constructor(socket: Socket, address: Address) {
    this.#socket = socket;
    this.#address = address;
    // What it says is of no interest, and must not be left lying: the connection would be reset for it.
    socket.resume().setNoDelay(true);
    socket.on('error', error => this.#broken(reasonOf(error)));
    socket.on('close', () => this.#broken('the other side has closed the connection'));
    socket.on('end', () => this.#broken('the other side has closed the connection'));
  }

  /** Tries again for a while where nobody listens; rejects with MILLRACE_SEND. */
  static async connect(
    address: Address,
    { token, tls, retryMs, stopped }: PlainOptions,
  ): Promise<PlainLines> {
    const untilMs = performance.now() + retryMs;
    for (let waitMs = RETRY_MS_MIN; ; waitMs = Math.min(RETRY_MS_MAX, waitMs * 2)) {
      const socket = openSocket({ address, tls });
      try {
        await once(socket, address.scheme === 'tls' ? 'secureConnect' : 'connect');
        const lines = new PlainLines(socket, address);
        if (token !== undefined) await lines.write(Buffer.from(`${JSON.stringify({ token })}\n`));
        return lines;
      } catch (error) {
        socket.destroy();
        if (stopped.aborted || performance.now() + waitMs > untilMs)
          throw sendError(address, reasonOf(error), error);
      }
      await new Promise(resolve => {
        setTimeout(resolve, waitMs);
      });
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#socket.write(bytes, error => {
        if (error === null || error === undefined) resolve();
      });
    });
    this.#bytes += bytes.length;
  }

  async end(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#socket.end(() => resolve());
    });
    this.#failure = sendError(this.#address, 'it was ended');
    this.#socket.destroySoon();
  }

  abort(): void {
    this.#failure ??= sendError(this.#address, 'it was given up');
    this.#socket.destroy();
  }

  #broken(problem: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = sendError(
      this.#address,
      `${problem}, after ${this.#bytes} bytes, of which the last ones may be lost`,
    );
    this.#socket.destroy();
    this.#fail(this.#failure);
  }
}

function sendError(address: Address, problem: string, cause?: unknown): MillraceError {
  return new MillraceError('MILLRACE_SEND', `cannot send to "${address.text}": ${problem}`, {
    hint: 'check that somebody listens there; a millrace that listens with --ack loses nothing, if it is given --ack here',
    cause,
  });
}
