import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { dial, Listener } from '../sockets/listener.ts';
import { readTrace, type Shim, shimEnv } from './shim.ts';
import { checkOrder, type Order } from './trace-order.ts';

/** A real server with a disk whose syncs take long: what it tells its senders, when, and how much memory that takes. */

export interface SlowReport extends Order {
  readonly lines: number;
  /** Most memory that the process has had, in bytes. */
  readonly peakBytes: number;
}

/** Segments are rolled, compressed and given up meanwhile. */
const KEPT = 2000;
const ARGS = ['--ack', '--segment-size', '64KiB', '--compress', 'gzip', '--retain', `${KEPT} events`];

export async function acknowledgeSlowly(options: {
  readonly shim: Shim;
  readonly syncMs: number;
  readonly senders: number;
  /** Of each sender. */
  readonly lines: number;
  readonly lineBytes: number;
}): Promise<SlowReport> {
  const { shim, syncMs, senders, lines, lineBytes } = options;
  const listener = new Listener();
  try {
    const trace = listener.path('trace');
    // As it is named, so its paths are in the calls.
    const below = listener.path('.millrace');
    await listener.start(['tcp://127.0.0.1:0', 'http://127.0.0.1:0'], {
      sync: true,
      args: [...ARGS, '--max-per-address', '64'],
      env: { MILLRACE_STORE: below, ...shimEnv(shim, { below, trace, syncMs }) },
    });
    const [tcp, http] = listener.addresses as [string, string];
    const sending = Array.from({ length: senders }, (_, at) => sendLines(tcp, `tcp-${at}`, lines, lineBytes));
    await Promise.all([...sending, postLines(http, 'http', lines, lineBytes)]);
    const peakBytes = listener.peakBytes();
    assert.equal(await listener.stop(), 143);
    const left = (await listener.lines()).length;
    assert.ok(left >= Math.min(KEPT, (senders + 1) * lines), `${left} events are left`);
    return { ...checkOrder(readTrace(trace)), lines: (senders + 1) * lines, peakBytes };
  } finally {
    await listener.close();
  }
}

/** The lines of one sender, in pieces. */
function* piecesOf(name: string, lines: number, lineBytes: number): Generator<string, void, void> {
  const text = 'x'.repeat(lineBytes);
  for (let at = 0; at < lines; at += LINES_PER_PIECE) {
    const count = Math.min(LINES_PER_PIECE, lines - at);
    yield Array.from(
      { length: count },
      (_, index) => `${JSON.stringify({ name, n: at + index, text })}\n`,
    ).join('');
  }
}

const LINES_PER_PIECE = 100;

/** Sends lines over a connection; resolves when the last is acknowledged. */
async function sendLines(address: string, name: string, lines: number, lineBytes: number): Promise<void> {
  const socket = dial(address);
  const told = new Promise<void>((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8').on('data', piece => {
      text += String(piece);
      if (text.includes(`"committed":${lines}}`)) resolve();
    });
    socket.once('close', () => reject(new Error(`${name} was told: ${text}`)));
  });
  told.catch(() => undefined);
  socket.on('error', () => undefined).write(`{"producer":"${name}"}\n`);
  for (const piece of piecesOf(name, lines, lineBytes))
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), told]);
  await told;
  socket.removeAllListeners('close').end();
}

/** The same by requests, one after the other. */
async function postLines(address: string, name: string, lines: number, lineBytes: number): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  for (const piece of piecesOf(name, lines, lineBytes)) {
    const sent = request(address, { method: 'POST', agent, headers: { 'Millrace-Producer': name } });
    sent.end(piece);
    const [answer] = await once(sent, 'response');
    let text = '';
    for await (const bytes of answer) text += String(bytes);
    assert.equal(answer.statusCode, 200, text);
  }
  agent.destroy();
}
