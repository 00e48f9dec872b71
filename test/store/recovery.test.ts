import { beforeEach, describe, expect, it } from 'vitest';
import { JobLog } from '../../src/store/job-log.ts';
import { digits, layout } from '../../src/store/layout.ts';
import { filesOf } from '../support/crash-states.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { newDisk, openLog, readEvents, rewrite, writeEvents } from '../support/small-store.ts';
import { SMALL, STORE } from '../support/store-scenario.ts';

const TOPIC = layout.topic(STORE, 'out');
const JOURNAL = layout.journal(STORE, SMALL.job);

/** Each event a frame, and two of them a segment. */
const TINY = { frameBytes: 1, segmentBytesMax: 7 };

let disk: FaultyDisk;

beforeEach(() => {
  disk = newDisk();
});

const quarantined = (): (readonly [string, string])[] =>
  [...filesOf(disk.model, layout.quarantine(STORE))].map(([path, content]) => [
    path.slice(layout.quarantine(STORE).length + 1),
    Buffer.from(content).toString('utf8'),
  ]);

/** The job refuses to be opened, and has changed nothing. */
async function expectRejected(code: string, message: RegExp): Promise<void> {
  const before = filesOf(disk.model, layout.topics(STORE));
  await expect(openLog(disk)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
  expect(filesOf(disk.model, layout.topics(STORE))).toEqual(before);
}

describe('JobLog, when its files are not what the journal says', () => {
  it('rejects a missing journal where there is a topic: its end is unknown', async () => {
    await writeEvents(disk, ['a']);
    for (const path of filesOf(disk.model, JOURNAL).keys()) await disk.remove(path);
    await expectRejected(
      'MILLRACE_STORE_SHORT',
      /the journal of the job "mill" is gone, but its topic "out" is there/,
    );
  });

  it('rejects a shortened segment, the last or a sealed one, and a missing one', async () => {
    await writeEvents(disk, ['a', 'b', 'c'], TINY);
    for (const base of [0, 2]) {
      const path = layout.segment(STORE, 'out', base);
      const content = filesOf(disk.model, TOPIC).get(path)!;
      const size = content.length;
      rewrite(disk, path, () => content.subarray(0, size - 1));
      const message = new RegExp(
        `segment ${digits(base)} of topic "out" has ${size - 1} of ${size} committed bytes`,
      );
      await expectRejected('MILLRACE_STORE_SHORT', message);
      await disk.remove(path);
      await expectRejected('MILLRACE_STORE_SHORT', new RegExp(`segment ${digits(base)} of topic "out"`));
      disk.model.place(path, content);
    }
    await expect(openLog(disk)).resolves.toBeInstanceOf(JobLog);
  });

  it('rejects a sealed segment that has grown', async () => {
    await writeEvents(disk, ['a', 'b', 'c'], TINY);
    rewrite(disk, layout.segment(STORE, 'out', 0), content => Buffer.concat([content, Buffer.from('"x"\n')]));
    await expectRejected('MILLRACE_STORE_CORRUPT', /sealed segment 0+ of topic "out" has 4 bytes too many/);
  });

  it('rejects a damaged last frame, and cuts nothing off behind it', async () => {
    await writeEvents(disk, ['a', 'b', 'c'], TINY);
    rewrite(disk, layout.segment(STORE, 'out', 2), content =>
      Buffer.concat([content.fill(0x20, 1, 2), Buffer.from('"tail"\n')]),
    );
    await expectRejected(
      'MILLRACE_STORE_CORRUPT',
      /topic "out" is damaged at or after offset 2, in segment 0+2/,
    );
  });

  it('rejects a store of another version, and one whose version cannot be read', async () => {
    await writeEvents(disk, ['a']);
    rewrite(disk, `${STORE}/store.json`, () => Buffer.from('{"version":3}\n'));
    await expectRejected('MILLRACE_STORE_VERSION', /has the format version 3, this millrace knows 1 and 2/);
    rewrite(disk, `${STORE}/store.json`, () => Buffer.from('{"vers'));
    await expectRejected('MILLRACE_STORE_CORRUPT', /store\.json" is damaged/);
  });

  it('rejects a topic whose owner is not known any more, and goes over it when started over', async () => {
    await writeEvents(disk, ['a']);
    const path = `${TOPIC}/topic.json`;
    rewrite(disk, path, content => content.subarray(0, 8));
    await expectRejected('MILLRACE_STORE_CORRUPT', /topic\.json" is damaged/);
    await disk.remove(path);
    await expectRejected('MILLRACE_STORE_SHORT', /topic\.json" is missing/);
    await writeEvents(disk, ['anew'], { fresh: true });
    expect(await readEvents(disk)).toEqual([[0, 'anew']]);
  });

  it('moves what lies beyond the committed end into the quarantine, and tells what and how much', async () => {
    await writeEvents(disk, ['a', 'b', 'c'], TINY);
    rewrite(disk, layout.segment(STORE, 'out', 2), content => Buffer.concat([content, Buffer.from('"tail')]));
    disk.model.place(layout.segment(STORE, 'out', 3), Buffer.from('"next"\n'));
    disk.model.place(`${TOPIC}/${digits(2)}.index`, Buffer.from('index'));
    const log = await openLog(disk);
    expect(log.cuts).toEqual([
      { what: `out/${digits(2)}.index`, bytes: 5 },
      { what: `out/${digits(3)}.ndjson`, bytes: 7 },
      { what: `out/${digits(2)}.ndjson`, bytes: 5 },
    ]);
    expect(quarantined()).toEqual([
      [`out.${digits(2)}.index.1`, 'index'],
      [`out.${digits(2)}.ndjson.1`, '"tail'],
      [`out.${digits(3)}.ndjson.1`, '"next"\n'],
    ]);
    await log.close();
  });

  it('never puts one thing over another in the quarantine', async () => {
    await writeEvents(disk, ['a']);
    for (const tail of ['first', 'second']) {
      rewrite(disk, layout.segment(STORE, 'out', 0), content => Buffer.concat([content, Buffer.from(tail)]));
      await writeEvents(disk, []);
    }
    expect(quarantined()).toEqual([
      [`out.${digits(0)}.ndjson.1`, 'first'],
      [`out.${digits(0)}.ndjson.2`, 'second'],
    ]);
  });
});
