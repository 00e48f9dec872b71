import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Bench } from 'tinybench';

/**
 * Does `millrace bench` tell the same time for a function as tinybench? Both measure the same handler by turns; what is compared
 * is the handler's own time for an event, in the median over the rounds. Exits with 1 where they differ by more than 5 per cent.
 *
 *     node scripts/bench-tinybench.mjs [rounds]
 */

const rounds = Number(process.argv[2] ?? 5);
const SHARE_MAX = 0.05;
const EVENTS = 40;
const program = fileURLToPath(new URL('../dist/bin/millrace.js', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'millrace-tinybench-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const handlerPath = join(work, 'handler.mjs');
writeFileSync(
  handlerPath,
  `export default event => {
  let sum = event.latency_ms | 0;
  for (let step = 0; step < 5000; step++) sum = (Math.imul(sum, 31) + step) | 0;
  return sum !== 1;
};
`,
);
const events = Array.from({ length: EVENTS }, (_, n) => ({
  n,
  path: `/p/${n % 37}`,
  latency_ms: (n * 7919) % 3000,
}));
writeFileSync(join(work, 'events.ndjson'), events.map(event => `${JSON.stringify(event)}\n`).join(''));
const { default: handler } = await import(pathToFileURL(handlerPath).href);

const ours = [];
const theirs = [];
for (let round = 0; round < rounds; round++) {
  ours.push(millraceNs());
  theirs.push(await tinybenchNs());
}
const ratio = median(ours.map((ns, round) => ns / theirs[round]));
console.log(
  `millrace ${median(ours).toFixed(0)} ns, tinybench ${median(theirs).toFixed(0)} ns an event: ratio ${ratio.toFixed(3)}`,
);
process.exitCode = Math.abs(ratio - 1) <= SHARE_MAX ? 0 : 1;

function millraceNs() {
  const args = ['bench', 'handler.mjs', '-i', 'events.ndjson', '--no-pipeline', '--quick', '--json'];
  const report = JSON.parse(
    execFileSync(process.execPath, [program, ...args], { cwd: work, maxBuffer: 2 ** 26 }),
  );
  return report.handlers[0].alone.single.handleNs;
}

/** The median of the iterations, each of which handles all events. */
async function tinybenchNs() {
  const bench = new Bench({ time: 500, warmupTime: 200 });
  bench.add('handler', () => {
    let kept = 0;
    for (const event of events) if (handler(event)) kept++;
    return kept;
  });
  await bench.run();
  const { samples } = bench.tasks[0].result;
  return (median(samples) * 1e6) / EVENTS;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
