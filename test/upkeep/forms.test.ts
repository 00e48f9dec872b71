import { beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { compact, packSealed } from '../../src/store/compact.ts';
import { exportTopic } from '../../src/upkeep/export-topic.ts';
import { importTopic } from '../../src/upkeep/import-topic.ts';
import { filesOf } from '../support/crash-states.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../../src/base/random.ts';
import { emptyDisk, STORE } from '../support/store-scenario.ts';
import {
  damageIn,
  damageSomewhere,
  diskOf,
  eventsIn,
  type Files,
  goneFiles,
  KEEP,
  repair,
  soundFiles,
  verified,
} from './damaged-stores.ts';

/** Stores whose sealed segments are compressed, and compacted: verified, repaired, and moved as any other. */

const ROUNDS = Number(process.env['MILLRACE_REPAIR_ROUNDS'] ?? 40);
const NEVER = new AbortController().signal;
const KEY = { key: 'at' };

const FORMS: Record<string, Files> = {};

beforeAll(async () => {
  const disk = diskOf(await soundFiles());
  await packSealed(disk, STORE, 'out', NEVER);
  FORMS['compressed'] = filesOf(disk.model);
  await compact(disk, STORE, 'out', KEY);
  FORMS['compacted'] = filesOf(disk.model);
  await packSealed(disk, STORE, 'out', NEVER);
  FORMS['compacted and compressed'] = filesOf(disk.model);
});

describe.each(['compressed', 'compacted', 'compacted and compressed'])('a store that is %s', form => {
  it('is sound', async () => {
    expect(damageIn(await verified(diskOf(FORMS[form]!)))).toEqual([]);
  });

  it('is repaired whatever is damaged: no event is changed, none has another offset, and compaction goes on', async () => {
    const files = FORMS[form]!;
    const original = await eventsIn(diskOf(files), 'out');
    const random = new Random(17);
    let repaired = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const damaged = damageSomewhere(files, random);
      const disk = diskOf(damaged);
      const where = `round ${round}`;
      try {
        const plan = await repair(disk, KEEP);
        if (plan.jobs.length > 0) repaired++;
      } catch (error) {
        if (!(error instanceof MillraceError) || error.code !== 'MILLRACE_STORE_VERSION') throw error;
        continue;
      }
      expect(damageIn(await verified(disk)), where).toEqual([]);
      expect(goneFiles(damaged, disk), where).toEqual([]);
      const kept = await eventsIn(disk, 'out');
      for (const [offset, event] of kept) expect(event, where).toBe(original.get(offset));
      const hasJob = await compact(disk, STORE, 'out', KEY).then(
        () => true,
        (error: unknown) => (error as MillraceError).code,
      );
      expect([true, 'MILLRACE_POSITIONS_LOST', 'MILLRACE_TOPIC_NOT_FOUND'], where).toContain(hasJob);
      for (const [offset, event] of await eventsIn(disk, 'out'))
        expect(event, where).toBe(original.get(offset));
      expect(damageIn(await verified(disk)), `${where}, compacted`).toEqual([]);
    }
    expect(repaired).toBeGreaterThan(ROUNDS / 3);
  });

  it('is moved with its offsets', async () => {
    const from = diskOf(FORMS[form]!);
    const disk = new FaultyDisk(emptyDisk());
    await importTopic(disk, STORE, 'moved', exportTopic(from, STORE, 'out', { positions: true }), 700);
    expect(await eventsIn(disk, 'moved')).toEqual(await eventsIn(from, 'out'));
    expect(damageIn(await verified(disk))).toEqual([]);
  });
});
