import { beforeAll, describe, expect, it } from 'vitest';
import { JobLog } from '../../src/store/job-log.ts';
import { barestCrash, crashStates, fingerprint } from '../support/crash-states.ts';
import type { DiskModel } from '../support/disk-model.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../support/random.ts';
import { BEFORE_FRESH, checkRecovery, goOn, indexOf, live } from '../support/store-life.ts';
import { buryOwners, emptyDisk, isLock, readState, SMALL, STORE } from '../support/store-scenario.ts';

/** Power failures and kills at every moment of a job's life: after each operation on the disk. */

/** Another seed is another order in which calls overtake each other. */
const SEED = Number(process.env['MILLRACE_CRASH_SEED'] ?? 7);

/** Crash states for one moment, where there are more. */
const STATES_MAX = Number(process.env['MILLRACE_CRASH_STATES'] ?? 64);

describe('JobLog, at every moment of its life', () => {
  let trace: FaultyDisk['trace'];
  /** The state that was promised last before each operation of the trace, and after the last. */
  let promised: readonly number[];

  beforeAll(async () => {
    const disk = new FaultyDisk(emptyDisk(), new Random(SEED));
    await live(disk);
    ({ trace } = disk);
    let mark = 0;
    promised = [0, ...trace.map(op => (mark = op.kind === 'mark' ? op.mark : mark))];
    expect(trace.filter(op => op.kind === 'rename' && op.to.endsWith('.index')).length).toBeGreaterThan(4);
    expect(trace.filter(op => op.kind === 'create' && op.path.endsWith('.journal')).length).toBeGreaterThan(
      6,
    );
  });

  it('recovers after a power failure to the last acknowledged commit or the one under way, whatever the disk has kept', async () => {
    const states = distinctCrashes(trace, promised, new Random(SEED + 1));
    for (const { model, before } of states) await checkRecovery(model, before);
    expect(states.length).toBeGreaterThan(800);
  });

  it('recovers after a second power failure in the middle of recovering from the first', async () => {
    const random = new Random(SEED + 2);
    const states = distinctCrashes(trace, promised, random).filter(() => random.below(16) === 0);
    let seconds = 0;
    for (const { model, before } of states) {
      const { trace: recovery, cut } = await checkRecovery(barestCrash(model), before);
      const inRecovery = distinctCrashes(recovery, [], random, model).filter(() => random.below(4) === 0);
      for (const second of inRecovery) await checkRecovery(second.model, before, cut);
      seconds += inRecovery.length;
    }
    expect(seconds).toBeGreaterThan(300);
  });

  it('keeps what a process has promised that went on after another was killed, when the power fails after that', async () => {
    for (const [length, before] of promised.entries()) {
      const disk = FaultyDisk.replay(trace, length, emptyDisk());
      buryOwners(disk.model);
      const log = await JobLog.open(disk, STORE, SMALL);
      const index = indexOf(await readState(disk, log), before);
      await checkRecovery(barestCrash(disk.model), index);

      const end = await goOn(log, index);
      await log.close();
      await checkRecovery(barestCrash(disk.model), end);
    }
  });

  it('recovers from a kill also where nothing is synced but the start of each journal file', async () => {
    const disk = new FaultyDisk(emptyDisk(), new Random(SEED));
    await live(disk, false);
    for (let length = 0, before = 0; length <= disk.trace.length; length++) {
      const last = disk.trace[length - 1];
      if (last?.kind === 'mark') before = last.mark;
      await checkRecovery(FaultyDisk.replay(disk.trace, length, emptyDisk()).model, before);
    }
  });
});

interface Crash {
  readonly model: DiskModel;
  /** The most that was promised before a crash that leaves this state. */
  readonly before: number;
}

/** All different states that crashes during `trace` can leave, on a disk that was like `start`. */
function distinctCrashes(
  trace: FaultyDisk['trace'],
  promised: readonly number[],
  random: Random,
  start = emptyDisk(),
): readonly Crash[] {
  const states = new Map<string, Crash>();
  const disk = new FaultyDisk(barestCrash(start));
  for (let length = 0; ; length++) {
    const before = promised[length] ?? 0;
    for (const model of crashStates(disk.model, { random, statesMax: STATES_MAX, settled: isLock })) {
      // An empty store is the first state, and also the one after a fresh start.
      states.set(`${fingerprint(model, isLock)} ${before > BEFORE_FRESH}`, { model, before });
    }
    const next = trace[length];
    if (next === undefined) return [...states.values()];
    disk.apply(next);
  }
}
