import type { Socket } from 'node:net';
import { Answers } from './answers.ts';
import { FirstLine } from './first-line.ts';
import { isFarewell, TOO_MANY_PRODUCERS } from './hello.ts';
import type { Inbox, Progress, Sender } from './inbox.ts';
import { LineBuffer } from './line-buffer.ts';
import type { ListenOptions } from './listening.ts';

/**
 * One connection that sends lines. It is read only as fast as its lines are taken, and answered with what is committed
 * where that is wanted. The protocol is docs/SOCKETS.md.
 */

/** What connections share. */
export interface Connections {
  readonly inbox: Inbox;
  readonly options: ListenOptions;
  /** What waits in all of them, and how much of it is whole lines. */
  readonly held: { bytes: number; wholeBytes: number };
  /** The connection that sends for each producer: there is one at a time. */
  readonly byProducer: Map<string, Connection>;
  /** Those that are not read until there is room. */
  readonly paused: Set<Connection>;
  /** Told when one has given up bytes, or waits for room. */
  readonly onHeld: () => void;
  readonly onClosed: (connection: Connection) => void;
}

/** How a connection ends: everything that it has sent is committed first, or it is cut off. */
type Ending = 'open' | 'draining' | 'ended';

/** Between the end of what is sent and the end of the connection. */
const CLOSE_MS = 2000;

export class Connection implements Sender {
  readonly inOneGo = false;
  producer: string | undefined;
  readonly #socket: Socket;
  readonly #shared: Connections;
  readonly #lines: LineBuffer;
  readonly #answers: Answers;
  readonly #openedMs = performance.now();
  #heardMs = performance.now();
  /** When the line that has not ended began to arrive. */
  #lineSinceMs: number | undefined;
  /** Undefined when it is known what it is. */
  #first: FirstLine | undefined;
  #ending: Ending = 'open';
  /** Lines that were sent in earlier connections: they come again, and are left out. */
  #toSkip = 0;
  /** Lines that were taken and are not committed. */
  #underWay = 0;
  /** Lines of this connection that are committed. */
  #committed = 0;
  #progress: Progress | undefined;
  #isPaused = false;
  /** What of `held` is this connection's. */
  #heldBytes = 0;
  #heldWholeBytes = 0;

  constructor(socket: Socket, shared: Connections) {
    this.#socket = socket;
    this.#shared = shared;
    this.#lines = new LineBuffer(shared.options.lineBytesMax);
    this.#answers = new Answers(socket);
    this.#first = new FirstLine(shared.options);
    socket.on('data', bytes => this.#receive(bytes as Buffer));
    socket.on('end', () => this.#endOfInput());
    socket.on('error', () => this.cutOff());
    socket.on('close', () => this.cutOff());
  }

  readonly hasLines = (): boolean => this.#lines.wholeBytes > 0;

  readonly take = (into: Uint8Array, toLineEnd: boolean): number => {
    const taken = this.#lines.take(into, toLineEnd);
    this.#account();
    return taken;
  };

  readonly taken = (lines: number): void => {
    this.#underWay += lines;
    this.#endIfDone();
  };

  readonly committed = (lines: number): void => {
    this.#underWay -= lines;
    this.#committed += lines;
    this.#heardMs = performance.now();
    // Of what one connection has sent for a producer, another one may have to tell.
    const { byProducer } = this.#shared;
    const teller = this.producer === undefined ? this : (byProducer.get(this.producer) ?? this);
    teller.#answer();
    teller.#endIfDone();
  };

  /** Bytes that wait for the end of their line. */
  get partialBytes(): number {
    return this.#lines.partialBytes;
  }

  /** Goes on reading if there is room for it. */
  resume(): void {
    if (!this.#isPaused || !this.#hasRoom) return;
    this.#isPaused = false;
    this.#shared.paused.delete(this);
    if (this.#ending !== 'open') return;
    const now = performance.now();
    this.#heardMs = now;
    if (this.#lineSinceMs !== undefined) this.#lineSinceMs = now;
    this.#socket.resume();
  }

  /** Ends the connection where it has taken too long. Called now and then. */
  checkDeadlines(nowMs: number): void {
    const { authTimeoutMs, lineTimeoutMs, idleTimeoutMs, token } = this.#shared.options;
    if (this.#isPaused || this.#ending !== 'open') return;
    // Who waits for a commit is not idle.
    const isIdle = !this.hasLines() && this.#underWay === 0;
    if (this.#first !== undefined && token !== undefined && nowMs - this.#openedMs > authTimeoutMs) {
      this.refuse('no token came in time', false);
    } else if (this.#lineSinceMs !== undefined && nowMs - this.#lineSinceMs > lineTimeoutMs) {
      this.refuse('a line took too long to end', true);
    } else if (isIdle && idleTimeoutMs > 0 && nowMs - this.#heardMs > idleTimeoutMs) {
      this.refuse('nothing came for too long', true);
    }
  }

  /** Reads no more; what has come as whole lines is still taken and answered. */
  drain(): void {
    if (this.#ending !== 'open') return;
    this.#ending = 'draining';
    this.#socket.pause();
    this.#lines.dropPartial();
    this.#account();
    this.#endIfDone();
  }

  /** Says why, and whether to come again may help, and ends the connection; what has come as whole lines is still taken. */
  refuse(reason: string, retry: boolean): void {
    if (this.#ending !== 'open') return;
    this.#answers.refuse(reason, retry);
    this.drain();
  }

  /** Ends the connection at once. What was taken stays; where lines are numbered, what was not will come again. */
  cutOff(): void {
    if (this.#ending !== 'ended') this.#giveUp();
    this.#socket.destroy();
  }

  /** Gives its place to another connection for the same producer. */
  giveWay(): void {
    this.#answers.refuse('another connection has come for this producer', false);
    this.#giveUp();
    this.#endSoon();
  }

  #giveUp(): void {
    this.#close();
    if (this.producer !== undefined) {
      // Left to the connection that comes next, which will send it again.
      this.#lines.dropWhole();
      this.#shared.inbox.forget(this);
    }
    this.#lines.dropPartial();
    this.#account();
  }

  get #hasRoom(): boolean {
    const { options, held } = this.#shared;
    return this.#lines.wholeBytes < options.connectionBytesMax && held.bytes < options.bufferBytesMax;
  }

  #receive(bytes: Buffer): void {
    if (this.#ending !== 'open') return;
    this.#heardMs = performance.now();
    const rest = this.#first === undefined ? bytes : this.#greet(this.#first, bytes);
    if (rest === undefined) return;
    const before = this.#lines.wholeBytes;
    this.#lines.add(rest);
    // What is left behind the end of a line is another one, which has its own time.
    if (this.#lines.wholeBytes > before) this.#lineSinceMs = undefined;
    this.#arrived();
  }

  #arrived(): void {
    if (this.#toSkip > 0) this.#toSkip -= this.#lines.skip(this.#toSkip);
    this.#lineSinceMs = this.#lines.partialBytes > 0 ? (this.#lineSinceMs ?? this.#heardMs) : undefined;
    this.#account();
    if (this.hasLines()) this.#shared.inbox.arrived(this);
    if (this.#hasRoom || this.#isPaused) return;
    this.#isPaused = true;
    this.#shared.paused.add(this);
    this.#socket.pause();
    this.#shared.onHeld();
  }

  /** Reads the first line as far as it has come; gives what stands behind it, or all of it where it is an event. */
  #greet(first: FirstLine, bytes: Buffer): Buffer | undefined {
    try {
      const read = first.add(bytes);
      if (read === undefined) {
        this.#lineSinceMs ??= this.#heardMs;
        return undefined;
      }
      this.#first = undefined;
      const { hello, rest } = read;
      if (hello !== undefined) this.#lineSinceMs = undefined;
      if (hello?.producer !== undefined) this.#beProducer(hello.producer, hello.next);
      return rest;
    } catch (error) {
      this.refuse((error as Error).message, false);
      return undefined;
    }
  }

  #beProducer(producer: string, next: number | undefined): void {
    const { inbox, byProducer, options } = this.#shared;
    if (!options.ack) throw new Error('a producer needs --ack');
    byProducer.get(producer)?.giveWay();
    const progress = inbox.enter(producer);
    if (progress === undefined) throw new Error(TOO_MANY_PRODUCERS);
    this.producer = producer;
    this.#progress = progress;
    byProducer.set(producer, this);
    const first = next ?? progress.committed + 1;
    if (first > progress.read + 1) {
      throw new Error(`line ${first} cannot come next: line ${progress.read + 1} has not come yet`);
    }
    this.#toSkip = progress.read + 1 - first;
    this.#answers.greet(producer, progress.committed, first);
  }

  #endOfInput(): void {
    if (this.#ending !== 'open') return;
    this.#heardMs = performance.now();
    if (this.#first?.isWhole === true) this.#receive(Buffer.from('\n'));
    // A producer whose last line has no end was cut off; anybody else may have forgotten the newline.
    if (this.producer === undefined && this.#ending === 'open') this.#lines.end();
    else if (this.producer !== undefined && isFarewell(this.#lines.partial(), this.producer))
      this.#shared.inbox.retire(this.producer);
    this.#arrived();
    this.drain();
  }

  /** Tells the sender what is committed. */
  #answer(): void {
    if (!this.#shared.options.ack || this.#ending === 'ended') return;
    this.#answers.tell(this.#progress?.committed ?? this.#committed);
  }

  #endIfDone(): void {
    if (this.#ending !== 'draining' || this.hasLines()) return;
    const isUnderWay = this.#progress ? this.#progress.read > this.#progress.committed : this.#underWay > 0;
    if (this.#shared.options.ack && isUnderWay) return;
    this.#close();
    this.#endSoon();
  }

  /** Ends what is told; a sender that does not end its side as well is not waited for. */
  #endSoon(): void {
    this.#answers.end();
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), CLOSE_MS).unref();
  }

  #close(): void {
    this.#ending = 'ended';
    const { byProducer, inbox, paused, onClosed } = this.#shared;
    paused.delete(this);
    if (this.producer !== undefined) {
      if (byProducer.get(this.producer) === this) byProducer.delete(this.producer);
      inbox.leave(this.producer);
    }
    onClosed(this);
  }

  /** Keeps the sums of what waits in all connections. */
  #account(): void {
    const { held, onHeld } = this.#shared;
    const { wholeBytes, partialBytes } = this.#lines;
    const added = wholeBytes + partialBytes - this.#heldBytes;
    held.bytes += added;
    held.wholeBytes += wholeBytes - this.#heldWholeBytes;
    this.#heldBytes += added;
    this.#heldWholeBytes = wholeBytes;
    if (added >= 0) return;
    this.resume();
    onHeld();
  }
}
