import { MiB } from '../../src/base/limits.ts';
import { realDisk } from '../../src/store/disk.ts';
import { JobLog } from '../../src/store/job-log.ts';

/** Opens a job to write, with whatever recovery there is to do, and prints how long that took: open-store.js STORE. */

const startedMs = performance.now();
const options = { job: 'bench', topics: ['bench'], fresh: false, segmentBytesMax: 128 * MiB, sync: true };
const log = await JobLog.open(realDisk, process.argv[2]!, options);
const seconds = (performance.now() - startedMs) / 1000;
const cut = log.cuts.reduce((sum, { bytes }) => sum + bytes, 0);
console.log(JSON.stringify({ seconds, cut }));
await log.close();
