import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeSync, fdatasyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { BenchOptions } from './options.ts';
import { formatTable } from './table.ts';
import { ROOT, type Workspace } from './workspace.ts';

/**
 * From the sending of an event over TCP to its acknowledgement, at a tenth and at a half of the top rate, beside the cost of
 * two fdatasyncs on the same disk; and the memory of the server when a sender is faster than the handler.
 */

const SECONDS = 5;
const WARM_UP_SECONDS = 1;
const TICK_MS = 2;
const SYNCS = 300;
/** Lines that may be sent and not acknowledged when the top rate is looked for. */
const AHEAD = 100_000;
const HANDLER = 'export default event => ({ ...event, slow: event.latency_ms > 200 });\n';
const SLOW_HANDLER = `export default event => {
  const until = performance.now() + 0.5;
  while (performance.now() < until);
  return event;
};
`;

export interface AckRow {
  readonly name: string;
  readonly rate: number | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface AckResult {
  readonly topRate: number;
  readonly rows: readonly AckRow[];
  /** Peak memory of the server: without a sender, and with one that is faster than the handler. */
  readonly idlePeakBytes: number;
  readonly slowPeakBytes: number;
  readonly slowSentBytes: number;
}

export async function benchAck(options: BenchOptions, workspace: Workspace): Promise<readonly AckResult[]> {
  const syncs = measureSyncs(workspace);
  const topRate = await withServer(HANDLER, options, workspace, server => findTopRate(server));
  const rows: AckRow[] = [{ name: 'two fdatasyncs', rate: undefined, ...percentiles(syncs) }];
  for (const [name, share] of [
    ['a tenth of the top rate', 0.1],
    ['half of the top rate', 0.5],
  ] as const) {
    const rate = topRate * share;
    const latencies = await withServer(HANDLER, options, workspace, server => pace(server, rate));
    rows.push({ name, rate, ...percentiles(latencies) });
  }
  const idlePeakBytes = await withServer(SLOW_HANDLER, options, workspace, server => server.peakBytes());
  const slow = await withServer(SLOW_HANDLER, options, workspace, flood);
  const result = { topRate, rows, idlePeakBytes, ...slow };
  console.log(report(result));
  return [result];
}

/** A server that listens, and a connection to it. */
interface Server {
  readonly socket: Socket;
  /** Told up to which line all is committed. */
  onCommitted: (committed: number) => void;
  readonly peakBytes: () => number;
}

async function withServer<T>(
  handler: string,
  { node }: BenchOptions,
  workspace: Workspace,
  body: (server: Server) => Promise<T> | T,
): Promise<T> {
  workspace.sweep();
  const path = workspace.path('ack-handler.js');
  writeFileSync(path, handler);
  const args = ['run', path, 'tcp://127.0.0.1:0', '--ack', '--store', workspace.attemptPath('store')];
  const child = spawn(node, [`${ROOT}dist/bin/millrace.js`, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: workspace.cache },
  });
  const ended = once(child, 'close');
  try {
    const socket = connect(await portOf(child), '127.0.0.1').setNoDelay(true);
    const server: Server = {
      socket,
      onCommitted: () => undefined,
      peakBytes: () =>
        1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1]),
    };
    let text = '';
    socket.setEncoding('utf8').on('data', piece => {
      const answers = (text + String(piece)).split('\n');
      text = answers.pop()!;
      const last = answers.at(-1);
      if (last !== undefined) server.onCommitted((JSON.parse(last) as { committed: number }).committed);
    });
    await once(socket, 'connect');
    const result = await body(server);
    socket.destroy();
    return result;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

function portOf(child: ChildProcess): Promise<number> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr!.on('data', bytes => {
      said += String(bytes);
      const port = /listening on \S+:(\d+)\n/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('close', () => reject(new Error(`the server has ended: ${said}`)));
  });
}

/** An event as an access log has them, of about 250 bytes. */
function line(n: number): string {
  return `{"n":${n},"ts":"2026-01-01T00:00:00.000Z","client":{"ip":"10.0.${n % 256}.1"},"method":"GET","path":"/items/${n}","status":${n % 50 === 0 ? 500 : 200},"latency_ms":${n % 400},"agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","referer":"https://example.org/"}\n`;
}

function lines(from: number, count: number): string {
  let text = '';
  for (let n = from; n < from + count; n++) text += line(n);
  return text;
}

/** Acknowledged events a second where as much is sent as is taken. */
async function findTopRate(server: Server): Promise<number> {
  const block = lines(0, 1000);
  let [sent, committed] = [0, 0];
  const marks: [ms: number, committed: number][] = [];
  const changes = new EventEmitter();
  server.onCommitted = value => {
    committed = value;
    marks.push([performance.now(), value]);
    changes.emit('change');
  };
  const endMs = performance.now() + (WARM_UP_SECONDS + SECONDS) * 1000;
  while (performance.now() < endMs) {
    if (sent - committed > AHEAD) {
      await once(changes, 'change');
      continue;
    }
    sent += 1000;
    if (!server.socket.write(block)) await once(server.socket, 'drain');
  }
  const firstMs = endMs - SECONDS * 1000;
  const counted = marks.filter(([ms]) => ms >= firstMs);
  const [first, last] = [counted[0]!, counted.at(-1)!];
  return ((last[1] - first[1]) / (last[0] - first[0])) * 1000;
}

/** Sends evenly at `rate` events a second; gives the milliseconds to the acknowledgement of each group of them. */
async function pace(server: Server, rate: number): Promise<number[]> {
  const waiting: { readonly last: number; readonly sentMs: number }[] = [];
  const latencies: number[] = [];
  const startMs = performance.now();
  server.onCommitted = committed => {
    const now = performance.now();
    while (waiting.length > 0 && waiting[0]!.last <= committed) {
      const { sentMs } = waiting.shift()!;
      if (sentMs - startMs > WARM_UP_SECONDS * 1000) latencies.push(now - sentMs);
    }
  };
  let sent = 0;
  while (performance.now() - startMs < (WARM_UP_SECONDS + SECONDS) * 1000) {
    const due = Math.floor(((performance.now() - startMs) / 1000) * rate);
    if (due > sent) {
      const text = lines(sent, due - sent);
      sent = due;
      // From here on; making the events is the sender's own affair.
      waiting.push({ last: sent, sentMs: performance.now() });
      server.socket.write(text);
    }
    await new Promise(resolve => {
      setTimeout(resolve, TICK_MS);
    });
  }
  while (waiting.length > 0) {
    await new Promise(resolve => {
      setTimeout(resolve, TICK_MS);
    });
  }
  return latencies;
}

/** Sends as fast as the system takes it to a handler that is slow. */
async function flood(server: Server): Promise<{ slowPeakBytes: number; slowSentBytes: number }> {
  const block = Buffer.from(lines(0, 1000));
  let slowSentBytes = 0;
  const endMs = performance.now() + 2 * SECONDS * 1000;
  while (performance.now() < endMs) {
    slowSentBytes += block.length;
    if (server.socket.write(block)) continue;
    await Promise.race([
      once(server.socket, 'drain'),
      new Promise(resolve => {
        setTimeout(resolve, Math.max(0, endMs - performance.now()));
      }),
    ]);
  }
  return { slowPeakBytes: server.peakBytes(), slowSentBytes };
}

/** Milliseconds of a write and its fdatasync, twice one after the other. */
function measureSyncs(workspace: Workspace): number[] {
  const fd = openSync(workspace.path('syncs'), 'a');
  const bytes = Buffer.alloc(250, 'x');
  const times: number[] = [];
  for (let round = 0; round < SYNCS; round++) {
    const before = performance.now();
    for (let sync = 0; sync < 2; sync++) {
      writeSync(fd, bytes);
      fdatasyncSync(fd);
    }
    times.push(performance.now() - before);
  }
  closeSync(fd);
  return times;
}

function percentiles(values: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

function report({ topRate, rows, idlePeakBytes, slowPeakBytes, slowSentBytes }: AckResult): string {
  const cells = rows.map(({ name, rate, p50Ms, p99Ms }) => [
    name,
    rate === undefined ? '' : rate.toFixed(0),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
  ]);
  return [
    formatTable(['from send to acknowledgement', 'events/s', 'p50 ms', 'p99 ms'], cells),
    `\ntop rate ${topRate.toFixed(0)} acknowledged events a second, one connection`,
    `a handler of 0.5 ms and a sender that never pauses: ${megabytes(slowSentBytes)} taken from it, peak memory ` +
      `${megabytes(slowPeakBytes)} (${megabytes(idlePeakBytes)} before anything is sent)`,
  ].join('\n');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
