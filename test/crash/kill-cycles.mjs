import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateEvents, HANDLER, randomOf } from './kill-events.mjs';

/**
 * Kills a real run with SIGKILL, again and again, each time running the same command anew; what is in the store when a
 * run comes to its end must be what a run that nobody disturbed has written, byte for byte.
 *
 * Plain JavaScript, because the script that does this for hours runs it without a build of its own.
 */

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));

/** After so many kills a run is left alone, so that there is an end to compare. */
const KILLS_MAX = 5;

/** Exit status of a run that has come to its end: none of what it has read was a dead letter, or some was. */
const DONE = [0, 6];

/** The command line under test, in a directory of its own. */
class Bench {
  /**
   * @param {number} events
   * @param {() => number} random
   */
  constructor(events, random) {
    this.directory = mkdtempSync(join(tmpdir(), 'millrace-crash-'));
    writeFileSync(join(this.directory, 'mill.mjs'), HANDLER);
    writeFileSync(join(this.directory, 'in.ndjson'), generateEvents(events, random));
  }

  /** @param {string} store */
  journalOf(store) {
    return join(this.directory, store, 'jobs', 'mill', 'journal');
  }

  /**
   * @param {string[]} args
   * @param {'ignore' | 'pipe'} stdout
   * @param {Record<string, string>} variables
   */
  start(args, stdout = 'ignore', variables = {}) {
    const env = {
      ...process.env,
      ...variables,
      NO_COLOR: '1',
      MILLRACE_CACHE: join(this.directory, 'cache'),
    };
    return spawn(process.execPath, [PROGRAM, ...args], {
      cwd: this.directory,
      env,
      stdio: ['ignore', stdout, 'pipe'],
    });
  }

  /**
   * @param {string} store
   * @param {number} workers
   * @param {boolean} fresh
   * @param {boolean} isShuffled whether lanes come and go, and key groups move between them, all the time
   */
  startRun(store, workers, fresh, isShuffled) {
    const sizes = ['--commit-interval', '20ms', '--segment-size', '64KiB', '--workers', String(workers)];
    const args = ['run', 'mill.mjs', 'in.ndjson', '--key', 'key', '--store', store, ...sizes];
    const variables = { MILLRACE_SHUFFLE: isShuffled ? '1' : '0' };
    return this.start(fresh ? [...args, '--fresh'] : args, 'ignore', variables);
  }

  /**
   * What a topic holds (`cat`), or what a job remembers (`state`), as the command line prints it.
   * @param {string} store
   * @param {'cat' | 'state'} command
   * @param {string} name
   */
  async hashOf(store, command, name) {
    const child = this.start([command, name, '--store', store], 'pipe');
    const hash = createHash('sha256');
    child.stdout?.on('data', bytes => hash.update(bytes));
    const { status, stderr } = await ended(child);
    if (status !== 0) throw new Error(`${command} ${name} ended with ${status}: ${stderr}`);
    return hash.digest('hex');
  }

  /**
   * All topics of a store that is at its end, and whether it verifies.
   * @param {string} store
   */
  async contentsOf(store) {
    const verify = await ended(this.start(['verify', '--store', store]));
    if (verify.status !== 0) throw new Error(`verify ended with ${verify.status}: ${verify.stderr}`);
    const hashes = [await this.hashOf(store, 'state', 'mill')];
    for (const topic of ['mill', 'mill.dead', 'rare']) hashes.push(await this.hashOf(store, 'cat', topic));
    return hashes.join(' ');
  }

  close() {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 */
async function ended(child) {
  let stderr = '';
  child.stderr?.on('data', bytes => {
    stderr += String(bytes);
  });
  const [status, signal] = await once(child, 'close');
  return { status, signal, stderr };
}

/**
 * Bytes in the journal: it grows with every commit.
 * @param {string} journal
 */
function journalBytes(journal) {
  try {
    return readdirSync(journal).reduce((sum, name) => sum + statSync(join(journal, name)).size, 0);
  } catch {
    return 0;
  }
}

/**
 * The number of the last record in the journal.
 * @param {string} journal
 */
function lastRecord(journal) {
  const file = readdirSync(journal).sort().at(-1);
  const line = readFileSync(join(journal, file ?? ''), 'utf8')
    .trimEnd()
    .split('\n')
    .at(-1);
  return Number(JSON.parse(line ?? '{}').seq);
}

/** @param {number} ms */
function pause(ms) {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/**
 * Kills `child` at a random moment: some time after its start, or just after one of its commits.
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} journal
 * @param {() => number} random
 * @param {number} startMs
 */
async function killSomewhere(child, journal, random, startMs) {
  const before = journalBytes(journal);
  const commits = Math.floor(random() * 7);
  const delayMs = random() * (commits === 0 ? startMs : 25);
  for (let seen = 0, bytes = before; seen < commits && child.exitCode === null; ) {
    await pause(1);
    const now = journalBytes(journal);
    if (now !== bytes) seen++;
    bytes = now;
  }
  await pause(delayMs);
  child.kill('SIGKILL');
}

/**
 * @param {{ cycles: number, seed: number, events?: number, onCycle?: (report: import('./kill-cycles.mjs').KillReport) => void }} options
 * @returns {Promise<import('./kill-cycles.mjs').KillReport>}
 */
export async function runKillCycles({ cycles, seed, events = 60_000, onCycle = () => undefined }) {
  if (!existsSync(PROGRAM)) throw new Error(`"${PROGRAM}" is not there: run "npm run build" first`);
  const random = randomOf(seed);
  const bench = new Bench(events, random);
  /** @type {import('./kill-cycles.mjs').KillReport} */
  const report = { cycles: 0, killed: 0, killedAfterCommit: 0, ends: 0, commits: 0, mismatches: [] };
  try {
    const startedMs = performance.now();
    const undisturbed = await ended(bench.startRun('undisturbed', 1, false, false));
    const startMs = performance.now() - startedMs;
    if (undisturbed.status !== 6) throw new Error(`undisturbed: ${undisturbed.stderr}`);
    const expected = await bench.contentsOf('undisturbed');

    let store = 'store-0';
    let fresh = false;
    let kills = 0;
    while (report.cycles < cycles) {
      report.cycles++;
      const isLast = kills === KILLS_MAX || report.cycles === cycles;
      const before = journalBytes(bench.journalOf(store));
      const child = bench.startRun(store, 1 + Math.floor(random() * 3), fresh, random() < 0.5);
      // The same command again goes on; with --fresh it would start over.
      fresh = false;
      if (!isLast) void killSomewhere(child, bench.journalOf(store), random, startMs);
      const { status, signal, stderr } = await ended(child);
      if (signal === 'SIGKILL') {
        kills++;
        report.killed++;
        if (journalBytes(bench.journalOf(store)) !== before) report.killedAfterCommit++;
      } else {
        if (!DONE.includes(status))
          report.mismatches.push(`cycle ${report.cycles}: status ${status}: ${stderr}`);
        report.ends++;
        report.commits += lastRecord(bench.journalOf(store));
        const found = await bench.contentsOf(store).catch(String);
        if (found !== expected)
          report.mismatches.push(`cycle ${report.cycles}: ${found} instead of ${expected}`);
        kills = 0;
        fresh = random() < 0.5;
        if (!fresh) store = `store-${report.cycles}`;
      }
      onCycle(report);
    }
    return report;
  } finally {
    bench.close();
  }
}
