import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from '../crash/kill-events.mjs';
import { freePort } from './free-port.mjs';
import { Producer } from './soak-producer.mjs';
import { Server } from './soak-server.mjs';

/**
 * Many producers that come, send, stall and vanish at random, while the server is killed again and again: in the end every
 * event is in the topic exactly once, those of a producer in their order, and nothing that was acknowledged is missing.
 *
 * Plain JavaScript, because the script that does this for long runs it without a build of its own.
 */

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
