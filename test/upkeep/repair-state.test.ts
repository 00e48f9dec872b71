import { beforeAll, describe, expect, it } from 'vitest';
import { stateTopicOf } from '../../src/base/names.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';
import { readState } from '../../src/store/read-state.ts';
import { filesOf } from '../support/crash-states.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { emptyDisk, SMALL, STORE } from '../support/store-scenario.ts';
import { changed, damageIn, diskOf, type Files, KEEP, pathLike, repair, verified } from './damaged-stores.ts';

/** A job that counts events by key, of whose state something is lost: it must not go on as if the rest were all. */

const STATE = stateTopicOf(SMALL.job);
const REWIND = { rewind: true, keepPositions: false };
const COUNTER = { ...SMALL, topics: ['out', STATE], journalBytesMax: 100_000 };

let sound: Files;

/** Counts each of three keys once more, in one commit; or only writes an event. */
async function count(log: JobLog, round: number, isState = true): Promise<void> {
  const changes = ['a', 'b', 'c'].map(key => `${JSON.stringify({ key, value: round })}\n`).join('');
  for (const [topic, text, lines] of [
    ['out', `${round}\n`, 1],
    [STATE, changes, 3],
  ] as const) {
    if (topic === STATE && !isState) continue;
    log.topic(topic).append(Buffer.from(text), 0, text.length);
    log.topic(topic).endChunk(lines);
  }
  const account = { ...EMPTY_ACCOUNT, read: round, kept: round, written: round };
  await log.commit(Promise.resolve({ '/in': { offset: round, line: round } }), account);
}

beforeAll(async () => {
  const disk = new FaultyDisk(emptyDisk());
  for (const rounds of [
    [1, 2, 3],
    [4, 5],
  ]) {
    const log = await JobLog.open(disk, STORE, COUNTER);
    for (const round of rounds) await count(log, round);
    await log.close();
  }
  sound = filesOf(disk.model);
  expect(damageIn(await verified(disk))).toEqual([]);
});

/** The store with a byte changed in a frame of its state: at so many bytes from the end. */
function damaged(topic: string, back: number): Files {
  return changed(sound, pathLike(sound, `/${topic}/0`), content => {
    content[content.length - back]! ^= 1;
    return content;
  });
}

describe('a repair that cuts changes out of the state of keys', () => {
  it.each([3, 80])(
    'lets the job not go on with what is left, until it is told to (%i bytes back)',
    async back => {
      const disk = diskOf(damaged(STATE, back));
      const [job] = (await repair(disk, KEEP)).jobs;
      expect(job).toMatchObject({ positions: 'lost', isStateLost: true });
      expect(damageIn(await verified(disk))).toEqual([]);
      await expect(JobLog.open(disk, STORE, COUNTER)).rejects.toMatchObject({
        code: 'MILLRACE_POSITIONS_LOST',
        message: expect.stringContaining('state') as string,
      });
      expect((await repair(disk, KEEP)).jobs).toEqual([]);
      await repair(disk, { rewind: false, keepPositions: true });
      const log = await JobLog.open(disk, STORE, COUNTER);
      await count(log, 6);
      await log.close();
      expect([...(await readState(disk, STORE, SMALL.job)).entries()]).toContainEqual(['a', '6']);
    },
  );

  it('lets it go on at once where the repair itself is told to', async () => {
    const disk = diskOf(damaged(STATE, 3));
    const [job] = (await repair(disk, { rewind: false, keepPositions: true })).jobs;
    expect(job).toMatchObject({ positions: 'forgiven', isStateLost: true });
    await (await JobLog.open(disk, STORE, COUNTER)).close();
  });

  it('lets it go on where it goes back to before the damage: no change is lost then', async () => {
    const disk = diskOf(damaged(STATE, 3));
    const [job] = (await repair(disk, REWIND)).jobs;
    expect(job).toMatchObject({ positions: 'rewound', isStateLost: false });
    const log = await JobLog.open(disk, STORE, COUNTER);
    await count(log, 5);
    await log.close();
    expect([...(await readState(disk, STORE, SMALL.job)).entries()]).toEqual([
      ['a', '5'],
      ['b', '5'],
      ['c', '5'],
    ]);
  });

  it('lets it be started over', async () => {
    const disk = diskOf(damaged(STATE, 3));
    await repair(disk, KEEP);
    await (await JobLog.open(disk, STORE, { ...COUNTER, fresh: true })).close();
    await (await JobLog.open(disk, STORE, COUNTER)).close();
  });

  it('does so for state alone: events that are lost change nothing of it', async () => {
    const disk = diskOf(damaged('out', 2));
    const [job] = (await repair(disk, KEEP)).jobs;
    expect(job).toMatchObject({ positions: 'kept', isStateLost: false });
    await (await JobLog.open(disk, STORE, COUNTER)).close();
  });

  it('does so too where a line of the journal is damaged that no later one makes up for', async () => {
    const disk = diskOf(sound);
    const log = await JobLog.open(disk, STORE, COUNTER);
    await count(log, 6);
    await count(log, 7, false);
    await log.close();
    const files = filesOf(disk.model);
    const path = pathLike(files, '.journal');
    const [snapshot] = Buffer.from(files.get(path)!).toString().split('\n');
    const gapped = diskOf(
      changed(files, path, content => {
        content[snapshot!.length + 21]! ^= 1;
        return content;
      }),
    );
    const [job] = (await repair(gapped, KEEP)).jobs;
    expect(job).toMatchObject({ losses: [], positions: 'lost', isStateLost: true });
    expect(job!.unproven).toMatchObject([{ topic: STATE, events: 3 }]);
    await expect(JobLog.open(gapped, STORE, COUNTER)).rejects.toMatchObject({
      code: 'MILLRACE_POSITIONS_LOST',
    });
  });
});
