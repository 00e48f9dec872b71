import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';

/**
 * Publishes the lines of a file into a JetStream stream on disk, with acknowledgement of each, as many on the way as the window
 * has; the server syncs at the interval, or where that is 0 at its own, which is two minutes.
 *
 *     append-jetstream.js INPUT DIRECTORY MS
 *
 * It speaks the protocol itself (PUB with a reply subject; what comes there is the acknowledgement), so no client's library is
 * measured with it. Prints the seconds until the last acknowledgement.
 */

const WINDOW = 4000;
const BATCH = 500;
const NEWLINE = 0x0a;

const [input, directory, intervalMs] = process.argv.slice(2) as [string, string, string];
const events = linesOf(readFileSync(input));
const port = await freePort();
mkdirSync(directory, { recursive: true });
const config = join(directory, 'nats.conf');
const sync = intervalMs === '0' ? '' : `, sync_interval: "${intervalMs}ms"`;
const stream = `jetstream { store_dir: "${directory}", max_file_store: 100GB${sync} }`;
writeFileSync(config, `listen: "127.0.0.1:${port}"\nmax_payload: 8MB\n${stream}\n`);
const server = spawn('nats-server', ['-c', config], { stdio: 'ignore' });
try {
  const socket = await connected();
  const seconds = await publishAll(socket);
  console.log(JSON.stringify({ seconds, syncs: 0 }));
  socket.destroy();
} finally {
  server.kill('SIGKILL');
  await once(server, 'close');
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address() as AddressInfo;
  await new Promise(resolve => probe.close(resolve));
  return free;
}

async function connected(): Promise<Socket> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    try {
      await once(socket, 'connect');
      return socket;
    } catch {
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
  throw new Error('nats-server does not listen');
}

/** The stream made, then all events published; the clock runs from the first to the last acknowledgement. */
async function publishAll(socket: Socket): Promise<number> {
  const made = JSON.stringify({ name: 'BENCH', subjects: ['bench'], storage: 'file', num_replicas: 1 });
  socket.write('CONNECT {"verbose":false,"pedantic":false}\r\nSUB ack.> 1\r\nSUB made 2\r\n');
  socket.write(`PUB $JS.API.STREAM.CREATE.BENCH made ${Buffer.byteLength(made)}\r\n${made}\r\n`);
  let acknowledged = -1;
  let sent = 0;
  let startedMs = 0;
  let rest = '';
  return new Promise((resolve, reject) => {
    const send = (): void => {
      while (sent < events.length && sent - acknowledged < WINDOW) {
        const pieces: Buffer[] = [];
        for (const end = Math.min(events.length, sent + BATCH); sent < end; sent++) {
          const event = events[sent]!;
          pieces.push(Buffer.from(`PUB bench ack.${sent} ${event.length}\r\n`), event, Buffer.from('\r\n'));
        }
        socket.write(Buffer.concat(pieces));
      }
    };
    socket.on('error', reject).on('data', data => {
      const text = rest + data.toString('latin1');
      if (text.includes('PING\r\n')) socket.write('PONG\r\n');
      if (text.includes('"error"') || text.includes('-ERR')) reject(new Error(text.slice(0, 500)));
      const heads = text.match(/^MSG [^\n]*\r\n/gm)?.length ?? 0;
      rest = text.slice(text.lastIndexOf('\n') + 1);
      acknowledged += heads;
      if (startedMs === 0 && heads > 0) startedMs = performance.now();
      if (acknowledged >= events.length) resolve((performance.now() - startedMs) / 1000);
      else if (startedMs > 0) send();
    });
  });
}
