import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

/**
 * Can the verdicts of `millrace bench` be trusted? Compares identical handlers, and handlers of which one does about 5 per cent
 * more, many times, and counts what is claimed: half of them compute, and half make objects, so that garbage is collected meanwhile. Of
 * identical ones no more than 5 in 100 may be told apart, of the others 90 must be, and each comparison takes less than a minute.
 * Exits with 1 where that is not so.
 *
 *     node scripts/bench-trust.mjs [--runs 100] [--only same|slower] [--kind allocating|computing] [--seed 1] [-- options of millrace bench]
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '100' },
    only: { type: 'string' },
    kind: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const runs = Number(values.runs);
expect('--only', values.only, ['same', 'slower']);
expect('--kind', values.kind, ['allocating', 'computing']);
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

/** Nearly all of its time goes into making so many times some strings, arrays and objects, and into collecting them. */
const making = times => `export default event => {
  let total = 0;
  for (let n = 0; n < ${times}; n++) {
    const parts = \`\${event.path}/\${n}\`.split('/').map((part, at) => ({ part, at, length: part.length }));
    total += parts.filter(({ at }) => at % 2 === 1).length;
  }
  event.total = total;
  return event;
};
`;

const SECONDS_MAX = 60;
const SHARE = 0.05;
const [STEPS, TIMES] = [20_000, 100];

write('events.ndjson', events(20_000));
write('spread-a.mjs', SPREAD);
write('spread-b.mjs', SPREAD);
write('busy-a.mjs', busy(STEPS));
write('busy-b.mjs', busy(STEPS));
write('busy-more.mjs', busy(Math.round(STEPS * (1 + SHARE))));
write('making.mjs', making(TIMES));
write('making-more.mjs', making(Math.round(TIMES * (1 + SHARE))));

let longest = 0;
let isTrusted = true;
/** How many comparisons of each kind there are. */
const allocatingRuns =
  values.kind === undefined ? Math.ceil(runs / 2) : values.kind === 'allocating' ? runs : 0;
const computingRuns = runs - allocatingRuns;
if (values.only !== 'slower') {
  const spread = await compareOften('identical, allocating', 'spread-a.mjs', 'spread-b.mjs', allocatingRuns);
  const computing = await compareOften('identical, computing', 'busy-a.mjs', 'busy-b.mjs', computingRuns);
  const claims = spread.slower + spread.faster + computing.slower + computing.faster;
  tell(
    `identical: ${claims} of ${runs} comparisons claim a difference (5 in 100 may)`,
    claims <= runs * 0.05,
  );
}
if (values.only !== 'same') {
  const more = `${SHARE * 100} % slower`;
  const allocating = await compareOften(
    `${more}, allocating`,
    'making.mjs',
    'making-more.mjs',
    allocatingRuns,
  );
  const computing = await compareOften(`${more}, computing`, 'busy-a.mjs', 'busy-more.mjs', computingRuns);
  const found = allocating.slower + computing.slower;
  tell(
    `slower: ${found} of ${runs} comparisons find it (90 in 100 must)`,
    found >= runs * 0.9 && allocating.faster + computing.faster === 0,
  );
}
tell(`the longest comparison took ${longest.toFixed(1)} s (${SECONDS_MAX} s may be)`, longest < SECONDS_MAX);
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
    showProgress(`${name}: ${run + 1} of ${times}  ${JSON.stringify(counts)} `, run + 1);
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  if (times === 0) return counts;
  const [least, middle, most] = quantiles(ratios);
  const [, typical, longestHere] = quantiles(seconds, 1);
  longest = Math.max(longest, longestHere);
  console.log(
    `${name}: ${times} runs of ${typical.toFixed(1)} s, the longest of ${longestHere.toFixed(1)} s; ${JSON.stringify(counts)}; ratios ${least.toFixed(3)} ${middle.toFixed(3)} ${most.toFixed(3)} (5, 50, 95 %)`,
  );
  return counts;
}

/** On a terminal always, elsewhere a line now and then. */
function showProgress(text, run) {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}`);
  else if (run % 10 === 0) process.stderr.write(`${text}\n`);
}

/** The value that so large a share lies beyond, at each end, and the one in the middle. */
function quantiles(numbers, share = 0.95) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return [1 - share, 0.5, share].map(at => sorted[Math.round(at * (sorted.length - 1))]);
}

function expect(flag, value, words) {
  if (value === undefined || words.includes(value)) return;
  console.error(`${flag} takes ${words.join(' or ')}`);
  process.exit(2);
}

function tell(text, isGood) {
  console.log(`${isGood ? 'ok' : 'NOT SO'}: ${text}`);
  isTrusted &&= isGood;
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
