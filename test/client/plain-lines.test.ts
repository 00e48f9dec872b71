import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { PlainLines } from '../../src/client/plain-lines.ts';
import { parseAddress } from '../../src/source/listening.ts';

/** Lines to somebody who reads, or does not, while they are to end. */

/** More than lies between two sockets of one machine. */
const MUCH = Buffer.alloc(64 * 1024 * 1024, '{"n":1}\n');

const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** Connects to somebody who reads nothing yet; gives that side as well. */
async function connected(
  stopped: AbortSignal,
): Promise<{ readonly lines: PlainLines; readonly peer: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const { port } = server.address() as { port: number };
  const lines = await PlainLines.connect(parseAddress(`tcp://127.0.0.1:${port}`), {
    token: undefined,
    tls: {},
    retryMs: 1000,
    stopped,
  });
  const [peer] = (await accepted) as [Socket];
  sockets.push(peer);
  return { lines, peer };
}

describe('lines to a socket', () => {
  test('are given up when they are to end and the other side does not read', async () => {
    const stop = new AbortController();
    const { lines } = await connected(stop.signal);
    const written = lines.write(MUCH);
    stop.abort();
    await expect(written).rejects.toMatchObject({
      code: 'MILLRACE_SEND',
      message: expect.stringContaining('it has not taken what was sent last') as string,
    });
  });

  test('are given up as well where they were to end before', async () => {
    const stop = new AbortController();
    const { lines } = await connected(stop.signal);
    stop.abort();
    await expect(lines.write(MUCH)).rejects.toMatchObject({ code: 'MILLRACE_SEND' });
    await expect(lines.end()).rejects.toMatchObject({ code: 'MILLRACE_SEND' });
  });

  test('arrive whole when they are to end and the other side reads', async () => {
    const stop = new AbortController();
    const { lines, peer } = await connected(stop.signal);
    let bytes = 0;
    peer.on('data', piece => (bytes += piece.length));
    const closed = once(peer, 'end');
    const written = lines.write(MUCH.subarray(0, 8 * 1024 * 1024));
    stop.abort();
    await written;
    await lines.end();
    await closed;
    expect(bytes).toBe(8 * 1024 * 1024);
  });

  test('are not waited for where nobody answers while they are to end', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    const stop = new AbortController();
    const address = parseAddress(`tcp://127.0.0.1:${port}`);
    const options = { token: undefined, tls: {}, retryMs: 1e9, stopped: stop.signal };
    const connecting = PlainLines.connect(address, options);
    stop.abort();
    await expect(connecting).rejects.toMatchObject({
      code: 'MILLRACE_SEND',
      message: expect.stringContaining('it was to end') as string,
    });
  });
});
