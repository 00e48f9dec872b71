import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * What does `millrace bench` cost the pipeline that it measures? One pipeline, in which all times are taken for about half a second (the
 * stopwatch at the stages, the timed disk and source, the watch of the event loop) and then for half a second none, by turns; in several
 * processes. Each turn is held against the mean of the two beside it. Tells the mean of these ratios and its 95 % interval, by throughput
 * and by the processor's time for an event. Exits with 1 where the throughput is surely lower by more than 2 per cent, and
 * says so where that cannot be told.
 *
 *     node scripts/bench-cost.mjs [--processes 12] [--seconds 20] [--turn 500] [--workers N]
 */

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '20' },
    turn: { type: 'string', default: '500' },
    workers: { type: 'string', default: String(Math.max(1, availableParallelism() - 1)) },
  },
});
const COST_MAX = 0.02;
const [processes, seconds, turnMs, workers] = [
  values.processes,
  values.seconds,
  values.turn,
  values.workers,
].map(Number);
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

/** Of each process. */
const throughputs = [];
const cpuTimes = [];
for (let number = 0; number < processes; number++) {
  const { turns } = await run();
  throughputs.push(ratiosOf(turns, turn => turn.events / turn.seconds));
  cpuTimes.push(ratiosOf(turns, turn => turn.cpuSeconds / turn.events));
  process.stderr.write(`${number + 1} of ${processes} processes\n`);
}
const throughput = interval(throughputs);
const cpu = interval(cpuTimes);
console.log(`throughput with times over throughput without: ${told(throughput)}`);
console.log(`processor time of an event with times over that without: ${told(cpu)}`);
if (throughput.high < 1 - COST_MAX) {
  console.log(`NOT SO: it costs more than ${COST_MAX * 100} %`);
  process.exitCode = 1;
} else if (throughput.low >= 1 - COST_MAX) {
  console.log(`ok: it costs less than ${COST_MAX * 100} %`);
} else {
  console.log(
    `cannot tell whether it costs less than ${COST_MAX * 100} %: take more --processes, or a quieter machine`,
  );
}

function run() {
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
    measureMs: seconds * 1000,
    perSecond: undefined,
    turnMs,
  };
  return new Promise((resolve, reject) => {
    const started = fork(child, { serialization: 'advanced' });
    started.once('error', reject);
    started.once('message', answer => {
      // It goes on until it is ended.
      started.kill('SIGKILL');
      if (answer.kind === 'throughput') resolve(answer);
      else reject(new Error(answer.message));
    });
    started.once('exit', () => rmSync(store, { recursive: true, force: true }));
    started.send(job);
  });
}

/** Logarithms: of each turn in which times are taken, against those before and after it, in which none are. */
function ratiosOf(turns, of) {
  const ratios = [];
  for (const [at, turn] of turns.entries()) {
    const beside = [turns[at - 1], turns[at + 1]];
    if (!turn.isTimed || beside.includes(undefined)) continue;
    ratios.push(Math.log(of(turn)) - (Math.log(of(beside[0])) + Math.log(of(beside[1]))) / 2);
  }
  return ratios;
}

/**
 * The mean without the tenth at each end, and its 95 % interval: the bootstrap's percentiles, from 10,000 samples of processes, since what
 * was measured in one of them is not independent.
 */
function interval(groups) {
  let state = 1;
  const below = count => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  const middles = Array.from({ length: 10_000 }, () =>
    middle(groups.flatMap(() => groups[below(groups.length)])),
  );
  middles.sort((a, b) => a - b);
  const [low, high] = [middles[249], middles[9749]].map(Math.exp);
  const logs = groups.flat();
  return { middle: Math.exp(middle(logs)), low, high, turns: logs.length };
}

function middle(logs) {
  const cut = Math.floor(logs.length / 10);
  const inner = [...logs].sort((a, b) => a - b).slice(cut, logs.length - cut);
  return inner.reduce((sum, log) => sum + log, 0) / inner.length;
}

function told({ middle: ratio, low, high, turns }) {
  return `${ratio.toFixed(4)}, 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)} (${turns} turns)`;
}
