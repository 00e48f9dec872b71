import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Bench } from 'tinybench';

/**
 * Does `millrace bench` tell the same time for a function as tinybench, and as hyperfine, where that is installed? All measure the same
 * handler by turns; what is compared is the handler's own time for an event, in the median over the rounds. hyperfine times a whole
 * program, once without events and once with many: what lies between is theirs. Exits with 1 where one differs by more than 5 per cent.
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

const CALLS = 200_000;
const callsPath = join(work, 'calls.mjs');
writeFileSync(
  callsPath,
  `import { readFileSync } from 'node:fs';
import handler from ${JSON.stringify(pathToFileURL(handlerPath).href)};
const events = readFileSync(process.argv[2], 'utf8').trim().split('\\n').map(line => JSON.parse(line));
let kept = 0;
for (let call = 0; call < Number(process.argv[3]); call++) if (handler(events[call % events.length])) kept++;
if (kept < 0) console.log(kept);
`,
);

const others = new Map([['tinybench', tinybenchNs]]);
if (spawnSync('hyperfine', ['--version']).status === 0) others.set('hyperfine', hyperfineNs);
else console.log('hyperfine is not installed: it is left out');
const ours = [];
const theirs = new Map([...others.keys()].map(name => [name, []]));
for (let round = 0; round < rounds; round++) {
  ours.push(millraceNs());
  for (const [name, measure] of others) theirs.get(name).push(await measure());
}
for (const [name, values] of theirs) {
  const ratio = median(ours.map((ns, round) => ns / values[round]));
  console.log(
    `millrace ${median(ours).toFixed(0)} ns, ${name} ${median(values).toFixed(0)} ns an event: ratio ${ratio.toFixed(3)}`,
  );
  if (Math.abs(ratio - 1) > SHARE_MAX) process.exitCode = 1;
}

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

/** Of the processor's time, which does not grow where others want the processor too. */
function hyperfineNs() {
  const file = join(work, 'hyperfine.json');
  const command = calls =>
    [process.execPath, callsPath, join(work, 'events.ndjson'), calls].map(word => `'${word}'`).join(' ');
  const args = ['-N', '--warmup', '1', '--runs', '5', '--style', 'none', '--export-json', file];
  execFileSync('hyperfine', [...args, command(0), command(CALLS)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [without, calling] = JSON.parse(readFileSync(file, 'utf8')).results.map(
    ({ user, system }) => user + system,
  );
  return ((calling - without) * 1e9) / CALLS;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
