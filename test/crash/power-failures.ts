import { barestCrash, crashStates, fingerprint } from '../support/crash-states.ts';
import type { DiskModel } from '../support/disk-model.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../../src/base/random.ts';
import type { Life, Recovery } from '../support/store-life.ts';
import { buryOwners, emptyDisk, isLock } from '../support/store-scenario.ts';

/**
 * Power failures at every moment of a job's life, and at every moment of recovering from them: what the disk may then hold,
 * each state once.
 */

/** A disk after a power failure, all durable. */
export interface Crash {
  readonly model: DiskModel;
  /** The most that was promised before a crash that leaves this state. */
  readonly before: number;
}

export interface CrashOptions {
  readonly random: Random;
  /** States for one moment, where there are more. */
  readonly statesMax: number;
  /** Of those, one in so many is taken. */
  readonly oneIn?: number;
}

export interface LifeTrace {
  readonly trace: FaultyDisk['trace'];
  /** The state that was promised last before each operation of the trace, and after the last. */
  readonly promised: readonly number[];
}

/** Lives it once; another seed is another order in which calls overtake each other. */
export async function traceOf(life: Life, seed: number, sync = true): Promise<LifeTrace> {
  const disk = new FaultyDisk(emptyDisk(), new Random(seed));
  await life.live(disk, sync);
  let mark = 0;
  return {
    trace: disk.trace,
    promised: [0, ...disk.trace.map(op => (mark = op.kind === 'mark' ? op.mark : mark))],
  };
}

/** Disks, and what was promised on them, that were looked at already. */
export class Seen {
  readonly #disks = new Set<string>();
  readonly #promises = new Set<string>();

  /** How many different disks there were. */
  get disks(): number {
    return this.#disks.size;
  }

  /** Notes a crash; true where it is one that was not met before. */
  add({ model, before }: Crash): boolean {
    const disk = fingerprint(model, isLock);
    this.#disks.add(disk);
    // The same disk may have to hold more now: what may be lost depends on what was promised.
    const promise = `${disk} ${before}`;
    if (this.#promises.has(promise)) return false;
    this.#promises.add(promise);
    return true;
  }
}

/** All states that crashes during `trace` can leave, on a disk that was like `start`, but for those in `seen`. */
export function* distinctCrashes(
  { trace, promised }: LifeTrace,
  { random, statesMax, oneIn = 1 }: CrashOptions,
  seen: Seen,
  start = emptyDisk(),
): Generator<Crash, void, void> {
  const disk = new FaultyDisk(barestCrash(start));
  for (let length = 0; ; length++) {
    const before = promised[length] ?? promised.at(-1)!;
    for (const model of crashStates(disk.model, { random, statesMax, settled: isLock })) {
      const crash = { model, before };
      if (random.below(oneIn) === 0 && seen.add(crash)) yield crash;
    }
    const next = trace[length];
    if (next === undefined) return;
    disk.apply(next);
  }
}

export interface StatesReport {
  /** Different disks that were recovered, by life. */
  readonly disks: Record<string, number>;
  /** Recoveries, each of which is done twice and gone on from; and of them those of a recovery that was interrupted. */
  recoveries: number;
  inRecovery: number;
  mismatches: string[];
}

export function countDisks({ disks }: StatesReport): number {
  return Object.values(disks).reduce((sum, count) => sum + count, 0);
}

/**
 * Crashes whole lives, with one seed after the other, until so many different disks were recovered; some of them again, in
 * the middle of that recovery.
 */
export async function failPower(options: {
  readonly lives: readonly Life[];
  readonly seed: number;
  readonly disks: number;
  /** States for one moment, where there are more. */
  readonly statesMax: number;
  /** Of those, one in so many is taken. */
  readonly oneIn?: number;
  readonly onState?: (report: StatesReport) => void;
}): Promise<StatesReport> {
  const { lives, seed, disks, statesMax, oneIn = 1, onState = () => undefined } = options;
  const report: StatesReport = { disks: {}, recoveries: 0, inRecovery: 0, mismatches: [] };
  const crashing = { random: new Random(seed), statesMax, oneIn };
  const seen = new Map(lives.map(life => [life, new Seen()]));
  for (let own = seed; countDisks(report) < disks; own++) {
    for (const life of lives) {
      for (const crash of distinctCrashes(await traceOf(life, own), crashing, seen.get(life)!)) {
        await crashTwice(life, crash, crashing, seen.get(life)!, report, own);
        report.disks[life.name] = seen.get(life)!.disks;
        onState(report);
        if (report.mismatches.length > 0) return report;
      }
    }
  }
  return report;
}

/** One crash, and for some of them others in the middle of the recovery from it. */
async function crashTwice(
  life: Life,
  { model, before }: Crash,
  crashing: CrashOptions,
  seen: Seen,
  report: StatesReport,
  seed: number,
): Promise<void> {
  const check = async (start: DiskModel, owed: readonly Buffer[]): Promise<Recovery | undefined> => {
    report.recoveries++;
    try {
      return await life.checkRecovery(start, before, owed, report.recoveries % 8 === 0);
    } catch (error) {
      const where = `${life.name} life, seed ${seed}, recovery ${report.recoveries}, promised ${before}`;
      report.mismatches.push(`${where}: ${(error as Error).message}`);
      return undefined;
    }
  };
  const recovery = await check(barestCrash(model), []);
  if (recovery === undefined || crashing.random.below(16) > 0) return;
  const inRecovery = { trace: recovery.trace, promised: [before] };
  for (const second of distinctCrashes(
    inRecovery,
    { ...crashing, oneIn: 4 * (crashing.oneIn ?? 1) },
    seen,
    model,
  )) {
    report.inRecovery++;
    await check(second.model, recovery.cut);
  }
}

/** As few crashes as there need be so that recovering from them makes every call that recovering from any makes. */
export async function tellingCrashes(life: Life, seed: number): Promise<readonly Crash[]> {
  const crashing = { random: new Random(seed), statesMax: 4 };
  const telling: Crash[] = [];
  const sites = new Set<string>();
  for (const { model, before } of distinctCrashes(await traceOf(life, seed), crashing, new Seen())) {
    const copy = barestCrash(model);
    buryOwners(copy);
    const disk = new FaultyDisk(copy);
    disk.calledAt = new Set();
    await (await life.open(disk)).close();
    if ([...disk.calledAt].every(site => sites.has(site))) continue;
    for (const site of disk.calledAt) sites.add(site);
    telling.push({ model, before });
  }
  return telling;
}
