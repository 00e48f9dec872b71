import { beforeEach, describe, expect, it } from 'vitest';
import { layout } from '../../src/store/layout.ts';
import { checkStore, ensureStore, ensureTopic, ownerOf } from '../../src/store/store-file.ts';
import { barestCrash } from '../support/crash-states.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../../src/base/random.ts';
import { newDisk } from '../support/small-store.ts';
import { emptyDisk, STORE } from '../support/store-scenario.ts';

let disk: FaultyDisk;

beforeEach(() => {
  disk = newDisk();
});

describe('ensureStore', () => {
  it('makes the store and all directories above it, durable', async () => {
    expect(await checkStore(disk, STORE)).toBe(false);
    await ensureStore(disk, STORE);
    const left = new FaultyDisk(barestCrash(disk.model));
    expect(await checkStore(left, STORE)).toBe(true);
    expect(await left.list(STORE)).toEqual(['jobs', 'store.json', 'topics']);
  });

  it('changes nothing where there is a store', async () => {
    await ensureStore(disk, STORE);
    const { length } = disk.trace;
    await ensureStore(disk, STORE);
    expect(disk.trace.length).toBe(length);
  });

  it('rejects a store of another version, and leaves it alone', async () => {
    disk.model.place('/data/store.json', Buffer.from('{"version":3}'));
    await expect(ensureStore(disk, '/data')).rejects.toMatchObject({ code: 'MILLRACE_STORE_VERSION' });
    expect(disk.trace).toEqual([]);
  });

  it('lets two processes make the same store at the same time', async () => {
    for (let seed = 0; seed < 30; seed++) {
      disk = new FaultyDisk(emptyDisk(), new Random(seed));
      await Promise.all([ensureStore(disk, STORE), ensureStore(disk, STORE)]);
      expect(await checkStore(disk, STORE)).toBe(true);
    }
  });
});

async function makeJobs(...jobs: readonly string[]): Promise<void> {
  await ensureStore(disk, STORE);
  for (const job of jobs) await disk.makeDirectory(layout.job(STORE, job));
}

describe('ensureTopic', () => {
  it('makes a topic that belongs to the job, durable, and may be called again', async () => {
    await makeJobs('mill');
    await ensureTopic(disk, STORE, 'out', 'mill');
    await ensureTopic(disk, STORE, 'out', 'mill');
    expect(await ownerOf(new FaultyDisk(barestCrash(disk.model)), STORE, 'out')).toBe('mill');
  });

  it('makes durable what another process of the job has made and was killed before it was', async () => {
    await makeJobs('mill');
    const { length } = disk.trace;
    await ensureTopic(disk, STORE, 'out', 'mill');
    const killedAt = disk.trace.findIndex(
      (op, index) => index >= length && op.kind === 'rename' && op.to.endsWith('/out'),
    );
    const after = FaultyDisk.replay(disk.trace, killedAt + 1, emptyDisk());
    await ensureTopic(after, STORE, 'out', 'mill');
    expect(await ownerOf(new FaultyDisk(barestCrash(after.model)), STORE, 'out')).toBe('mill');
  });

  it('gives the topic to one of two jobs that come at the same time, and rejects the other', async () => {
    for (let seed = 0; seed < 30; seed++) {
      disk = new FaultyDisk(emptyDisk(), new Random(seed));
      await makeJobs('one', 'two');
      const outcomes = await Promise.allSettled(
        ['one', 'two'].map(job => ensureTopic(disk, STORE, 'out', job)),
      );
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      expect(outcomes[1 - winner]).toMatchObject({ reason: { code: 'MILLRACE_TOPIC_OWNED' } });
      expect(await ownerOf(disk, STORE, 'out')).toBe(['one', 'two'][winner]);
    }
  });
});
