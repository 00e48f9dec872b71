import { parseArgs } from 'node:util';
import { runSoak } from '../test/sockets/soak-run.mjs';

/**
 * Many producers that come, send, stall and vanish, while the server is killed and started again: `npm run build && node
 * scripts/soak.mjs --connections 1000 --seconds 60 --kills 10 --seed 1`. The exit status is 1 where anything was not as it
 * must be.
 */

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});
const options = {
  connections: Number(values.connections),
  seconds: Number(values.seconds),
  kills: Number(values.kills),
  seed: Number(values.seed),
};
const startedMs = performance.now();
const report = await runSoak(options);
const seconds = Math.round((performance.now() - startedMs) / 1000);
const megabytes = (/** @type {readonly number[]} */ bytes) =>
  bytes.map(value => (value / 1e6).toFixed(0)).join(' ');
for (const mismatch of report.mismatches) console.log(mismatch);
console.log(`peak RSS of each life, MB: ${megabytes(report.peakBytes)}`);
console.log(`highest RSS in each tenth of the time, MB: ${megabytes(report.overTimeBytes)}`);
console.log(
  `connections: ${options.connections}, visits: ${report.visits}, events: ${report.events}, ` +
    `restarts after kill -9: ${report.restarts}, mismatches: ${report.mismatches.length}, ` +
    `seed: ${options.seed}, seconds: ${seconds}`,
);
process.exitCode = report.mismatches.length === 0 ? 0 : 1;
