import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

/**
 * The crash harness for as long as it is told: `npm run build && node scripts/proof.mjs PART --seed 1`. What each part does, and
 * what came of it, stands in docs/PROOF.md. The last line is the report; the exit status is 1 where anything was not as it
 * must be. The same seed makes the same choices.
 */

const PARTS = { kills, states, calls, bits, full, slow };

const USAGE = `proof.mjs PART [--seed N] [--OPTION N]: ${Object.keys(PARTS).join(', ')}; docs/PROOF.md has the options of each`;

const { values, positionals } = commandLine({
  seed: { type: 'string', default: '1' },
  cycles: { type: 'string', default: '10000' },
  disks: { type: 'string', default: '100000' },
  flips: { type: 'string', default: '100000' },
  megabytes: { type: 'string', default: '256' },
  stride: { type: 'string', default: '1' },
  share: { type: 'string', default: '1' },
  sizes: { type: 'string', default: '200' },
  part: { type: 'string', default: '1/1' },
  events: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
});
const seed = Number(values.seed);
const part = PARTS[/** @type {keyof typeof PARTS} */ (positionals[0] ?? '')];
if (values.help === true) {
  console.log(USAGE);
  process.exit(0);
}
if (part === undefined) exitUsage('name a part');

const harness = await load();
const startedMs = performance.now();
let toldMs = startedMs;
const shim = harness.compileShim();
try {
  const { line, mismatches } = await part();
  for (const mismatch of mismatches) console.log(mismatch);
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  console.log(
    `${positionals[0]}: ${line}, mismatches: ${mismatches.length}, seed: ${seed}, seconds: ${seconds}`,
  );
  process.exitCode = mismatches.length === 0 ? 0 : 1;
} finally {
  if (typeof shim !== 'string') shim.close();
}

/** @param {import('node:util').ParseArgsOptionsConfig} options */
function commandLine(options) {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return exitUsage(error.message);
  }
}

function exitUsage(message) {
  console.error(`${message}\n${USAGE}`);
  process.exit(2);
}

/** Kills real runs again and again. */
async function kills() {
  const events = Number(values.events ?? 2500);
  const known = typeof shim === 'string' ? undefined : shim;
  if (known === undefined) console.log(`no run is killed at a certain call: ${shim}`);
  const report = await harness.runKillCycles({
    cycles: Number(values.cycles),
    seed,
    events,
    shim: known,
    onCycle: ({ cycles, mismatches }) =>
      tell([`${cycles} cycles, mismatches: ${mismatches.length}`, ...mismatches.slice(-1)].join('; ')),
  });
  console.log(report.sha);
  const { cycles, killed, killedAtCall, killedAfterCommit, killedAtStart, ends } = report;
  const line =
    `cycles: ${cycles}, killed: ${killed} (at a certain call: ${killedAtCall}, after a commit: ${killedAfterCommit}, ` +
    `before the first: ${killedAtStart}), compared at their end: ${ends}, events: ${events}`;
  return { line, mismatches: report.mismatches };
}

/** Fails the power at every moment. */
async function states() {
  const report = await harness.failPower({
    lives: harness.LIVES,
    seed,
    disks: Number(values.disks),
    statesMax: 96,
    onState: found => tell(`${harness.countDisks(found)} disks, ${found.recoveries} recoveries`),
  });
  const lives = Object.entries(report.disks).map(([name, count]) => `${name}: ${count}`);
  const line =
    `different disks: ${harness.countDisks(report)} (${lives.join(', ')}), recoveries: ${report.recoveries} ` +
    `(of a recovery that was interrupted: ${report.inRecovery})`;
  return { line, mismatches: report.mismatches };
}

/** Fails every call of the store in every way, and every call of real runs. */
async function calls() {
  const mismatches = [];
  const sites = new Set();
  let attempts = 0;
  // The places are told from the stack of a call that fails.
  process.setSourceMapsEnabled(true);
  for (const life of harness.LIVES) {
    const starts = await harness.tellingCrashes(life, seed);
    for (const kind of harness.CALL_KINDS) {
      const modes = harness.modesOf(kind);
      /** @type {readonly ((failure: unknown) => Promise<unknown>)[]} */
      const tries = [
        failure => harness.failInLife(life, failure),
        ...starts.map(start => failure => harness.failInRecovery(life, start, failure)),
      ];
      for (const attempt of tries) {
        attempts += await harness.failEach(
          kind,
          modes,
          failure => guarded(failure, () => attempt(failure)),
          sites,
        );
        tell(`${attempts} attempts in the ${life.name} life, at ${kind}`);
      }
    }
  }
  const first = `in the store: attempts: ${attempts}, places in the source: ${sites.size}`;
  if (typeof shim === 'string') return { line: `${first}; in real runs: skipped: ${shim}`, mismatches };
  const report = await harness.failEachCall({
    shim,
    seed,
    events: Number(values.events ?? 300),
    share: Number(values.share),
    onTrial: tellTrials,
  });
  mismatches.push(...report.mismatches);
  return { line: `${first}; in real runs: ${trialsLine(report).line}`, mismatches };

  /** @param {unknown} failure @param {() => Promise<unknown>} attempt */
  async function guarded(failure, attempt) {
    try {
      return await attempt();
    } catch (error) {
      mismatches.push(`${JSON.stringify(failure)}: ${error.message}`);
      return { failed: 1, failedAt: new Set() };
    }
  }
}

/** Flips every bit of a small store (or `--part 1/2` of them), and many more in a large one, with sectors zeroed and swapped. */
async function bits() {
  const [mine, parts] = values.part.split('/').map(Number);
  if (!Number.isInteger(mine) || !Number.isInteger(parts) || mine < 1 || mine > parts) {
    console.error('--part takes two numbers: 1/2 is the first half');
    process.exit(2);
  }
  const store = await harness.makeStore(24, 1500);
  const counts = {};
  let flips = 0;
  const endings = [{ ending: '' }, { ending: '.ndjson', without: '.index' }];
  for (const files of endings) {
    const onFlip = () => tell(`${++flips} flips of the small store`);
    const report = await harness.flipBits(store, {
      ...files,
      stride: Number(values.stride),
      share: { part: mine, parts },
      onFlip,
    });
    counts[files.without === undefined ? 'with indexes' : 'without indexes'] = report;
  }
  const small = `small store of ${harness.bytesOf(store.stores[0])} and ${harness.bytesOf(store.stores[1])} bytes: ${flips} flips, ${JSON.stringify(counts)}`;
  const large = await harness.damageLarge({
    // Each part damages other places.
    seed: seed + mine - 1,
    megabytes: Number(values.megabytes),
    trials: Number(values.flips),
    onTrial: ({ trials, found }) => tell(`${trials} trials in the large store, found: ${found}`),
  });
  const line = `${small}; large store: ${JSON.stringify(large.byKind)}, told of damage: ${large.found} of ${large.trials}`;
  return { line, mismatches: large.mismatches };
}

/** Limits the size of files, and fills a disk. */
async function full() {
  const options = {
    seed,
    events: Number(values.events ?? 1500),
    sizes: Number(values.sizes),
    onTrial: tellTrials,
  };
  const limited = await harness.limitFileSizes({ ...options, blocksMax: 120 });
  const filled = await harness.fillDisk({ ...options, bytesMax: 1024 * 1024 });
  const first = `RLIMIT_FSIZE: ${trialsLine(limited).line}`;
  if (typeof filled === 'string')
    return { line: `${first}; tmpfs: ${filled}`, mismatches: limited.mismatches };
  const mismatches = [...limited.mismatches, ...filled.mismatches];
  return { line: `${first}; tmpfs: ${trialsLine(filled).line}`, mismatches };
}

/** Slows syncs down to two seconds. */
async function slow() {
  if (typeof shim === 'string') return { line: `skipped: ${shim}`, mismatches: [] };
  const report = await harness.acknowledgeSlowly({
    shim,
    syncMs: 2000,
    senders: 10,
    lines: 20_000,
    lineBytes: 400,
  });
  const { lines, records, acknowledgements, violations, peakBytes } = report;
  const line =
    `lines: ${lines}, records: ${records}, acknowledgements: ${acknowledgements}, ` +
    `peak RSS: ${Math.round(peakBytes / 1e6)} MB`;
  return { line, mismatches: violations };
}

/** @param {{ trials: number, failed: number, mismatches: readonly string[] }} report */
function trialsLine({ trials, failed, mismatches }) {
  return { line: `trials: ${trials} (ended with an error: ${failed})`, mismatches };
}

/** @param {{ trials: number, mismatches: readonly string[] }} report */
function tellTrials({ trials, mismatches }) {
  tell(`${trials} trials, mismatches: ${mismatches.length}`);
}

/** Tells how far it is, now and then. @param {string} text */
function tell(text) {
  const nowMs = performance.now();
  if (nowMs - toldMs < 20_000) return;
  toldMs = nowMs;
  process.stderr.write(`${text}\n`);
}

/** The harness as it is in test/, with the store as it is in src/. It finds the built program as the tests do. */
async function load() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const outfile = `${root}dist/proof/${process.pid}.mjs`;
  mkdirSync(`${root}dist/proof`, { recursive: true });
  await build({
    entryPoints: [`${root}test/crash/long.ts`],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'inline',
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile);
  }
}
