import { beforeAll, describe, expect, it } from 'vitest';
import { JobLog } from '../../src/store/job-log.ts';
import { layout } from '../../src/store/layout.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { planRemoval, removeJob } from '../../src/upkeep/remove-topics.ts';
import { filesOf } from '../support/crash-states.ts';
import { Random } from '../../src/base/random.ts';
import { commitSteps, readState, SMALL, stateAfter, STORE } from '../support/store-scenario.ts';
import { crashesDuring } from './crashes.ts';
import {
  damageIn,
  diskOf,
  eventsIn,
  type Files,
  pathLike,
  soundFiles,
  STEPS,
  verified,
  without,
} from './damaged-stores.ts';

let sound: Files;

beforeAll(async () => {
  sound = await soundFiles();
});

describe('planRemoval', () => {
  it('names what goes, and refuses to take apart what a job has committed together', async () => {
    const disk = diskOf(sound);
    const log = await JobLog.open(disk, STORE, SMALL);
    await log.createTopic('emitted');
    await log.close();
    await expect(planRemoval(disk, STORE, ['out'], [])).rejects.toMatchObject({
      code: 'MILLRACE_USAGE',
      message: '"out" cannot be removed alone: the job "mill" has committed it together with emitted',
    });
    await expect(planRemoval(disk, STORE, ['out.dead'], [])).rejects.toMatchObject({
      code: 'MILLRACE_USAGE',
    });
    const [removal] = await planRemoval(disk, STORE, ['out', 'emitted'], []);
    expect(removal!.topics.map(({ topic }) => topic)).toEqual(['emitted', 'out', 'out.dead']);
    expect(await planRemoval(disk, STORE, [], ['mill'])).toEqual([removal]);
    await expect(planRemoval(disk, STORE, [], ['none'])).rejects.toMatchObject({
      code: 'MILLRACE_TOPIC_NOT_FOUND',
    });
  });
});

describe('removeJob', () => {
  it('leaves nothing of the topics, and a journal by which a later topic is told from the one that was', async () => {
    const disk = diskOf(sound);
    const { epoch } = await TopicReader.open(disk, STORE, 'out');
    await removeJob(disk, STORE, 'mill');
    expect(disk.model.directory(layout.topics(STORE))!.entries.size).toBe(0);
    expect(damageIn(await verified(disk))).toEqual([]);
    const log = await JobLog.open(disk, STORE, SMALL);
    await commitSteps(log, 1, 1);
    expect((await TopicReader.open(disk, STORE, 'out')).epoch).toBeGreaterThan(epoch);
    await log.close();
  });

  it('is refused while the job is written', async () => {
    const disk = diskOf(sound);
    const log = await JobLog.open(disk, STORE, SMALL);
    await expect(removeJob(disk, STORE, 'mill')).rejects.toMatchObject({ code: 'MILLRACE_STORE_LOCKED' });
    await log.close();
    expect((await eventsIn(disk, 'out')).size).toBeGreaterThan(0);
  });

  it('removes what is damaged as well', async () => {
    const disk = diskOf(without(sound, pathLike(sound, '.journal')));
    await removeJob(disk, STORE, 'mill');
    expect(damageIn(await verified(disk))).toEqual([]);
  });

  it('is done or not after a power failure at any moment, and a run begins anew or goes on', async () => {
    const whole = diskOf(sound);
    await removeJob(whole, STORE, 'mill');
    const start = filesOf(diskOf(sound).model);
    let [removed, kept] = [0, 0];
    for (const { disk, at } of crashesDuring(start, whole.trace, new Random(3), 16)) {
      expect(damageIn(await verified(disk)), `after operation ${at}`).toEqual([]);
      const log = await JobLog.open(disk, STORE, SMALL);
      const isKept = Object.keys(log.sources).length > 0;
      if (isKept) kept++;
      else removed++;
      await commitSteps(log, isKept ? STEPS + 1 : 1, isKept ? STEPS : 3);
      expect(await readState(disk, log), `after operation ${at}`).toEqual(stateAfter(isKept ? STEPS : 3));
      await log.close();
      await removeJob(disk, STORE, 'mill');
      expect(disk.model.directory(layout.topics(STORE))!.entries.size).toBe(0);
    }
    expect(kept).toBeGreaterThan(2);
    expect(removed).toBeGreaterThan(20);
  });
});
