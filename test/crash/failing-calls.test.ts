import { beforeAll, describe, expect, it } from 'vitest';
import { barestCrash, filesOf } from '../support/crash-states.ts';
import { DiskModel } from '../support/disk-model.ts';
import { CALL_KINDS, type CallKind, FaultyDisk } from '../support/faulty-disk.ts';
import { READ_LIFE, SHORT_LIFE } from '../support/store-life.ts';
import { emptyDisk } from '../support/store-scenario.ts';
import {
  failAtLock,
  failEach,
  failInLife,
  failInReading,
  failInRecovery,
  type Mode,
  untriedCalls,
} from './failing-calls.ts';
import { type Crash, tellingCrashes } from './power-failures.ts';

/** Every call fails, in two ways; `node scripts/proof.mjs calls` has all ways, and the real program. */

/** A job removes files, and no directory. */
const OF_JOBS = CALL_KINDS.filter(kind => kind !== 'removeDirectory');

const ONCE: Mode = { code: 'EIO', forGood: false };
const MODES: readonly Mode[] = [ONCE, { code: 'ENOSPC', forGood: true }];

/** Calls that none of these lives makes: the reasons stand behind them. */
const UNREACHED: Readonly<Record<string, readonly string[]>> = {
  // An index that is gone since recovery has made it.
  'housekeeper.ts': ['return (await rebuildIndex(file, topic, row)'],
  // What a repair puts aside, which has tests of its own.
  'quarantine.ts': ["const file = await disk.open(path, 'read');", 'await file.close();'],
};

/** Where in the store a call was made that has failed, over all tests. */
const sites = new Set<string>();

describe('JobLog, when a call to the disk fails', () => {
  let starts: readonly Crash[];

  beforeAll(async () => {
    starts = await tellingCrashes(SHORT_LIFE, 7);
  }, 600_000);

  it.each(OF_JOBS)(
    'rejects or goes on, and loses nothing that it has promised, at every failing %s',
    async kind => {
      const attempts = await failEach(kind, MODES, failure => failInLife(SHORT_LIFE, failure), sites);
      expect(attempts).toBeGreaterThan(6);
    },
    600_000,
  );

  it.each(OF_JOBS)(
    'does the same while it recovers, at every failing %s',
    async kind => {
      let attempts = 0;
      for (const start of starts)
        attempts += await failEach(
          kind,
          [ONCE],
          failure => failInRecovery(SHORT_LIFE, start, failure),
          sites,
        );
      expect(attempts).toBeGreaterThan(3);
    },
    600_000,
  );

  it('keeps what a reader was shown meanwhile, at every failing datasync', async () => {
    const attempts = await failEach('datasync', MODES, failure => failInLife(READ_LIFE, failure));
    expect(attempts).toBeGreaterThan(50);
  }, 600_000);

  it('leaves the lock of another process alone, at every failing remove', async () => {
    const attempts = await failEach('remove', [ONCE], failure => failAtLock(SHORT_LIFE, failure), sites);
    expect(attempts).toBeGreaterThan(0);
  });

  it('goes on with a write that was short, at every write and however short', async () => {
    const short = [{ code: 'short', forGood: false }] as const;
    expect(await failEach('write', short, failure => failInLife(SHORT_LIFE, failure))).toBeGreaterThan(20);
    for (const writeBytesMax of [1, 7, 100]) {
      const disk = new FaultyDisk(emptyDisk());
      disk.writeBytesMax = writeBytesMax;
      await SHORT_LIFE.live(disk);
      await SHORT_LIFE.checkRecovery(barestCrash(disk.model), SHORT_LIFE.states.length - 1);
    }
  });

  it('takes a write of nothing for a full disk instead of trying for ever', async () => {
    const disk = new FaultyDisk(emptyDisk());
    disk.writeBytesMax = 0;
    await expect(SHORT_LIFE.live(disk)).rejects.toMatchObject({
      code: 'MILLRACE_STORE_WRITE',
      message: expect.stringMatching(/no space left/) as string,
    });
  });
});

describe('TopicReader, when a call to the disk fails', () => {
  const READING: readonly CallKind[] = ['list', 'open', 'size', 'read', 'datasync', 'close'];

  it.each(READING)(
    'rejects with an error of the store, and shows nothing else than what is there, at every failing %s',
    async kind => {
      const disk = new FaultyDisk(emptyDisk());
      await SHORT_LIFE.live(disk);
      const whole = filesOf(disk.model);
      const bare = new Map([...whole].filter(([path]) => !path.endsWith('.index')));
      for (const files of [whole, bare]) {
        const read = new FaultyDisk(DiskModel.of(files));
        const attempts = await failEach(
          kind,
          MODES,
          failure => failInReading(SHORT_LIFE, read, failure),
          sites,
        );
        expect(attempts).toBeGreaterThan(4);
      }
    },
    600_000,
  );
});

describe('the calls of the store', () => {
  const store = new URL('../../src/store/', import.meta.url);

  it('have all failed, where one of the file has: each place in the source at which one is made', () => {
    const reached = new Set([...sites].map(site => site.split(':')[0]!));
    expect(reached.size).toBeGreaterThan(8);
    const isLeftOut = (name: string, line: string): boolean =>
      !reached.has(name) || name === 'disk.ts' || UNREACHED[name]?.some(text => line.includes(text)) === true;
    expect(untriedCalls(store, sites, isLeftOut)).toEqual([]);
  });
});
