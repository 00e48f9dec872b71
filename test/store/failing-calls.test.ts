import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { listTopics, TopicReader } from '../../src/store/topic-reader.ts';
import { verifyTopic } from '../support/verify-topic.ts';
import { barestCrash } from '../support/crash-states.ts';
import { CALL_KINDS, type CallKind, type Failure, FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../support/random.ts';
import { checkRecovery, goOn, indexOf, live, promisedIn, STATES } from '../support/store-life.ts';
import {
  buryOwners,
  emptyDisk,
  readState,
  readTopic,
  SMALL,
  STORE,
  TOPICS,
} from '../support/store-scenario.ts';

/** Every call of every kind fails in its turn, once or from then on for good. */

const MODES = [
  { code: 'EIO', forGood: false },
  { code: 'ENOSPC', forGood: true },
] as const;

/** Calls `attempt` with a failure at the first call of this kind, at the second, and so on until none is left to fail. */
async function failEach(
  kind: CallKind,
  attempt: (failure: Failure) => Promise<{ readonly failed: number }>,
): Promise<number> {
  for (const mode of MODES) {
    for (let call = 1; ; call++) {
      const { failed } = await attempt({ kind, call, ...mode });
      if (failed > 0) continue;
      if (mode.forGood) return call - 1;
      break;
    }
  }
  throw new Error('unreachable');
}

async function caught(doing: Promise<unknown>): Promise<unknown> {
  return doing.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('JobLog, when a call to the disk fails', () => {
  // A job removes files, and no directory.
  it.each(CALL_KINDS.filter(kind => kind !== 'removeDirectory'))(
    'rejects or goes on, and loses nothing that it has promised, at every failing %s',
    async kind => {
      const calls = await failEach(kind, async failure => {
        const disk = new FaultyDisk(emptyDisk(), new Random(3));
        disk.failure = failure;
        const error = await caught(live(disk));
        if (error === undefined) expect(promisedIn(disk.trace)).toBe(STATES.length - 1);
        else expectStoreError(error);
        expect(disk.openFiles, 'files left open').toBe(0);

        // The process is gone, but not the page cache; and what a failed sync has left there never reaches the disk.
        disk.failure = undefined;
        buryOwners(disk.model);
        const promised = promisedIn(disk.trace);
        const log = await JobLog.open(disk, STORE, SMALL);
        const index = indexOf(await readState(disk, log), promised);
        await checkRecovery(barestCrash(disk.model), index);
        const end = await goOn(log, index);
        await log.close();
        await checkRecovery(barestCrash(disk.model), end);
        return disk;
      });
      expect(calls).toBeGreaterThan(3);
    },
    120_000,
  );

  it('goes on with a write that was short, however short', async () => {
    for (const writeBytesMax of [1, 7, 100]) {
      const disk = new FaultyDisk(emptyDisk());
      disk.writeBytesMax = writeBytesMax;
      await live(disk);
      await checkRecovery(barestCrash(disk.model), STATES.length - 1);
    }
  });

  it('takes a write of nothing for a full disk instead of trying for ever', async () => {
    const disk = new FaultyDisk(emptyDisk());
    disk.writeBytesMax = 0;
    await expect(live(disk)).rejects.toMatchObject({
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
      await live(disk);
      const { contents } = STATES.at(-1)!;
      const read = async (): Promise<string> => {
        expect(await listTopics(disk, STORE)).toEqual(TOPICS);
        const reader = await TopicReader.open(disk, STORE, 'out');
        await reader.refresh();
        await verifyTopic(disk, STORE, 'out');
        return readTopic(disk, 'out');
      };
      const calls = await failEach(kind, async failure => {
        disk.calls.clear();
        const failedBefore = disk.failed;
        disk.failure = failure;
        const outcome = await read().catch((error: unknown) => error);
        if (typeof outcome === 'string') expect(outcome).toBe(contents['out']);
        else expectStoreError(outcome);
        disk.failure = undefined;
        expect(await read()).toBe(contents['out']);
        expect(disk.openFiles, 'files left open').toBe(0);
        return { failed: disk.failed - failedBefore };
      });
      expect(calls).toBeGreaterThan(2);
    },
  );
});

function expectStoreError(error: unknown): void {
  if (!(error instanceof MillraceError)) throw error;
  expect(error.exit, error.message).toBe(4);
}
