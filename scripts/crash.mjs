import { parseArgs } from 'node:util';
import { runKillCycles } from '../test/crash/kill-cycles.mjs';

/**
 * Kills the real program many times and compares what is left: `npm run build && node scripts/crash.mjs --cycles 200
 * --seed 1`. The last line is the report; the exit status is 1 where anything was not as it must be.
 */

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    events: { type: 'string', default: '100000' },
  },
});
const [cycles, seed, events] = [Number(values.cycles), Number(values.seed), Number(values.events)];

const startedMs = performance.now();
const report = await runKillCycles({
  cycles,
  seed,
  events,
  onCycle({ cycles: done, mismatches }) {
    if (done % 20 === 0) process.stderr.write(`${done} cycles, mismatches: ${mismatches.length}\n`);
  },
});
const seconds = Math.round((performance.now() - startedMs) / 1000);
for (const mismatch of report.mismatches) console.log(mismatch);
console.log(
  `cycles: ${report.cycles}, killed while running: ${report.killed} (after a commit: ${report.killedAfterCommit}), ` +
    `compared: ${report.ends}, commits: ${report.commits}, mismatches: ${report.mismatches.length}, ` +
    `seed: ${seed}, seconds: ${seconds}`,
);
process.exitCode = report.mismatches.length === 0 ? 0 : 1;
