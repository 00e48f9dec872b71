import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));
const HANDLER = 'export default event => event;\n';

/** How often the memory of the server is looked at. */
const WATCH_MS = 100;

/** The server under test, in a directory of its own, and what is known of all its lives. */
export class Server {
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
