import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { digits, layout } from '../../src/store/layout.ts';
import { crcText, openLines, sealLine } from '../../src/store/record.ts';
import { filesOf } from '../support/crash-states.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { append, newDisk, openLog, rewrite } from '../support/small-store.ts';
import { SMALL, STORE } from '../support/store-scenario.ts';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';
import { damageIn, verified } from './damaged-stores.ts';

const TOPIC = layout.topic(STORE, 'out');
const EVENTS = ['a', 'b', 'c', 'd', 'e'];

let disk: FaultyDisk;

/** Each event a frame and a commit, and two of them a segment. */
beforeEach(async () => {
  disk = newDisk();
  const log = await openLog(disk, {
    topics: ['out'],
    frameBytes: 1,
    segmentBytesMax: 7,
    journalBytesMax: 100_000,
  });
  await log.createTopic('out');
  for (const [index, event] of EVENTS.entries()) {
    append(log, 'out', event);
    const read = index + 1;
    const account = { ...EMPTY_ACCOUNT, read, kept: read, written: read, bytesWritten: read * 4 };
    await log.commit(Promise.resolve({ '/in': { offset: read, line: read } }), account);
  }
  await log.close();
});

/** Changes the journal, with checksums that fit: as a program with a bug might have written it. */
function forge(change: (journal: string) => string): void {
  const [path] = filesOf(disk.model, layout.journal(STORE, SMALL.job)).keys();
  rewrite(disk, path!, content => {
    let crc = 0;
    const lines = openLines(content).contents.map(record => {
      const line = sealLine(JSON.parse(change(JSON.stringify(record))) as object, crc);
      ({ crc } = line);
      return line.bytes;
    });
    return Buffer.concat(lines);
  });
}

async function notes(): Promise<string[]> {
  const findings = (await verified(disk)).flatMap(report => report.findings);
  return findings.map(({ kind, message }) => `${kind}: ${message}`);
}

describe('verifyStore', () => {
  it('counts what is sound', async () => {
    const reports = await verified(disk);
    expect(reports.map(({ kind, name, sound }) => [kind, name, sound])).toEqual([
      ['store', STORE, true],
      ['job', 'mill', true],
      ['topic', 'out', true],
    ]);
    expect(reports[2]).toMatchObject({ events: 5, bytes: 20, segments: 3, findings: [], job: 'mill' });
  });

  it('notes without harm: what was never committed, a missing index, and files that nothing reads', async () => {
    rewrite(disk, layout.segment(STORE, 'out', 4), content => Buffer.concat([content, Buffer.from('"tail')]));
    disk.model.place(layout.segment(STORE, 'out', 5), Buffer.from('"next"\n'));
    disk.model.place(`${TOPIC}/${digits(1)}.ndjson`, Buffer.from(''));
    disk.model.place(`${TOPIC}/notes.txt`, Buffer.from(''));
    disk.model.place(`${STORE}/lost+found`, undefined);
    disk.model.place(`${layout.journal(STORE, 'mill')}/old`, Buffer.from(''));
    await disk.remove(`${TOPIC}/${digits(0)}.index`);
    expect(await notes()).toEqual([
      'note: "lost+found" is no file of a store; nothing reads it',
      'note: "jobs/mill/journal/old" is no file of a store; nothing reads it',
      `note: "${digits(1)}.ndjson" belongs to no segment`,
      `note: "${digits(5)}.ndjson" was never committed; the next run moves it to the quarantine`,
      'note: "notes.txt" is no file of a topic; nothing reads it',
      `note: the index of segment ${digits(0)} is missing or damaged; the next run makes it again`,
      'note: 5 bytes were never committed; the next run moves them to the quarantine',
    ]);
  });

  it('tells all that is damaged, with the segment, the byte and the offsets', async () => {
    rewrite(disk, layout.segment(STORE, 'out', 0), content => content.fill('X', 5, 6));
    rewrite(disk, layout.segment(STORE, 'out', 2), content => content.subarray(0, 3));
    await disk.remove(layout.segment(STORE, 'out', 4));
    expect(damageIn(await verified(disk))).toEqual([
      `out: segment ${digits(0)} is damaged from byte 4 on; offset 1 cannot be read`,
      `out: segment ${digits(2)} is too short: what was committed is missing from byte 0 on; offsets 2 to 3 cannot be read`,
      `out: segment ${digits(4)} is missing; offset 4 cannot be read`,
    ]);
  });

  it('finds a journal that counts other events than there are, though its checksums are right', async () => {
    const last = `4,1,"${crcText(crc32('"e"\n'))}"`;
    forge(journal => journal.replace(last, last.replace('4,1', '4,2')).replace('"offset":5}', '"offset":6}'));
    expect(damageIn(await verified(disk))).toContain(
      `out: segment ${digits(4)} does not have the events that were committed from byte 0 on; offsets 4 to 5 cannot be read`,
    );
  });

  it('finds an end that lies elsewhere than the frames, and an account that has other numbers', async () => {
    forge(journal => journal.replace('"bytes":4,"offset":5', '"bytes":4,"offset":6'));
    expect(damageIn(await verified(disk))).toEqual([
      'mill: 5 events were written, the topics of the job have 6',
      `out: segment ${digits(4)} has 1 events in 4 bytes, the journal says 2 in 4`,
    ]);
  });

  it('finds an account that does not close, and more dead letters than it has', async () => {
    const log = await openLog(disk);
    append(log, 'out.dead', 'letter');
    await log.commit(Promise.resolve({}), { ...EMPTY_ACCOUNT, read: 5, kept: 4, written: 5 });
    await log.close();
    expect(damageIn(await verified(disk))).toEqual([
      'mill: the account of the job does not close: read 5 ≠ kept 4 + dropped 0 + dead 0',
      'mill: there are 1 dead letters, the account of the job has 0',
    ]);
  });

  it('finds records that do not follow each other', async () => {
    forge(journal => journal.replace('"seq":4', '"seq":7'));
    const [first] = damageIn(await verified(disk));
    expect(first).toMatch(/^mill: record \d+ of the journal does not follow record \d+$/);
  });

  it('finds a gap between segments that nothing explains', async () => {
    forge(journal => journal.replaceAll(/\[2,4,1,[^\]]*\],?/g, '').replace(/,\]/, ']'));
    expect(damageIn(await verified(disk)).join()).toMatch(/offsets? [\d to]+ (is|are) in no segment/);
  });

  it('finds a journal sound that its job rolls away once it was listed, however often', async () => {
    const log = await openLog(disk, { journalBytesMax: 1 });
    const journal = layout.journal(STORE, SMALL.job);
    const roll = async (): Promise<void> => {
      for (const before = String(await disk.list(journal)); before === String(await disk.list(journal)); )
        await log.commit(Promise.resolve({}), log.account);
    };
    for (let rolled = 1; rolled <= 0b1_1111; rolled++) {
      let calls = 0;
      const racing = new Proxy(disk, {
        get: (target, name: keyof FaultyDisk) => {
          if (name !== 'list') return target[name];
          return async (path: string) => {
            const names = await target.list(path);
            // At each of the first calls, or not.
            if (path === journal && (rolled >> calls++) & 1) await roll();
            return names;
          };
        },
      });
      const reports = await verified(racing);
      expect(damageIn(reports)).toEqual([]);
      expect(reports).toHaveLength(3);
    }
    await log.close();
  });

  it('verifies the topics that are named, and rejects one that is not there', async () => {
    expect((await verified(disk, ['out'])).map(({ kind }) => kind)).toEqual(['job', 'topic']);
    await expect(verified(disk, ['none'])).rejects.toMatchObject({ code: 'MILLRACE_TOPIC_NOT_FOUND' });
  });
});
