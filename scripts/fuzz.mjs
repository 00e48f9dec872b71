import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * Holds the kernel's engines to JSON.parse for as long as it is told: `node scripts/fuzz.mjs --rounds 100 --seed 1 [file...]`,
 * or with `--minutes 60` instead of rounds. Files of lines, also gzipped ones, take the place of made-up realistic lines. Each
 * round tries 1,000 random programs on three chunks each; the first also tries every cut and every replaced byte of some
 * lines of each file. The last line is the report; the exit status is 1 where anything was not as it must be. A round is the
 * same whenever its seed, which is told with what is wrong, and its files are.
 */

const PROGRAMS_PER_ROUND = 1000;
/** Lines of each file: those at the beginning, and some from all over it. */
const LINES_PER_FILE = 400;
const DAMAGED_PER_FILE = 8;
const LINE_BYTES_MAX = 4096;

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});
const seed = Number(values.seed);
const rounds = values.minutes === undefined ? Number(values.rounds) : Number.POSITIVE_INFINITY;
const endMs = performance.now() + Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000;

const { ENGINES, REALISTIC, run, ...trials } = await load();
const files = positionals.map(linesOf);
const lines = files.length > 0 ? files.flat() : REALISTIC;
const damaged = files.length > 0 ? files.flatMap(own => own.slice(0, DAMAGED_PER_FILE)) : REALISTIC;

const startedMs = performance.now();
const totals = { rounds: 0, trials: 0, bytes: 0, wrong: 0 };
const fixed = [trials.troubleTrials(), trials.byteTrials(), trials.predicateTrials(), trials.longTrials()];
for (const own of [...fixed, trials.damageTrials(damaged)]) tell(run(ENGINES, own), 'without a seed');
while (totals.rounds < rounds && performance.now() < endMs && totals.wrong === 0) {
  const own = seed + totals.rounds;
  tell(run(ENGINES, trials.randomTrials(own, PROGRAMS_PER_ROUND, lines)), `seed ${own}`);
  totals.rounds++;
  if (totals.rounds % 10 === 0) process.stderr.write(`${totals.rounds} rounds, wrong: ${totals.wrong}\n`);
}
const seconds = Math.round((performance.now() - startedMs) / 1000);
console.log(
  `engines: ${ENGINES.map(([name]) => name).join(', ')}, rounds: ${totals.rounds}, chunks: ${totals.trials}, ` +
    `megabytes: ${Math.round(totals.bytes / 1e6)}, wrong: ${totals.wrong}, seed: ${seed}, seconds: ${seconds}`,
);
process.exitCode = totals.wrong === 0 ? 0 : 1;

function tell({ trials: count, bytes, wrong }, where) {
  totals.trials += count;
  totals.bytes += bytes;
  totals.wrong += wrong.length;
  for (const what of wrong) console.log(`${where}, ${what}`);
}

/** The suite as it is in test/, with the engines as they are in src/: no build is needed. */
async function load() {
  const { outputFiles } = await build({
    stdin: {
      contents: ['engines', 'lines', 'trials'].map(name => `export * from './${name}.ts';`).join('\n'),
      resolveDir: new URL('../test/kernel/fuzz', import.meta.url).pathname,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  return await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
  );
}

/** Some lines of a file. */
function linesOf(file) {
  const content = readFileSync(file);
  const text = file.endsWith('.gz') ? gunzipSync(content) : content;
  const all = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const to = end < 0 ? text.length : end;
    if (to - at <= LINE_BYTES_MAX) all.push(text.subarray(at, to));
    at = to + 1;
  }
  const step = Math.max(1, Math.floor(all.length / LINES_PER_FILE));
  return all.filter((_, at) => at % step === 0).slice(0, LINES_PER_FILE);
}
