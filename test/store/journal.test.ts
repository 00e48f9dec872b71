import { beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyJob, type JournalRecord, snapshotOf } from '../../src/store/job-state.ts';
import { JournalWriter, readJournal } from '../../src/store/journal.ts';
import { digits } from '../../src/store/layout.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { newDisk, rewrite } from '../support/small-store.ts';

const DIRECTORY = '/data';
const fileOf = (seq: number): string => `${DIRECTORY}/${digits(seq)}.journal`;

const snapshot = (seq: number, offset: number): JournalRecord =>
  snapshotOf({ ...emptyJob(), seq: seq - 1, sources: { in: offset } });

const commit = (seq: number, offset: number): JournalRecord => ({
  ...snapshot(seq, offset),
  kind: 'commit',
  topics: {},
});

let disk: FaultyDisk;

beforeEach(() => {
  disk = newDisk();
});

async function writeTwoFiles(): Promise<JournalWriter> {
  const writer = await JournalWriter.begin(disk, DIRECTORY, snapshot(0, 0), true);
  await writer.append(commit(1, 100));
  const old = disk.model.file(disk.model.lookup(fileOf(0))!).content;
  const next = await writer.roll(snapshot(2, 100));
  disk.model.place(fileOf(0), old);
  return next;
}

describe('readJournal', () => {
  it('finds nothing where there is no directory or an empty one', async () => {
    for (const directory of [DIRECTORY, '/none']) {
      await expect(readJournal(disk, directory)).resolves.toMatchObject({
        file: undefined,
        files: [],
        torn: [],
      });
    }
  });

  it('adds up the records of the newest file', async () => {
    const writer = await writeTwoFiles();
    await writer.append({ ...commit(3, 0), sources: { other: 7 } });
    const found = await readJournal(disk, DIRECTORY);
    expect(found.state).toMatchObject({ seq: 3, sources: { in: 100, other: 7 } });
    expect(found).toMatchObject({
      end: 'clean',
      torn: [],
      files: [0, 2].map(seq => `${digits(seq)}.journal`),
    });
  });

  it('goes back to the older file where the newer was not written whole', async () => {
    await writeTwoFiles();
    for (const length of [0, 1, 50]) {
      rewrite(disk, fileOf(2), content => content.subarray(0, length));
      const found = await readJournal(disk, DIRECTORY);
      expect(found).toMatchObject({ torn: [`${digits(2)}.journal`], files: [`${digits(0)}.journal`] });
      expect(found.state).toMatchObject({ seq: 1, sources: { in: 100 } });
    }
  });

  it('takes a first file that was not written whole for a job that never began', async () => {
    await JournalWriter.begin(disk, DIRECTORY, snapshot(0, 0), true);
    rewrite(disk, fileOf(0), content => content.subarray(0, 20));
    const found = await readJournal(disk, DIRECTORY);
    expect(found).toMatchObject({ file: undefined, torn: [`${digits(0)}.journal`], state: { seq: -1 } });
  });

  it('rejects a later file that was not written whole and has no predecessor: that was removed only after it was', async () => {
    await JournalWriter.begin(disk, DIRECTORY, snapshot(5, 0), true);
    rewrite(disk, fileOf(5), content => content.subarray(0, 20));
    await expect(readJournal(disk, DIRECTORY)).rejects.toMatchObject({ code: 'MILLRACE_STORE_CORRUPT' });
  });

  it('rejects damage instead of going back to the older file', async () => {
    await writeTwoFiles();
    rewrite(disk, fileOf(2), content => content.fill(0x20, 3, 4));
    await expect(readJournal(disk, DIRECTORY)).rejects.toMatchObject({
      code: 'MILLRACE_STORE_CORRUPT',
      message: expect.stringMatching(/00000002\.journal" is damaged at byte 0/) as string,
    });
  });

  it('looks again where a file is rolled away between listing and reading', async () => {
    const writer = await JournalWriter.begin(disk, DIRECTORY, snapshot(0, 100), true);
    const { open } = disk;
    let rolled = false;
    vi.spyOn(disk, 'open').mockImplementation(async (path, mode) => {
      if (!rolled && mode === 'read') {
        rolled = true;
        await writer.roll(snapshot(1, 100));
      }
      return open(path, mode);
    });
    const found = await readJournal(disk, DIRECTORY);
    expect(found).toMatchObject({ file: `${digits(1)}.journal`, state: { sources: { in: 100 } } });
  });
});

describe('JournalWriter', () => {
  it('makes each record durable before append resolves, and a new file before the old one goes', async () => {
    const writer = await JournalWriter.begin(disk, DIRECTORY, snapshot(0, 0), true);
    await writer.append(commit(1, 1));
    await writer.roll(snapshot(2, 1));
    const begin = ['create', 'truncate', 'write', 'datasync', 'syncDirectory'];
    const kinds = disk.trace.map(({ kind }) => kind);
    expect(kinds).toEqual([...begin, 'write', 'datasync', ...begin, 'remove']);
  });

  it('leaves records to the system where they are not to be synced, but never the start of a file', async () => {
    const writer = await JournalWriter.begin(disk, DIRECTORY, snapshot(0, 0), false);
    await writer.append(commit(1, 1));
    expect(disk.trace.filter(({ kind }) => kind === 'datasync').length).toBe(1);
    await writer.roll(snapshot(2, 1));
    expect(disk.trace.filter(({ kind }) => kind === 'datasync').length).toBe(2);
  });

  it('is not full again at once where the snapshot alone is larger than a file may be', async () => {
    const large = { ...snapshot(0, 0), sources: { in: 'x'.repeat(5000) } };
    const writer = await JournalWriter.begin(disk, DIRECTORY, large, true);
    let records = 0;
    for (; !writer.isFull(1000); records++) await writer.append(commit(records + 1, records));
    expect(records).toBeGreaterThan(20);
  });
});
