import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * As many events at a time as millrace has with a concurrency of 64 in each worker, each of which waits ten milliseconds: a plain
 * program without order, results, threads, or a log.
 */

const AT_A_TIME = 64 * availableParallelism();
const WAIT_MS = 10;

const lines = createInterface({ input: createReadStream(process.argv[2]!) })[Symbol.asyncIterator]();
let events = 0;
await Promise.all(Array.from({ length: AT_A_TIME }, workThrough));
console.log(JSON.stringify({ events }));

async function workThrough(): Promise<void> {
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    JSON.parse(next.value);
    await sleep(WAIT_MS);
    events++;
  }
}
