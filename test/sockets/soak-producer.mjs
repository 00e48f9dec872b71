import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Lines of a producer that may be sent and not acknowledged. */
const AHEAD_MAX = 300;

/** Between two tries to connect. */
const AGAIN_MS = 50;

/** One producer, which knows what it has been told. */
export class Producer {
  /** The number of the last line that was ever sent, and of the last that was acknowledged. */
  sent = 0;
  acknowledged = 0;
  connections = 0;
  /** @type {string[]} */
  wrong = [];

  /**
   * @param {string} name
   * @param {number} port
   * @param {() => number} random
   */
  constructor(name, port, random) {
    this.name = name;
    this.port = port;
    this.random = random;
  }

  /** @param {number} bound */
  below(bound) {
    return Math.floor(this.random() * bound);
  }

  /** @param {number} n */
  line(n) {
    return `${JSON.stringify({ p: this.name, n, pad: 'x'.repeat((n * 37) % 150) })}\n`;
  }

  /**
   * Comes and goes until `isOver`.
   * @param {() => boolean} isOver
   */
  async live(isOver) {
    while (!isOver()) {
      await this.visit(isOver);
      await sleep(this.below(400));
    }
  }

  /** Sends what is left, politely, until all of it is acknowledged. */
  async finish() {
    while (this.acknowledged < this.sent) {
      await this.connection(async ({ socket, at }) => {
        let text = '';
        for (let n = at; n <= this.sent; n++) text += this.line(n);
        socket.end(text);
        await once(socket, 'close');
      });
      if (this.acknowledged < this.sent) await sleep(AGAIN_MS);
    }
  }

  /**
   * One connection, in one of the ways in which senders behave.
   * @param {() => boolean} isOver
   */
  async visit(isOver) {
    await this.connection(async ({ socket, at, isOpen }) => {
      const isDeaf = this.random() < 0.1;
      if (isDeaf) socket.pause();
      let next = at;
      for (let bursts = this.below(12); bursts > 0 && isOpen() && !isOver(); bursts--) {
        const lines = Math.min(this.below(60), this.acknowledged + AHEAD_MAX - next);
        let text = '';
        for (let line = 0; line < lines; line++) text += this.line(next++);
        this.sent = Math.max(this.sent, next - 1);
        const cut = this.random() < 0.3 ? this.below(text.length) : 0;
        socket.write(text.slice(0, cut));
        if (cut > 0) await sleep(this.below(50));
        socket.write(text.slice(cut));
        await sleep(this.random() < 0.1 ? this.below(2000) : this.below(100));
      }
      const ending = this.random();
      // Within a line, which has to come again.
      if (ending < 0.3) socket.write(this.line(next).slice(0, 5));
      if (ending < 0.5) socket.destroy();
      else if (ending < 0.6) socket.resetAndDestroy();
      else if (ending < 0.9) {
        socket.resume();
        socket.end();
        await Promise.race([once(socket, 'close').catch(() => undefined), sleep(1000)]);
      }
    });
  }

  /**
   * Connects, and calls `body` with the number of the line that comes next.
   * @param {(open: { socket: import('node:net').Socket, at: number, isOpen: () => boolean }) => Promise<void>} body
   */
  async connection(body) {
    const socket = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true });
    /** @type {(next: number | undefined) => void} */
    let greet;
    const greeted = new Promise(resolve => {
      greet = resolve;
    });
    let isFirst = true;
    onLines(socket, line => {
      const { committed, next, error, retry } = JSON.parse(line);
      if (error !== undefined && retry !== true) this.wrong.push(`${this.name} was told: ${error}`);
      if (committed === undefined) return;
      // What is told late, on a connection that was left, may be old; what greets is not.
      if (isFirst && committed < this.acknowledged) {
        this.wrong.push(`${this.name} was told ${committed} after ${this.acknowledged}`);
      }
      isFirst = false;
      this.acknowledged = Math.max(this.acknowledged, committed);
      greet(next);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => greet(undefined));
    socket.on('end', () => socket.end());
    socket.write(`${JSON.stringify({ producer: this.name })}\n`);
    const at = await greeted;
    if (at !== undefined) {
      this.connections++;
      await body({ socket, at, isOpen: () => socket.writable }).catch(() => undefined);
    }
    socket.destroy();
  }
}

/**
 * @param {import('node:net').Socket} socket
 * @param {(line: string) => void} hear
 */
function onLines(socket, hear) {
  let text = '';
  socket.setEncoding('utf8').on('data', piece => {
    const lines = (text + String(piece)).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) hear(line);
  });
}
