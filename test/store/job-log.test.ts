import { beforeEach, describe, expect, it } from 'vitest';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';
import { digits, layout } from '../../src/store/layout.ts';
import { filesOf } from '../support/crash-states.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import {
  append,
  commit,
  newDisk,
  openLog,
  readEvents,
  rewrite,
  writeEvents,
} from '../support/small-store.ts';
import { SMALL, STORE } from '../support/store-scenario.ts';

const TOPIC = layout.topic(STORE, 'out');
const JOURNAL = layout.journal(STORE, SMALL.job);

/** Each event a frame, and two of them a segment. */
const TINY = { frameBytes: 1, segmentBytesMax: 7 };

let disk: FaultyDisk;

beforeEach(() => {
  disk = newDisk();
});

const namesIn = (directory: string): string[] =>
  [...(disk.model.directory(directory)?.entries.keys() ?? [])].sort();

async function removeJournal(): Promise<void> {
  for (const name of namesIn(JOURNAL)) await disk.remove(`${JOURNAL}/${name}`);
}

describe('JobLog', () => {
  it('gives the positions and the account of the last commit to whoever opens it next', async () => {
    const log = await openLog(disk);
    const account = { ...EMPTY_ACCOUNT, read: 3, dead: 1 };
    await log.commit(Promise.resolve({ '/a': { offset: 1 }, '/b': 7 }), { ...EMPTY_ACCOUNT, read: 1 });
    await log.commit(Promise.resolve({ '/a': { offset: 2 } }), account);
    await log.close();
    const again = await openLog(disk);
    expect(again.sources).toEqual({ '/a': { offset: 2 }, '/b': 7 });
    expect(again.account).toEqual(account);
    await again.close();
  });

  it('counts the frames of a segment on where the last process left it', async () => {
    const options = { frameBytes: 1, segmentFramesMax: 4 };
    await writeEvents(disk, ['a', 'b', 'c'], options);
    await writeEvents(disk, ['d', 'e', 'f'], options);
    await writeEvents(disk, ['g', 'h', 'i'], options);
    const segments = namesIn(TOPIC).filter(name => name.endsWith('.ndjson'));
    expect(segments).toEqual([0, 4, 8].map(base => `${digits(base)}.ndjson`));
    expect((await readEvents(disk)).map(([, event]) => event).join('')).toBe('abcdefghi');
  });

  it('begins a new segment where a store has one with more frames than a segment may have by now', async () => {
    await writeEvents(disk, ['a', 'b', 'c', 'd', 'e'], { frameBytes: 1 });
    await writeEvents(disk, ['f'], { frameBytes: 1, segmentFramesMax: 4 });
    expect(namesIn(TOPIC)).toContain(`${digits(5)}.ndjson`);
    expect((await readEvents(disk)).map(([, event]) => event).join('')).toBe('abcdef');
  });

  it('makes a topic with its first event, not before', async () => {
    const log = await openLog(disk);
    await commit(log);
    expect(namesIn(layout.topics(STORE))).toEqual([]);
    append(log, 'out', 'a');
    await commit(log);
    expect(namesIn(layout.topics(STORE))).toEqual(['out']);
    expect(() => log.topic('other')).toThrow('the job does not write the topic "other"');
    await log.close();
  });

  it('makes a topic on demand that has no event yet, so that it can be read', async () => {
    const log = await openLog(disk);
    await log.createTopic('out');
    expect(await readEvents(disk)).toEqual([]);
    append(log, 'out', 'a');
    await commit(log);
    await log.close();
    expect(await readEvents(disk)).toEqual([[0, 'a']]);
    const other = await openLog(disk, { job: 'other', topics: ['mine'] });
    await expect(other.createTopic('out')).rejects.toMatchObject({ code: 'MILLRACE_TOPIC_OWNED' });
    await other.close();
  });

  it('lets the positions of a commit come after its bytes, and commits nothing where they fail', async () => {
    await writeEvents(disk, ['a']);
    const log = await openLog(disk);
    append(log, 'out', 'b');
    const committing = log.commit(Promise.reject(new Error('no position')), EMPTY_ACCOUNT);
    await expect(committing).rejects.toThrow('no position');
    await log.close();
    expect(await readEvents(disk)).toEqual([[0, 'a']]);
  });

  it('seals segments with an index, and keeps their frames out of the journal from then on', async () => {
    await writeEvents(disk, ['a', 'b', 'c', 'd', 'e'], { ...TINY, journalBytesMax: 1 });
    const segments = [0, 2, 4].map(base => `${digits(base)}.ndjson`);
    const indexes = [0, 2].map(base => `${digits(base)}.index`);
    expect(namesIn(TOPIC)).toEqual([...segments, ...indexes, 'topic.json'].sort());
    const [journal] = filesOf(disk.model, JOURNAL).values();
    const { topics } = JSON.parse(Buffer.from(journal!).toString('utf8')) as {
      topics: Record<string, object>;
    };
    expect(topics['out']).toMatchObject({
      sealed: [[0], [2]].map(row => expect.arrayContaining(row)),
      frames: [[4]].map(row => expect.arrayContaining(row)),
    });
  });

  it('has one journal file, and begins a new one when that is full and at every start', async () => {
    await writeEvents(disk, ['a', 'b', 'c'], { journalBytesMax: 500 });
    const [first] = namesIn(JOURNAL);
    expect(namesIn(JOURNAL)).toHaveLength(1);
    await writeEvents(disk, []);
    expect(namesIn(JOURNAL)).toHaveLength(1);
    expect(namesIn(JOURNAL)[0]! > first!).toBe(true);
    expect(await readEvents(disk)).toHaveLength(3);
  });

  it('rejects a second writer, and leaves no lock behind where opening fails', async () => {
    const log = await openLog(disk);
    await expect(openLog(disk)).rejects.toMatchObject({ code: 'MILLRACE_STORE_LOCKED' });
    await log.close();
    rewrite(disk, `${JOURNAL}/${namesIn(JOURNAL)[0]!}`, content => content.fill(0x20, 2, 3));
    await expect(openLog(disk)).rejects.toMatchObject({ code: 'MILLRACE_STORE_CORRUPT' });
    expect(namesIn(layout.lock(STORE, SMALL.job))).toEqual([]);
    expect(disk.openFiles).toBe(0);
  });

  it('closes everything also where a close fails, and rejects with an error of the store', async () => {
    const log = await openLog(disk);
    append(log, 'out', 'a');
    append(log, 'out.dead', 'b');
    await commit(log);
    disk.calls.clear();
    disk.failure = { kind: 'close', call: 1, code: 'EIO', forGood: false };
    await expect(log.close()).rejects.toMatchObject({ code: 'MILLRACE_STORE_WRITE' });
    expect(disk.openFiles).toBe(0);
    expect(namesIn(layout.lock(STORE, SMALL.job))).toEqual([]);
  });
});

describe('JobLog, with topics of another job', () => {
  it('rejects to open a topic that another job has', async () => {
    await writeEvents(disk, ['a']);
    await expect(openLog(disk, { job: 'other' })).rejects.toMatchObject({
      code: 'MILLRACE_TOPIC_OWNED',
      message: 'the topic "out" belongs to the job "mill"',
    });
  });

  it('rejects the commit of the second of two jobs that were opened before the topic was there', async () => {
    const [mine, other] = [await openLog(disk), await openLog(disk, { job: 'other' })];
    append(mine, 'out', 'mine');
    append(other, 'out', 'not mine');
    const outcomes = await Promise.allSettled([commit(mine), commit(other)]);
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    expect(failed).toMatchObject([{ reason: { code: 'MILLRACE_TOPIC_OWNED' } }]);
    await mine.close();
    await other.close();
    expect(await readEvents(disk)).toHaveLength(1);
    // The loser's directory was never moved into place.
    expect(namesIn(layout.topics(STORE))).toEqual(['out']);
  });
});

describe('JobLog, when it is started over', () => {
  it('forgets positions and account, empties its topics, and counts the epoch', async () => {
    await writeEvents(disk, ['a', 'b', 'c'], TINY);
    const log = await openLog(disk, { fresh: true });
    expect(log.sources).toEqual({});
    expect(log.account).toEqual(EMPTY_ACCOUNT);
    expect(namesIn(TOPIC)).toEqual(['topic.json']);
    append(log, 'out', 'anew');
    await commit(log);
    await log.close();
    expect(await readEvents(disk)).toEqual([[0, 'anew']]);
    expect(namesIn(STORE)).not.toContain('quarantine');
  });

  it('empties also a topic that it wrote before and does not write now', async () => {
    const log = await openLog(disk);
    append(log, 'out.dead', 'a');
    await commit(log);
    await log.close();
    await writeEvents(disk, ['b'], { fresh: true, topics: ['out'] });
    expect(await readEvents(disk, 'out.dead')).toEqual([]);
  });

  it('goes over a topic whose journal is gone, and keeps its events in the quarantine', async () => {
    await writeEvents(disk, ['a']);
    await removeJournal();
    await writeEvents(disk, ['anew'], { fresh: true });
    expect(await readEvents(disk)).toEqual([[0, 'anew']]);
    expect([...filesOf(disk.model, layout.quarantine(STORE)).values()].map(String)).toEqual([
      String(Uint8Array.from(Buffer.from('"a"\n'))),
    ]);
  });
});
