import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port on which a server can be killed and started again, without anybody taking it meanwhile: it is none of those that
 * systems give to whoever asks for any.
 */

const FIRST = 15_000;
const COUNT = 15_000;
const TRIES = 100;

/** @returns {Promise<number>} */
export async function freePort() {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error(`no port from ${FIRST} on is free`);
}
