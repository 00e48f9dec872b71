import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { Random } from '../../src/base/random.ts';
import { Bench, ended, JOB, journalBytes } from './bench.ts';
import { checkBeginning, checkEnd, type Contents, contentsOf, shaOf } from './contents.ts';
import { countCalls, type FaultMode, readTrace, type Shim, shimEnv } from './shim.ts';

/**
 * Kills real runs with SIGKILL, again and again, each time running the same command anew. After each kill what is committed
 * must be a beginning of what an undisturbed run writes, and no less than a reader has seen before; where a run comes to its
 * end, it must be that, by its sha256.
 *
 * Runs are killed after some time, after some commits, and, where there is a shim, at one certain call to the system: before
 * it, in the middle of the write, or just after it.
 */

export interface KillOptions {
  readonly cycles: number;
  readonly seed: number;
  readonly events?: number;
  /** Without one, no run is killed at a certain call. */
  readonly shim?: Shim | undefined;
  readonly onCycle?: (report: KillReport) => void;
}

export interface KillReport {
  cycles: number;
  /** Runs that SIGKILL ended; of them those that had committed something, and those that were killed at a certain call. */
  killed: number;
  killedAfterCommit: number;
  killedAtCall: number;
  /** Of those, the ones that were killed while they recovered or started: at a call before their first commit. */
  killedAtStart: number;
  /** Runs that came to their end, whose store was compared. */
  ends: number;
  /** What the store of each of those had to be: sha256 by topic. */
  sha: string;
  /** What was not as it must be. */
  mismatches: string[];
}

/** In runs that keep less than all. */
const EVENTS_KEPT = 200;

/** A run is left alone after so many kills, or as many as a seed says. */
const KILLS_MAX = 12;

/** Exit status of a run that has come to its end: none of what it has read was a dead letter, or some was. */
const DONE: readonly unknown[] = [0, 6];

/** Ways to die at a call; half of a write is a way only for writes. */
const DEATHS: readonly FaultMode[] = ['kill', 'after', 'torn'];

export async function runKillCycles(options: KillOptions): Promise<KillReport> {
  const { cycles, seed, events = 4000, shim, onCycle = () => undefined } = options;
  const random = new Random(seed);
  const bench = new Bench({ events, seed });
  try {
    const { whole, counts, runMs } = await undisturbed(bench, shim);
    const killer = new Killer(bench, random, shim, counts, runMs);
    const report: KillReport = { ...EMPTY, sha: shaOf(whole), mismatches: [] };
    let life = newLife(random, report);
    while (report.cycles < cycles) {
      report.cycles++;
      const isLast = report.cycles === cycles;
      try {
        const done = await cycle(bench, killer, life, whole, report, isLast);
        if (done) {
          const old = life;
          life = newLife(random, report, random.below(2) === 0 ? old.store : undefined);
          if (life.store !== old.store) bench.remove(old.store);
        }
      } catch (error) {
        report.mismatches.push(`cycle ${report.cycles}, seed ${seed}: ${(error as Error).message}`);
        // The store is no use any more for what comes next.
        bench.remove(life.store);
        life = newLife(random, report);
      }
      onCycle(report);
    }
    return report;
  } finally {
    bench.close();
  }
}

const EMPTY = { cycles: 0, killed: 0, killedAfterCommit: 0, killedAtCall: 0, killedAtStart: 0, ends: 0 };

/** What becomes of one store: it is worked on until a run comes to its end. */
interface Life {
  readonly store: string;
  /** Whether the first run in it starts over what an earlier life has left. */
  fresh: boolean;
  killsLeft: number;
  seen: Contents | undefined;
}

function newLife(random: Random, { cycles }: KillReport, again?: string): Life {
  const killsLeft = 1 + random.below(KILLS_MAX);
  return { store: again ?? `store-${cycles}`, fresh: again !== undefined, killsLeft, seen: undefined };
}

async function undisturbed(bench: Bench, shim: Shim | undefined) {
  const trace = bench.path('trace');
  const store = bench.path('undisturbed');
  const env = shim === undefined ? {} : shimEnv(shim, { below: store, trace });
  const startedMs = performance.now();
  const { status, stderr } = await bench.run('undisturbed', { env });
  if (status !== 6) throw new Error(`the undisturbed run ended with ${status}: ${stderr}`);
  const runMs = performance.now() - startedMs;
  const whole = await contentsOf(store, JOB);
  await checkEnd(store, JOB, whole);
  const counts = shim === undefined ? new Map<string, number>() : countCalls(readTrace(trace));
  rmSync(trace, { force: true });
  return { whole, counts, runMs };
}

/** One run, killed or not; true where it has come to its end. */
async function cycle(
  bench: Bench,
  killer: Killer,
  life: Life,
  whole: Contents,
  report: KillReport,
  isLast: boolean,
): Promise<boolean> {
  const store = bench.path(life.store);
  const before = journalBytes(store);
  const fresh = life.fresh;
  const { status, signal, stderr, atCall, seen } = await killer.run(life, isLast || life.killsLeft === 0);
  if (signal !== 'SIGKILL') {
    if (!DONE.includes(status)) throw new Error(`status ${status}: ${stderr}`);
    report.ends++;
    await checkEnd(store, JOB, whole, EVENTS_KEPT);
    return true;
  }
  life.killsLeft--;
  report.killed++;
  if (atCall) report.killedAtCall++;
  const hasCommitted = journalBytes(store) !== before;
  if (hasCommitted) report.killedAfterCommit++;
  else report.killedAtStart++;
  // Killed before it had started over, it has left what was there before, which is whole; the next run starts over again.
  const found = await contentsOf(store, JOB);
  if (fresh && shaOf(found) === shaOf(whole, found) && found.topics[JOB]!.end > 0) return false;
  life.fresh = false;
  checkBeginning(found, fresh ? undefined : (seen ?? life.seen), whole);
  life.seen = found;
  return false;
}

interface Killed {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly atCall: boolean;
  /** What a reader has seen just before. */
  readonly seen: Contents | undefined;
}

class Killer {
  readonly #bench: Bench;
  readonly #random: Random;
  readonly #shim: Shim | undefined;
  readonly #counts: readonly (readonly [string, number])[];
  readonly #runMs: number;

  constructor(
    bench: Bench,
    random: Random,
    shim: Shim | undefined,
    counts: ReadonlyMap<string, number>,
    runMs: number,
  ) {
    this.#bench = bench;
    this.#random = random;
    this.#shim = shim;
    this.#counts = [...counts].filter(([kind]) => kind !== 'send');
    this.#runMs = runMs;
  }

  /** A run of the command in this life's store, which is killed or `spared`. */
  async run(life: Life, spared: boolean): Promise<Killed> {
    const random = this.#random;
    const atCall = !spared && this.#shim !== undefined && random.below(4) > 0;
    const args = [
      ...(life.fresh ? ['--fresh'] : []),
      // What one run compresses or gives up, another leaves as it is.
      ...(random.below(4) > 0 ? ['--compress', 'gzip'] : []),
      ...(random.below(4) > 0 ? ['--retain', `${EVENTS_KEPT} events`] : []),
      ...(random.below(4) === 0 ? ['--workers', '3'] : []),
      ...(random.below(4) === 0 ? ['--no-sync'] : []),
    ];
    // In some runs lanes come and go, and key groups move between them, all the time.
    const shuffle = { MILLRACE_SHUFFLE: random.below(4) === 0 ? '1' : '0' };
    const env = { ...shuffle, ...(atCall ? this.#deathAtCall(life.store) : {}) };
    const child = this.#bench.startRun(life.store, { args, env });
    const ending = ended(child);
    const seen = spared || atCall ? undefined : await this.#killInTime(child, life.store);
    return { ...(await ending), atCall, seen };
  }

  /** Any call of any kind; those of the start, which all runs have, more often than others. */
  #deathAtCall(store: string): Record<string, string> {
    const random = this.#random;
    const [kind, count] = this.#counts[random.below(this.#counts.length)]!;
    const call = 1 + Math.floor(random.next() ** 2 * count);
    const mode = DEATHS[random.below(kind === 'write' ? 3 : 2)]!;
    return shimEnv(this.#shim!, { below: this.#bench.path(store), fail: { kind, call, mode } });
  }

  /** After some time, or some time after one of the commits; gives what a reader saw before. */
  async #killInTime(child: ChildProcess, store: string): Promise<Contents | undefined> {
    const random = this.#random;
    const path = this.#bench.path(store);
    const commits = random.below(7);
    const delayMs = random.next() * (commits === 0 ? this.#runMs : 25);
    for (let count = 0, bytes = journalBytes(path); count < commits && child.exitCode === null; ) {
      await pause(1);
      const now = journalBytes(path);
      if (now !== bytes) count++;
      bytes = now;
    }
    await pause(delayMs);
    const looks = random.below(2) === 0 && child.exitCode === null;
    // There may be no store yet.
    const seen = looks && journalBytes(path) > 0 ? await contentsOf(path, JOB) : undefined;
    child.kill('SIGKILL');
    return seen;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms);
  });
}
