import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/base/random.ts';
import { Bench, JOB, type RunChoices } from './bench.ts';
import { checkBeginning, checkEnd, type Contents, contentsOf } from './contents.ts';
import { countCalls, readTrace, type Shim, shimEnv } from './shim.ts';

/**
 * Real runs on a disk that fails or is full: each must end well or with the exit status of a failed output and a code, what it
 * has committed must stand, and the same command without the trouble must come to the same end as an undisturbed run.
 */

export interface FaultReport {
  trials: number;
  /** Runs that ended with an error; the others have come to their end in spite of the fault. */
  failed: number;
  mismatches: string[];
}

const DONE: readonly unknown[] = [0, 6];
const { EIO, ENOSPC, EMFILE } = constants.errno;

class Trials {
  readonly bench: Bench;
  readonly report: FaultReport = { trials: 0, failed: 0, mismatches: [] };
  readonly whole: Contents;

  constructor(bench: Bench, whole: Contents) {
    this.bench = bench;
    this.whole = whole;
  }

  /** A run with this trouble in the store, and then one without it. */
  async trial(what: string, store: string, choices: RunChoices, relieve: () => void = () => undefined) {
    const path = this.bench.path(store);
    this.report.trials++;
    try {
      const { status, signal, stderr } = await this.bench.run(store, choices);
      if (!DONE.includes(status)) {
        this.report.failed++;
        assert.match(stderr, /MILLRACE_/, `no code: ${stderr}`);
        assert.equal(status, 4, `status ${status} ${signal}: ${stderr}`);
        checkBeginning(await contentsOf(path, JOB), undefined, this.whole);
      }
      relieve();
      const again = await this.bench.run(store);
      assert.ok(DONE.includes(again.status), `the next run ended with ${again.status}: ${again.stderr}`);
      await checkEnd(path, JOB, this.whole);
    } catch (error) {
      this.report.mismatches.push(`${what}: ${(error as Error).message}`);
    } finally {
      this.bench.remove(store);
    }
  }
}

/** Every call that a run makes fails, one after the other: in a new store, and in one that a killed run has left. */
export async function failEachCall(options: {
  readonly shim: Shim;
  readonly seed: number;
  readonly events: number;
  /** Share of all trials that are made, evenly drawn. */
  readonly share: number;
  readonly onTrial?: (report: FaultReport) => void;
}): Promise<FaultReport> {
  const { shim, seed, events, share, onTrial = () => undefined } = options;
  const random = new Random(seed);
  const bench = new Bench({ events, seed });
  try {
    const trials = new Trials(bench, await undisturbed(bench));
    await leaveKilled(bench, shim);
    for (const start of ['new', 'killed'] as const) {
      const make = (store: string): void => {
        if (start === 'killed') cpSync(bench.path('killed'), bench.path(store), { recursive: true });
      };
      make('counted');
      const trace = bench.path('trace');
      await bench.run('counted', { env: shimEnv(shim, { below: bench.path('counted'), trace }) });
      const counts = countCalls(readTrace(trace));
      rmSync(trace);
      for (const [kind, count] of counts) {
        for (const [errno, mode] of failuresOf(kind)) {
          for (let call = 1; call <= count; call++) {
            if (random.next() >= share) continue;
            const store = `trial-${trials.report.trials}`;
            make(store);
            const fail = { kind, call, errno, mode };
            const env = shimEnv(shim, { below: bench.path(store), fail });
            await trials.trial(`${start} store, ${kind} ${call} of ${count}, ${errno} ${mode}`, store, {
              env,
            });
            onTrial(trials.report);
          }
        }
      }
    }
    return trials.report;
  } finally {
    bench.close();
  }
}

/** How a call of this kind fails. Nothing that is sent over a socket is of the disk. */
function failuresOf(kind: string): readonly (readonly [number, 'once' | 'forgood' | 'short'])[] {
  if (kind === 'send') return [];
  if (kind === 'write')
    return [
      [EIO, 'once'],
      [ENOSPC, 'once'],
      [ENOSPC, 'forgood'],
      [0, 'short'],
    ];
  if (kind === 'open' || kind === 'list')
    return [
      [EIO, 'once'],
      [EMFILE, 'once'],
      [EMFILE, 'forgood'],
    ];
  return [
    [EIO, 'once'],
    [EIO, 'forgood'],
    [ENOSPC, 'once'],
  ];
}

/** A store of a run that was killed in the middle of a write, one of its last. */
async function leaveKilled(bench: Bench, shim: Shim): Promise<void> {
  for (let call = 40; ; call -= 4) {
    assert.ok(call > 0, 'the run has ended before it could be killed');
    const fail = { kind: 'write', call, mode: 'torn' } as const;
    const env = shimEnv(shim, { below: bench.path('killed'), fail });
    if ((await bench.run('killed', { env })).signal === 'SIGKILL') return;
    bench.remove('killed');
  }
}

async function undisturbed(bench: Bench): Promise<Contents> {
  const { status, stderr } = await bench.run('undisturbed');
  assert.equal(status, 6, stderr);
  return contentsOf(bench.path('undisturbed'), JOB);
}

/** No file may grow beyond a limit (RLIMIT_FSIZE), and then it may: as many limits as `sizes`, from 512 bytes on. */
export async function limitFileSizes(options: {
  readonly seed: number;
  readonly events: number;
  readonly sizes: number;
  readonly blocksMax: number;
  readonly onTrial?: (report: FaultReport) => void;
}): Promise<FaultReport> {
  const { seed, events, sizes, blocksMax, onTrial = () => undefined } = options;
  const bench = new Bench({ events, seed });
  try {
    const trials = new Trials(bench, await undisturbed(bench));
    for (let size = 0; size < sizes; size++) {
      const fileBlocksMax = 1 + Math.floor((size * blocksMax) / sizes);
      await trials.trial(`files of at most ${fileBlocksMax * 512} bytes`, `limit-${size}`, { fileBlocksMax });
      onTrial(trials.report);
    }
    return trials.report;
  } finally {
    bench.close();
  }
}

/** A disk that is full, and then is not: a small tmpfs with ballast. Where it cannot be mounted, the reason. */
export async function fillDisk(options: {
  readonly seed: number;
  readonly events: number;
  readonly sizes: number;
  readonly bytesMax: number;
  readonly onTrial?: (report: FaultReport) => void;
}): Promise<FaultReport | string> {
  const { seed, events, sizes, bytesMax, onTrial = () => undefined } = options;
  const mount = mkdtempSync(join(tmpdir(), 'millrace-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'none', mount], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    rmSync(mount, { recursive: true });
    return `a tmpfs cannot be mounted here: ${mounted.error?.message ?? mounted.stderr}`;
  }
  const bench = new Bench({ events, seed, above: mount });
  try {
    const trials = new Trials(bench, await undisturbed(bench));
    bench.remove('undisturbed');
    for (let size = 0; size < sizes; size++) {
      const ballast = bench.path('ballast');
      fill(ballast, Math.floor((size * bytesMax) / sizes));
      const store = `full-${size}`;
      await trials.trial(`${size} of ${sizes} on a full disk`, store, {}, () => rmSync(ballast));
      onTrial(trials.report);
    }
    return trials.report;
  } finally {
    bench.close();
    spawnSync('umount', [mount]);
    rmSync(mount, { recursive: true, force: true });
  }
}

/** Takes all the space there is but for `freeBytes`. */
function fill(path: string, freeBytes: number): void {
  const piece = Buffer.alloc(64 * 1024);
  let bytes = 0;
  try {
    for (; ; bytes += piece.length) writeFileSync(path, piece, { flag: 'a' });
  } catch {
    truncateSync(path, Math.max(0, bytes - freeBytes));
  }
}
