import { beforeEach, describe, expect, it } from 'vitest';
import type { Source } from '../../src/source/contract.ts';
import { type OpenTopic, topicSource } from '../../src/source/topic.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { newDisk, writeEvents } from '../support/small-store.ts';
import { STORE } from '../support/store-scenario.ts';
import { TEN, TINY } from '../store/ten-events.ts';

let disk: FaultyDisk;

beforeEach(() => {
  disk = newDisk();
});

const openTopic: OpenTopic = name => TopicReader.open(disk, STORE, name);

function open(): Promise<Source> {
  return topicSource('topic:out', openTopic, { follow: true }).open({});
}

const startOver = (events: readonly string[]): Promise<void> =>
  writeEvents(disk, events, { ...TINY, fresh: true });

/** What the source gives before it has to wait. */
async function readReady(source: Source, into = Buffer.alloc(64)): Promise<string> {
  let text = '';
  while (source.readable() === undefined) {
    const length = await source.read(into);
    expect(length).not.toBe('end');
    text += into.toString('utf8', 0, length as number);
  }
  return text;
}

const linesOf = (events: readonly string[]): string =>
  events.map(event => `${JSON.stringify(event)}\n`).join('');

const CHANGED = {
  code: 'MILLRACE_SOURCE_CHANGED',
  message: '"topic:out" was started over since this job has read it up to offset 10',
};

describe('a topic that is followed', () => {
  it('is read on as events are committed', async () => {
    await writeEvents(disk, TEN, TINY);
    const source = await open();
    expect(await readReady(source)).toBe(linesOf(TEN));
    await writeEvents(disk, ['more'], TINY);
    while (source.readable() !== undefined) await source.readable();
    expect(await readReady(source)).toBe(linesOf(['more']));
    await source.close();
  });

  for (const [name, count] of [
    ['longer', 25],
    ['shorter', 3],
    ['as long', 10],
  ] as const) {
    it(`ends the reading where it is started over, and is ${name} then`, async () => {
      await writeEvents(disk, TEN, TINY);
      const source = await open();
      expect(await readReady(source)).toBe(linesOf(TEN));
      const waiting = source.readable();
      await startOver(Array.from({ length: count }, (_, index) => `anew ${index}`));
      // It was waiting already, and is woken as soon as the journal says so.
      await waiting;
      expect(source.readable()).toBeUndefined();
      await expect(source.read(Buffer.alloc(64))).rejects.toMatchObject(CHANGED);
      await source.close();
    });
  }

  it('gives the rest of a frame that was read before it was started over, and nothing of the new ones', async () => {
    await writeEvents(disk, TEN, TINY);
    const feed = await TopicReader.open(disk, STORE, 'out');
    const source = await topicSource('topic:out', async () => feed, { follow: true }).open({});
    const into = Buffer.alloc(4);
    expect(into.toString('utf8', 0, (await source.read(into)) as number)).toBe('"eve');
    await startOver(Array.from({ length: 25 }, (_, index) => `anew ${index}`));
    await feed.refresh();
    let text = '';
    const reading = async (): Promise<void> => {
      for (let reads = 0; reads < 100; reads++)
        text += into.toString('utf8', 0, (await source.read(into)) as number);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_CHANGED' });
    expect(text).toBe('nt 0"\n');
    await source.close();
  });
});
