import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { finished } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import ndjson from 'ndjson';
import { Piscina } from 'piscina';

/**
 * The program that a person would write first: ndjson makes objects, each is a task for a pool of as many threads as
 * cores, and the results are written in order. It keeps its memory bounded and does without state, keys and a log.
 */

/** Tasks under way or waiting. More bring nothing, fewer leave the threads waiting for the main thread. */
const IN_FLIGHT_MAX = 256;

const [inputPath, handlerPath, outputPath] = process.argv.slice(2) as [string, string, string];
const threads = availableParallelism();
const filename = pathToFileURL(handlerPath).href;
const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads });
const output = createWriteStream(outputPath);
const inFlight: Promise<unknown>[] = [];
let events = 0;

for await (const event of createReadStream(inputPath).pipe(ndjson.parse())) {
  inFlight.push(pool.run(event));
  if (inFlight.length >= IN_FLIGHT_MAX) await writeFirst();
}
while (inFlight.length > 0) await writeFirst();
output.end();
await finished(output);
await pool.close();
console.log(JSON.stringify({ events, kept: events }));

async function writeFirst(): Promise<void> {
  const event = await inFlight.shift();
  events++;
  if (!output.write(`${JSON.stringify(event)}\n`)) await once(output, 'drain');
}
