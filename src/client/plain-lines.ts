import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Aborted when it is to end: what the other side does not take then is given up. */
  readonly stopped: AbortSignal;
}

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 1000;

/** Time to take what is being written when it is to end: one that reads shall have whole lines. */
const GRACE_MS = 1000;

export class PlainLines {
  readonly #socket: Socket;
  readonly #address: Address;
  readonly #stopped: AbortSignal;
  #grace: NodeJS.Timeout | undefined;
  #isWaiting = false;
  #failure: MillraceError | undefined;
  #fail: (error: MillraceError) => void = () => undefined;
  #bytes = 0;

  private constructor(socket: Socket, address: Address, stopped: AbortSignal) {
    this.#socket = socket;
    this.#address = address;
    this.#stopped = stopped;
    stopped.addEventListener('abort', () => this.#endSoon());
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
        await once(socket, address.scheme === 'tls' ? 'secureConnect' : 'connect', { signal: stopped });
        const lines = new PlainLines(socket, address, stopped);
        if (token !== undefined) await lines.write(Buffer.from(`${JSON.stringify({ token })}\n`));
        return lines;
      } catch (error) {
        socket.destroy();
        if (stopped.aborted) throw sendError(address, 'it was to end before it was connected', error);
        if (performance.now() + waitMs > untilMs) throw sendError(address, reasonOf(error), error);
      }
      await sleep(waitMs, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#taken(done => {
      this.#socket.write(bytes, error => {
        if (error === null || error === undefined) done();
      });
    });
    this.#bytes += bytes.length;
  }

  async end(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#taken(done => {
      this.#socket.end(done);
    });
    this.#failure = sendError(this.#address, 'it was ended');
    this.#socket.destroySoon();
  }

  abort(): void {
    this.#failure ??= sendError(this.#address, 'it was given up');
    this.#socket.destroy();
  }

  /** Begins something that calls `done` when the other side has taken it; rejects where that will not be. */
  async #taken(begin: (done: () => void) => void): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#fail = reject;
        this.#isWaiting = true;
        begin(resolve);
        if (this.#stopped.aborted) this.#endSoon();
      });
    } finally {
      this.#isWaiting = false;
      clearTimeout(this.#grace);
      this.#grace = undefined;
    }
  }

  #endSoon(): void {
    if (!this.#isWaiting) return;
    this.#grace ??= setTimeout(() => this.#broken('it has not taken what was sent last'), GRACE_MS);
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
