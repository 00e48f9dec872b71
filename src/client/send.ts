import type { Socket } from 'node:net';
import { MillraceError } from '../base/errors.ts';
import { MiB } from '../base/limits.ts';
import { farewellOf } from '../source/hello.ts';
import { type Answer, link, type LinkOptions } from './link.ts';
import { Window } from './window.ts';

/**
 * Sends lines to a millrace that listens with `--ack`, and does not rest until it has said that they are committed: on a
 * connection that breaks, all that it has not said that of is sent again on the next one, and the other side knows what it
 * has by the lines' numbers. The protocol is docs/SOCKETS.md.
 */

export interface SendOptions extends LinkOptions {
  /** Time without an answer after which to give up. */
  readonly retryMs: number;
  /** Whether the producer's name is never used again, so that the other side need not remember it. */
  readonly isOnce?: boolean;
  /** Told how many lines were committed before, once, and before the first line is read. */
  readonly onBegun?: (committed: number) => void;
}

export interface Sent {
  readonly lines: number;
  /** How many of them were committed before. */
  readonly earlier: number;
}

/** Bytes that may be sent and not yet committed. */
const WINDOW_BYTES = 16 * MiB;

/** Between two connections: the first time, and the longest. */
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2000;

/** Sends `lines`, pieces of whole lines; resolves when all are committed. Rejects with MILLRACE_SEND. */
export function send(lines: AsyncIterable<Buffer>, options: SendOptions): Promise<Sent> {
  return new Sending(options).all(lines);
}

class Sending {
  readonly #options: SendOptions;
  readonly #window = new Window();
  /** The connection that has answered, while there is one. */
  #socket: Socket | undefined;
  /** The one that was made last. */
  #newest: Socket | undefined;
  #isComplete = false;
  /** Set when there is no use in going on. */
  #failure: { readonly error: unknown } | undefined;
  #earlier: number | undefined;
  #lastAnswerMs = performance.now();
  #changed: () => void = () => undefined;

  constructor(options: SendOptions) {
    this.#options = options;
  }

  async all(lines: AsyncIterable<Buffer>): Promise<Sent> {
    const connected = this.#keepConnected();
    // Reading may wait for input that never comes: it is not waited for where sending has failed.
    const read = this.#readAll(lines).catch((error: unknown) => this.#fail(error));
    await Promise.race([read, connected]);
    await connected;
    if (this.#failure !== undefined) throw this.#failure.error;
    return { lines: this.#window.last, earlier: Math.min(this.#earlier ?? 0, this.#window.last) };
  }

  get #isDone(): boolean {
    return (this.#isComplete && this.#window.committed >= this.#window.last) || this.#failure !== undefined;
  }

  async #readAll(lines: AsyncIterable<Buffer>): Promise<void> {
    await this.#until(() => this.#earlier !== undefined);
    for await (const piece of lines) {
      const rest = this.#window.add(piece);
      if (rest.length > 0) this.#socket?.write(rest);
      await this.#until(() => this.#window.bytes <= WINDOW_BYTES);
      if (this.#failure !== undefined) return;
    }
    this.#isComplete = true;
    this.#endIfDone();
  }

  /** Resolves when `isSo`, or sending has failed. */
  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo() && this.#failure === undefined) {
      await new Promise<void>(resolve => {
        this.#changed = resolve;
      });
    }
  }

  /** Connects again and again until everything is committed, or it has been tried for too long. */
  async #keepConnected(): Promise<void> {
    const { address, retryMs } = this.#options;
    let waitMs = RETRY_MS_MIN;
    while (!this.#isDone) {
      const before = this.#lastAnswerMs;
      const { socket, ended } = link(this.#options, (answer, from) => this.#hear(answer, from));
      this.#newest = socket;
      const problem = await ended;
      const wasAnswered = this.#socket === socket;
      this.#socket = undefined;
      if (this.#isDone) break;
      // What was answered last may be long ago, where there was nothing to answer.
      if (wasAnswered) this.#lastAnswerMs = performance.now();
      waitMs = this.#lastAnswerMs > before ? RETRY_MS_MIN : Math.min(waitMs * 2, RETRY_MS_MAX);
      if (performance.now() - this.#lastAnswerMs > retryMs) {
        this.#fail(this.#sendError(problem, `check that millrace listens on "${address.text}" with --ack`));
        break;
      }
      await new Promise(resolve => {
        setTimeout(resolve, waitMs);
      });
    }
  }

  #hear(answer: Answer, socket: Socket): void {
    if (this.#isDone) return;
    if ('error' in answer) {
      if (answer.retry) socket.destroy();
      else this.#fail(this.#sendError(answer.error, 'see docs/SOCKETS.md'));
      return;
    }
    const { committed } = answer;
    if (committed < this.#window.committed) {
      this.#fail(
        this.#sendError(
          `it has ${committed} lines of "${this.#options.producer}", and had ${this.#window.committed} before`,
          'its store was emptied, or is another one; start anew under another --producer',
        ),
      );
      return;
    }
    if (this.#socket === socket) this.#window.commit(committed);
    else {
      // The first answer says where to go on, whatever is committed after it.
      if (this.#earlier === undefined) this.#options.onBegun?.(committed);
      this.#earlier ??= committed;
      this.#socket = socket;
      for (const piece of this.#window.begin(committed + 1)) socket.write(piece);
    }
    this.#changed();
    this.#endIfDone();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#changed();
    this.#newest?.destroy();
  }

  #endIfDone(): void {
    if (!this.#isDone) return;
    const { isOnce, producer } = this.#options;
    const mayBeForgotten = isOnce === true && this.#failure === undefined;
    this.#socket?.end(mayBeForgotten ? farewellOf(producer) : '', () => this.#newest?.destroy());
  }

  #sendError(problem: string, hint: string): MillraceError {
    const { text } = this.#options.address;
    return new MillraceError('MILLRACE_SEND', `cannot send to "${text}": ${problem}`, { hint });
  }
}
