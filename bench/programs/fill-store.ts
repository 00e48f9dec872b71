import { readFileSync } from 'node:fs';
import { MiB } from '../../src/base/limits.ts';
import { countLines } from '../../src/base/line-bytes.ts';
import { realDisk } from '../../src/store/disk.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';

/**
 * Fills a topic with the same events again and again, until it has so many millions of bytes; says "full", and goes on until it
 * is killed:
 *
 *     fill-store.js INPUT STORE MB
 */

const COMMIT_BYTES = 64 * MiB;

const [input, store, mb] = process.argv.slice(2) as [string, string, string];
const all = readFileSync(input);
const piece = all.subarray(0, all.lastIndexOf(0x0a, MiB) + 1);
const events = countLines(piece);
const options = { job: 'bench', topics: ['bench'], fresh: false, segmentBytesMax: 128 * MiB, sync: true };
const log = await JobLog.open(realDisk, store, options);
const topic = log.topic('bench');
let told = false;
for (let total = 0, uncommitted = 0; ; total += piece.length) {
  topic.append(piece, 0, piece.length);
  topic.endChunk(events);
  if (topic.full) await topic.written;
  uncommitted += piece.length;
  // Half-way between two commits: whoever kills it then leaves something to cut off.
  if (!told && total >= Number(mb) * 1e6 && uncommitted >= COMMIT_BYTES / 2) {
    console.log('full');
    told = true;
  }
  if (uncommitted < COMMIT_BYTES) continue;
  uncommitted = 0;
  await log.commit(Promise.resolve({}), EMPTY_ACCOUNT);
}
