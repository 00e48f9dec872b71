import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

/**
 * Can the verdicts of `millrace bench` be trusted? Compares identical handlers, and handlers of which one does about 5 per cent
 * more, many times, and counts what is claimed. Of identical ones no more than 5 in 100 may be told apart, and of the others 90
 * must be. Exits with 1 where that is not so.
 *
 *     node scripts/bench-trust.mjs [--runs 100] [--only same|slower] [--seed 1] [-- options of millrace bench]
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '100' },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const runs = Number(values.runs);
const program = fileURLToPath(new URL('../dist/bin/millrace.js', import.meta.url));
const options = positionals.length > 0 ? positionals : ['--quick'];
const work = mkdtempSync(join(tmpdir(), 'millrace-trust-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

/** Makes a new object of each event, which is then written: much is allocated, and garbage is collected meanwhile. */
const SPREAD = 'export default event => ({ ...event, slow: event.latency_ms > 200 });\n';

/** Nearly all of its time goes into so many steps. */
const busy = steps => `export default event => {
  let sum = event.latency_ms | 0;
  for (let step = 0; step < ${steps}; step++) sum = (Math.imul(sum, 31) + step) | 0;
  event.sum = sum;
  return event;
};
`;

const STEPS = 20_000;
const SHARE = 0.05;

write('events.ndjson', events(20_000));
write('spread-a.mjs', SPREAD);
write('spread-b.mjs', SPREAD);
write('busy-a.mjs', busy(STEPS));
write('busy-b.mjs', busy(STEPS));
write('busy-more.mjs', busy(Math.round(STEPS * (1 + SHARE))));

let isTrusted = true;
if (values.only !== 'slower') {
  const half = Math.ceil(runs / 2);
  const spread = await compareOften('identical, allocating', 'spread-a.mjs', 'spread-b.mjs', half);
  const computing = await compareOften('identical, computing', 'busy-a.mjs', 'busy-b.mjs', runs - half);
  const claims = spread.slower + spread.faster + computing.slower + computing.faster;
  isTrusted = tell(
    `identical: ${claims} of ${runs} comparisons claim a difference (5 in 100 may)`,
    claims <= runs * 0.05,
  );
}
if (values.only !== 'same') {
  const { slower, faster } = await compareOften(
    `${SHARE * 100} % slower`,
    'busy-a.mjs',
    'busy-more.mjs',
    runs,
  );
  const isFound = slower >= runs * 0.9 && faster === 0;
  isTrusted = tell(`slower: ${slower} of ${runs} comparisons find it (90 in 100 must)`, isFound) && isTrusted;
}
process.exitCode = isTrusted ? 0 : 1;

async function compareOften(name, old, young, times) {
  const counts = { faster: 0, slower: 0, same: 0, unknown: 0 };
  const ratios = [];
  const seconds = [];
  for (let run = 0; run < times; run++) {
    const args = [program, 'bench', old, young, '-i', 'events.ndjson', '--no-pipeline', '--json'];
    const seed = String(Number(values.seed) + run);
    const { stdout } = await promisify(execFile)(process.execPath, [...args, '--seed', seed, ...options], {
      cwd: work,
      maxBuffer: 2 ** 28,
    });
    const report = JSON.parse(stdout);
    const [{ verdict }] = report.comparisons;
    counts[verdict.finding]++;
    ratios.push(verdict.ratio);
    seconds.push(report.seconds);
    if (process.stderr.isTTY)
      process.stderr.write(`\r${name}: ${run + 1} of ${times}  ${JSON.stringify(counts)} `);
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  ratios.sort((a, b) => a - b);
  const at = share => ratios[Math.round(share * (times - 1))].toFixed(3);
  console.log(
    `${name}: ${times} runs of ${Math.max(...seconds).toFixed(0)} s at most; ${JSON.stringify(counts)}; ratios ${at(0.05)} ${at(0.5)} ${at(0.95)} (5, 50, 95 %)`,
  );
  return counts;
}

function tell(text, isGood) {
  console.log(`${isGood ? 'ok' : 'NOT SO'}: ${text}`);
  return isGood;
}

function write(name, text) {
  writeFileSync(join(work, name), text);
}

function events(count) {
  let state = 1;
  const next = below => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  return Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      n,
      path: `/p/${next(500)}`,
      status: 200 + next(4) * 100,
      latency_ms: next(3000),
      ip: `10.0.0.${next(250)}`,
    }),
  ).join('\n');
}
