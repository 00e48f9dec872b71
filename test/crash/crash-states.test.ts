import { describe, expect, it } from 'vitest';
import { barestCrash } from '../support/crash-states.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { LIVES, SHORT_LIFE } from '../support/store-life.ts';
import { buryOwners, emptyDisk, readState } from '../support/store-scenario.ts';
import { countDisks, failPower, traceOf } from './power-failures.ts';

/** Power failures and kills at every moment of a job's life; `node scripts/proof.mjs states` tries many more. */

/** Another seed is another order in which calls overtake each other. */
const SEED = Number(process.env['MILLRACE_CRASH_SEED'] ?? 7);

describe('JobLog, at every moment of its life', () => {
  it('leaves a trace in which all that can be interrupted comes to pass', async () => {
    const { trace } = await traceOf(SHORT_LIFE, SEED);
    const indexes = trace.filter(op => op.kind === 'rename' && op.to.endsWith('.index'));
    const journals = trace.filter(op => op.kind === 'create' && op.path.endsWith('.journal'));
    expect(indexes.length).toBeGreaterThan(4);
    expect(journals.length).toBeGreaterThan(6);
  });

  it.each(LIVES)(
    'recovers after a power failure, also in the middle of recovering from another, whatever the disk has kept ($name life)',
    async life => {
      const oneIn = life === SHORT_LIFE ? 1 : 4;
      const report = await failPower({ lives: [life], seed: SEED, disks: 1, statesMax: 6, oneIn });
      expect(report.mismatches).toEqual([]);
      expect(countDisks(report)).toBeGreaterThanOrEqual(300);
      expect(report.inRecovery).toBeGreaterThan(50);
    },
    600_000,
  );

  it('keeps what a process has promised that went on after another was killed, when the power fails after that', async () => {
    const { trace, promised } = await traceOf(SHORT_LIFE, SEED);
    for (const [length, before] of promised.entries()) {
      const disk = FaultyDisk.replay(trace, length, emptyDisk());
      buryOwners(disk.model);
      const log = await SHORT_LIFE.open(disk);
      const index = SHORT_LIFE.indexOf(await readState(disk, log), before);
      await SHORT_LIFE.checkRecovery(barestCrash(disk.model), index);

      const end = await SHORT_LIFE.goOn(log, index);
      await log.close();
      await SHORT_LIFE.checkRecovery(barestCrash(disk.model), end);
    }
  }, 600_000);

  it('recovers from a kill also where nothing is synced but the start of each journal file', async () => {
    const { trace, promised } = await traceOf(SHORT_LIFE, SEED, false);
    for (const [length, before] of promised.entries()) {
      await SHORT_LIFE.checkRecovery(FaultyDisk.replay(trace, length, emptyDisk()).model, before);
    }
  }, 600_000);
});
