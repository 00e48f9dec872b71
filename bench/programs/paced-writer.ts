import { MiB } from '../../src/base/limits.ts';
import { realDisk } from '../../src/store/disk.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';

/**
 * Commits a hundred events twenty times a second: paced-writer.js STORE SECONDS. Prints how long each commit took, in
 * milliseconds, and the processor time of the process in seconds.
 */

const EVERY_MS = 50;
const EVENTS = 100;

const [store, seconds] = process.argv.slice(2) as [string, string];
const options = { job: 'bench', topics: ['bench'], fresh: false, segmentBytesMax: 1 * MiB, sync: true };
const log = await JobLog.open(realDisk, store, options);
const topic = log.topic('bench');
await log.createTopic('bench');
console.error('open');
const tookMs: number[] = [];
const untilMs = performance.now() + Number(seconds) * 1000;
while (performance.now() < untilMs) {
  const startedMs = performance.now();
  const line = `${JSON.stringify({ at: Date.now(), text: 'x'.repeat(200) })}\n`;
  const bytes = Buffer.from(line.repeat(EVENTS));
  topic.append(bytes, 0, bytes.length);
  topic.endChunk(EVENTS);
  await log.commit(Promise.resolve({}), EMPTY_ACCOUNT);
  tookMs.push(performance.now() - startedMs);
  await new Promise(resolve => setTimeout(resolve, startedMs + EVERY_MS - performance.now()));
}
await log.close();
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ tookMs, cpuSeconds: (user + system) / 1e6 }));
