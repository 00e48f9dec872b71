import { beforeAll, describe, expect, it } from 'vitest';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';
import { layout } from '../../src/store/layout.ts';
import { importTopic } from '../../src/upkeep/import-topic.ts';
import { filesOf } from '../support/crash-states.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { newDisk, openLog } from '../support/small-store.ts';
import { STORE } from '../support/store-scenario.ts';
import {
  changed,
  damageIn,
  diskOf,
  eventsIn,
  type Files,
  pathLike,
  verified,
  without,
} from './damaged-stores.ts';

/** What an import finds under the name that it is given, and leaves as it is, although there is no event. */

let imported: Files;

beforeAll(async () => {
  const disk = newDisk();
  await importText(disk, '{"a":1}\n');
  imported = filesOf(disk.model);
});

async function importText(disk: FaultyDisk, text: string): Promise<void> {
  async function* input(): AsyncGenerator<Uint8Array, void, void> {
    yield Buffer.from(text);
  }
  await importTopic(disk, STORE, 'moved', input(), 700);
}

/** Whatever is to be imported, it is refused, and no file is another one afterwards. */
async function expectTaken(disk: FaultyDisk): Promise<void> {
  const before = filesOf(disk.model);
  for (const text of ['{"a":1}\n', 'no JSON\n', ''])
    await expect(importText(disk, text)).rejects.toMatchObject({ code: 'MILLRACE_TOPIC_EXISTS' });
  expect(filesOf(disk.model)).toEqual(before);
}

describe('importTopic, where there is no event', () => {
  it.each([
    ['has read a source', { '/in': { offset: 9 } }, EMPTY_ACCOUNT, undefined],
    ['has dropped all that it read', {}, { ...EMPTY_ACCOUNT, read: 3, dropped: 3 }, undefined],
    ['has run a handler', {}, EMPTY_ACCOUNT, 'a1b2c3'],
  ] as const)(
    'rejects a topic without events whose job %s, and keeps both',
    async (_, sources, account, by) => {
      for (const [job, topic] of [
        ['moved', 'moved'],
        ['moved', 'other'],
        ['other', 'moved'],
      ] as const) {
        const disk = newDisk();
        const log = await openLog(disk, { job, topics: [topic] });
        await log.createTopic(topic);
        await log.commit(Promise.resolve(sources), account, by);
        await log.close();
        await expectTaken(disk);
      }
    },
  );

  it('rejects a topic whose journal is gone or damaged, and leaves what can be repaired', async () => {
    const journal = pathLike(imported, '.journal');
    const damaged = changed(imported, journal, content => content.fill('#', 0, 9));
    for (const files of [without(imported, journal), damaged]) await expectTaken(diskOf(files));
  });

  it('rejects an empty topic that was imported as such', async () => {
    const disk = newDisk();
    await importText(disk, '');
    await expectTaken(disk);
  });

  it('leaves a topic that it has not made where the input is bad, and nothing in it', async () => {
    const disk = newDisk();
    const log = await openLog(disk, { job: 'moved', topics: ['moved'] });
    await log.createTopic('moved');
    await log.close();
    const bad = `${'{"a":1}\n'.repeat(50_000)}no JSON\n`;
    await expect(importText(disk, bad)).rejects.toMatchObject({ code: 'MILLRACE_IMPORT' });
    expect([...filesOf(disk.model, layout.topic(STORE, 'moved')).keys()]).toEqual([
      expect.stringMatching(/\/topic\.json$/),
    ]);
    await importText(disk, '{"a":1}\n');
    expect((await eventsIn(disk, 'moved')).size).toBe(1);
    expect(damageIn(await verified(disk))).toEqual([]);
  });
});
