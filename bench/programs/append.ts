import { fdatasyncSync, closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { MiB } from '../../src/base/limits.ts';
import { countLines } from '../../src/base/line-bytes.ts';
import { realDisk } from '../../src/store/disk.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';

/**
 * Appends the lines of a file, which is in memory before the clock starts, and makes them durable at intervals:
 *
 *     append.js plain INPUT FILE MS     with write and fdatasync, and nothing else
 *     append.js log   INPUT STORE MS    to a topic, with a commit each time
 *
 * Prints the seconds that it took until all was durable, and how often it was made so.
 */

const CHUNK_BYTES = 1 * MiB;
const NEWLINE = 0x0a;

interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly events: number;
}

const [mode, input, target, intervalText] = process.argv.slice(2) as [string, string, string, string];
const intervalMs = Number(intervalText);
const bytes = readFileSync(input);
const chunks = chunksOf(bytes);
const startedMs = performance.now();
const syncs = mode === 'plain' ? appendPlain(target) : await appendToLog(target);
const seconds = (performance.now() - startedMs) / 1000;
console.log(JSON.stringify({ seconds, syncs }));

function chunksOf(all: Uint8Array): Chunk[] {
  const found: Chunk[] = [];
  for (let start = 0; start < all.length; ) {
    const end = all.indexOf(NEWLINE, Math.min(all.length - 1, start + CHUNK_BYTES)) + 1;
    found.push({ start, end, events: countLines(all.subarray(start, end)) });
    start = end;
  }
  return found;
}

function appendPlain(path: string): number {
  const fd = openSync(path, 'w');
  let count = 0;
  let lastMs = performance.now();
  for (const { start, end } of chunks) {
    for (let at = start; at < end; ) at += writeSync(fd, bytes, at, end - at);
    if (performance.now() - lastMs < intervalMs) continue;
    fdatasyncSync(fd);
    count++;
    lastMs = performance.now();
  }
  fdatasyncSync(fd);
  closeSync(fd);
  return count + 1;
}

async function appendToLog(store: string): Promise<number> {
  const options = { job: 'bench', topics: ['bench'], fresh: false, segmentBytesMax: 128 * MiB, sync: true };
  const log = await JobLog.open(realDisk, store, options);
  const topic = log.topic('bench');
  let count = 0;
  let lastMs = performance.now();
  let committing: Promise<void> | undefined;
  const commit = (): void => {
    count++;
    committing = log.commit(Promise.resolve({}), EMPTY_ACCOUNT).finally(() => {
      committing = undefined;
      lastMs = performance.now();
    });
  };
  for (const { start, end, events } of chunks) {
    topic.append(bytes, start, end);
    topic.endChunk(events);
    if (topic.full) await topic.written;
    if (committing === undefined && performance.now() - lastMs >= intervalMs) commit();
  }
  await committing;
  commit();
  await committing;
  await log.close();
  return count;
}
