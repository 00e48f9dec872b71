import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { randomOf } from '../crash/kill-events.mjs';
import { freePort } from './free-port.mjs';

/**
 * Many producers that come, send, stall and vanish at random, while the server is killed again and again: in the end every
 * event is in the topic exactly once, those of a producer in their order, and nothing that was acknowledged is missing.
 *
 * Plain JavaScript, because the script that does this for long runs it without a build of its own.
 */

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));
const HANDLER = 'export default event => event;\n';

/** Lines of a producer that may be sent and not acknowledged. */
const AHEAD_MAX = 300;

/** How often the memory of the server is looked at. */
const WATCH_MS = 100;

/** Between two tries to connect. */
const AGAIN_MS = 50;

/** The server under test, in a directory of its own, and what is known of all its lives. */
class Server {
  /** @type {number[]} Peak of the memory in each life, in bytes. */
  peaks = [];
  /** @type {{ seconds: number, bytes: number }[]} */
  readings = [];
  said = '';

  /**
   * @param {number} port
   * @param {number} connections
   */
  constructor(port, connections) {
    this.port = port;
    this.connections = connections;
    this.directory = mkdtempSync(join(tmpdir(), 'millrace-soak-'));
    this.startedMs = performance.now();
    writeFileSync(join(this.directory, 'mill.mjs'), HANDLER);
  }

  /** @param {string[]} args */
  spawn(args) {
    if (!existsSync(PROGRAM)) throw new Error(`"${PROGRAM}" is not there: run "npm run build" first`);
    const env = { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: join(this.directory, 'cache') };
    return spawn(process.execPath, [PROGRAM, ...args], {
      cwd: this.directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Resolves when it listens. */
  async start() {
    const most = String(this.connections * 2);
    const limits = ['--max-connections', most, '--max-per-address', most, '--workers', '2'];
    const address = `tcp://127.0.0.1:${this.port}`;
    const child = this.spawn(['run', 'mill.mjs', address, '--ack', '--to', 'topic', ...limits]);
    this.child = child;
    this.ended = once(child, 'close');
    this.peaks.push(0);
    const watch = setInterval(() => this.read(), WATCH_MS);
    void this.ended.then(() => clearInterval(watch));
    await new Promise((resolve, reject) => {
      child.stderr?.on('data', bytes => {
        this.said += String(bytes);
        if (String(bytes).includes('listening on')) resolve(undefined);
      });
      child.once('close', () => reject(new Error(`the server has ended: ${this.said}`)));
    });
  }

  read() {
    let status = '';
    try {
      status = readFileSync(`/proc/${this.child?.pid}/status`, 'latin1');
    } catch {
      return;
    }
    const bytesOf = (/** @type {RegExp} */ row) => Number(row.exec(status)?.[1] ?? 0) * 1024;
    const peak = bytesOf(/^VmHWM:\s+(\d+)/m);
    if (peak > 0) this.peaks[this.peaks.length - 1] = peak;
    const bytes = bytesOf(/^VmRSS:\s+(\d+)/m);
    if (bytes > 0) this.readings.push({ seconds: (performance.now() - this.startedMs) / 1000, bytes });
  }

  /** @param {NodeJS.Signals} signal */
  async stop(signal) {
    this.child?.kill(signal);
    await this.ended;
    return this.child?.exitCode;
  }

  /** The highest that the memory was in each of `parts` equal parts of the time, in bytes. */
  overTime(parts = 10) {
    const last = this.readings.at(-1)?.seconds ?? 0;
    const highest = Array.from({ length: parts }, () => 0);
    for (const { seconds, bytes } of this.readings) {
      const part = Math.min(parts - 1, Math.floor((seconds / last) * parts));
      highest[part] = Math.max(highest[part] ?? 0, bytes);
    }
    return highest;
  }
}

/** One producer, which knows what it has been told. */
class Producer {
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

/**
 * What is wrong in the topic.
 * @param {Server} server
 * @param {readonly Producer[]} producers
 */
async function compare(server, producers) {
  const wrong = [];
  const last = new Map(producers.map(({ name }) => [name, 0]));
  let events = 0;
  const child = server.spawn(['cat', 'topic']);
  for await (const line of createInterface({
    input: /** @type {import('node:stream').Readable} */ (child.stdout),
  })) {
    const { p, n } = JSON.parse(line);
    events++;
    if (n !== (last.get(p) ?? Number.NaN) + 1) wrong.push(`${p}: ${n} after ${last.get(p)}`);
    last.set(p, n);
  }
  for (const { name, acknowledged, sent } of producers) {
    const found = last.get(name) ?? 0;
    if (found !== sent || found < acknowledged) {
      wrong.push(`${name}: ${found} events, ${sent} sent, ${acknowledged} acknowledged`);
    }
  }
  return { events, wrong };
}

/**
 * @param {{ connections: number, seconds: number, kills: number, seed: number }} options
 */
export async function runSoak({ connections, seconds, kills, seed }) {
  const random = randomOf(seed);
  const port = await freePort();
  const server = new Server(port, connections);
  try {
    await server.start();
    let isOver = false;
    const producers = Array.from(
      { length: connections },
      (_, index) => new Producer(`p${index}`, port, randomOf(seed * 100_003 + index)),
    );
    const lives = producers.map(producer => producer.live(() => isOver));
    for (let kill = 0; kill <= kills; kill++) {
      // About as long as the others, but never the same.
      await sleep((seconds * 1000 * (0.5 + random())) / (kills + 1));
      if (kill === kills) break;
      await server.stop('SIGKILL');
      await server.start();
    }
    isOver = true;
    await Promise.all(lives);
    await Promise.all(producers.map(producer => producer.finish()));
    const status = await server.stop('SIGTERM');
    const { events, wrong } = await compare(server, producers);
    if (status !== 143) wrong.push(`the server has ended with ${status}: ${server.said}`);
    return {
      events,
      visits: producers.reduce((sum, producer) => sum + producer.connections, 0),
      restarts: kills,
      mismatches: [...wrong, ...producers.flatMap(producer => producer.wrong)],
      peakBytes: server.peaks,
      overTimeBytes: server.overTime(),
    };
  } finally {
    await server.stop('SIGKILL');
    rmSync(server.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
