import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * What does `millrace bench` cost the pipeline that it measures? The same handler over the same events, with and without all that
 * takes times in it (stopwatches at the stages, the timed disk and source, the watch of the event loop), by turns, each in a process
 * of its own. Tells the median of the ratios of pairs and its 95 % interval, by throughput and by the processor's time for an
 * event. Exits with 1 where the throughput is surely lower by more than 2 per cent, and says so where that cannot be told.
 *
 *     node scripts/bench-cost.mjs [--pairs 24] [--ms 1200] [--workers N]
 */

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '24' },
    ms: { type: 'string', default: '1200' },
    workers: { type: 'string', default: String(Math.max(1, availableParallelism() - 1)) },
  },
});
const COST_MAX = 0.02;
const [pairs, measureMs, workers] = [values.pairs, values.ms, values.workers].map(Number);
const program = fileURLToPath(new URL('../dist/bin/millrace.js', import.meta.url));
const child = fileURLToPath(new URL('../dist/src/bench/pipeline-child.js', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'millrace-cost-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const input = join(work, 'events.ndjson');
const handler = join(work, 'mark.mjs');
writeFileSync(
  input,
  execFileSync(process.execPath, [program, 'gen', 'access', '--bytes', '40MB'], { maxBuffer: 2 ** 28 }),
);
writeFileSync(handler, 'export default event => { event.slow = event.latency_ms > 200; return event; };\n');

const ratios = [];
const cpuRatios = [];
for (let pair = 0; pair < pairs; pair++) {
  const order = pair % 2 === 0 ? [true, false] : [false, true];
  const runs = new Map();
  for (const timed of order) runs.set(timed, await run(timed));
  const [timed, bare] = [runs.get(true), runs.get(false)];
  ratios.push(timed.events / timed.seconds / (bare.events / bare.seconds));
  cpuRatios.push(timed.cpuSeconds / timed.events / (bare.cpuSeconds / bare.events));
  if (process.stderr.isTTY) process.stderr.write(`\r${pair + 1} of ${pairs} pairs`);
  else if ((pair + 1) % 10 === 0) process.stderr.write(`${pair + 1} of ${pairs} pairs\n`);
}
if (process.stderr.isTTY) process.stderr.write('\n');
const throughput = middle(ratios);
const cpu = middle(cpuRatios);
console.log(`throughput with times over throughput without: ${told(throughput)}`);
console.log(`processor time of an event with times over that without: ${told(cpu)}`);
if (throughput.high < 1 - COST_MAX) {
  console.log(`NOT SO: it costs more than ${COST_MAX * 100} %`);
  process.exitCode = 1;
} else if (throughput.low >= 1 - COST_MAX) {
  console.log(`ok: it costs less than ${COST_MAX * 100} %`);
} else {
  console.log(
    `cannot tell whether it costs less than ${COST_MAX * 100} %: take more --pairs, or a quieter machine`,
  );
}

function run(timed) {
  const store = mkdtempSync(join(work, 'store-'));
  const lineBytesMax = 2 ** 20;
  const job = {
    handler,
    calling: { key: undefined, timeoutMs: undefined, lineBytesMax, heapMiBMax: 1024, overrides: {} },
    inputs: [input],
    reading: {
      store,
      spool: false,
      follow: false,
      unpack: { bytesMax: 2 ** 40, ratioMax: 1000 },
      listen: {},
    },
    workers,
    store,
    warmMs: 500,
    measureMs,
    perSecond: undefined,
    timed,
  };
  return new Promise((resolve, reject) => {
    const started = fork(child, { serialization: 'advanced' });
    started.once('error', reject);
    started.once('message', answer => {
      if (answer.kind === 'throughput') resolve(answer);
      else reject(new Error(answer.message));
    });
    started.once('exit', () => rmSync(store, { recursive: true, force: true }));
    started.send(job);
  });
}

/** The median, and between which values it lies in 95 cases of 100, whatever their distribution: by the ranks of a fair coin. */
function middle(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const count = sorted.length;
  let [rank, below, term] = [0, 0, 0.5 ** count];
  for (; rank < count / 2 && 2 * (below + term) <= 0.05; rank++) {
    below += term;
    term *= (count - rank) / (rank + 1);
  }
  const at = Math.max(0, rank - 1);
  return {
    median: (sorted[(count - 1) >> 1] + sorted[count >> 1]) / 2,
    low: sorted[at],
    high: sorted[count - 1 - at],
  };
}

function told({ median, low, high }) {
  return `${median.toFixed(4)}, 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}`;
}
