import { beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../src/store/lock.ts';
import { filesOf } from '../support/crash-states.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../../src/base/random.ts';
import { newDisk } from '../support/small-store.ts';
import { emptyDisk } from '../support/store-scenario.ts';

interface Owner {
  pid: number;
  started: string;
  space: string;
}

let disk: FaultyDisk;

beforeEach(async () => {
  disk = newDisk();
  await disk.makeDirectory('/data/lock');
});

const take = (on = disk): Promise<() => Promise<void>> => takeLock(on, '/data/lock', 'the job "mill"');

const owners = (): string[] => [...filesOf(disk.model, '/data/lock').keys()];

/** What an owner like this process, but for `change`, leaves behind. */
async function leaveOwner(change: (owner: Owner) => Partial<Owner>): Promise<void> {
  const release = await take();
  const [content] = filesOf(disk.model, '/data/lock').values();
  await release();
  const owner = JSON.parse(Buffer.from(content!).toString('utf8')) as Owner;
  disk.model.place('/data/lock/1-left', Buffer.from(JSON.stringify({ ...owner, ...change(owner) })));
}

describe('takeLock', () => {
  it('rejects while another owner lives, and names its process', async () => {
    const release = await take();
    await expect(take()).rejects.toMatchObject({
      code: 'MILLRACE_STORE_LOCKED',
      message: `the job "mill" is being written by process ${process.pid}`,
    });
    await release();
    await (await take())();
    expect(owners()).toEqual([]);
  });

  it('takes no notice of a process that is gone', async () => {
    await leaveOwner(() => ({ pid: 2 ** 22 + 1 }));
    await take();
    expect(owners()).toHaveLength(1);
  });

  it('takes no notice of a process whose number another one has now', async () => {
    await leaveOwner(() => ({ started: '1' }));
    await expect(take()).resolves.toBeTypeOf('function');
  });

  it('takes no notice of what ran on this machine before it was started again', async () => {
    await leaveOwner(({ space }) => {
      const [host, , pids] = space.split(' ');
      return { space: `${host} 00000000-0000-0000-0000-000000000000 ${pids}` };
    });
    await expect(take()).resolves.toBeTypeOf('function');
  });

  it('takes a process of another host or container to be alive, and says what to do', async () => {
    for (const elsewhere of ['other-host boot pid:[1]', 'other-host  ']) {
      disk = newDisk();
      await disk.makeDirectory('/data/lock');
      await leaveOwner(() => ({ pid: 2 ** 22 + 1, space: elsewhere }));
      await expect(take()).rejects.toMatchObject({
        code: 'MILLRACE_STORE_LOCKED',
        hint: expect.stringMatching(
          /another container or on another host; if it is gone, remove the files in "\/data\/lock"/,
        ) as string,
      });
    }
  });

  it('takes no notice of files that a crash of the machine has emptied or torn', async () => {
    for (const content of ['', '{"pid":1', '\0'.repeat(80)]) {
      disk.model.place(`/data/lock/9-${content.length}`, Buffer.from(content));
    }
    disk.model.place('/data/lock/9-x.partial', Buffer.from('{"pid"'));
    await expect(take()).resolves.toBeTypeOf('function');
  });

  it('never gives the lock to two of many that come at the same time', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const contended = new FaultyDisk(emptyDisk(), new Random(seed));
      await contended.makeDirectory('/data/lock');
      let holders = 0;
      const attempts = Array.from({ length: 4 }, async () => {
        const release = await take(contended);
        holders++;
        expect(holders).toBe(1);
        await contended.list('/data');
        holders--;
        await release();
      });
      const outcomes = await Promise.allSettled(attempts);
      const failures = outcomes.flatMap(outcome =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      );
      for (const failure of failures) expect(failure).toMatchObject({ code: 'MILLRACE_STORE_LOCKED' });
      expect(failures.length).toBeLessThan(4);
    }
  });
});
