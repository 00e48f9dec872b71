import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Disk, readWhole, realDisk, writeAll, writeWhole } from '../../src/store/disk.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { newDisk } from '../support/small-store.ts';

/** What both disks must do: the tests of the store are worth as much as the faulty one is like the real one. */

interface Place {
  readonly disk: Disk;
  readonly root: string;
  readonly clear: () => Promise<void>;
}

const DISKS: Readonly<Record<string, () => Promise<Place>>> = {
  realDisk: async () => {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'millrace-disk-')));
    return { disk: realDisk, root, clear: () => rm(root, { recursive: true }) };
  },
  FaultyDisk: () => Promise.resolve({ disk: newDisk(), root: '/data', clear: () => Promise.resolve() }),
};

const text = async (disk: Disk, path: string): Promise<string | undefined> => {
  const bytes = await readWhole(disk, path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('latin1');
};

describe.each(Object.entries(DISKS))('%s', (_, make) => {
  let disk: Disk;
  let root: string;
  let clear: Place['clear'];

  beforeEach(async () => {
    ({ disk, root, clear } = await make());
  });

  afterEach(() => clear());

  async function put(path: string, content: string): Promise<void> {
    const file = await disk.open(path, 'create');
    await writeAll(file, Buffer.from(content), 0);
    await file.close();
  }

  it('makes a directory, which may be there, in one that must be', async () => {
    await disk.makeDirectory(`${root}/a`);
    await disk.makeDirectory(`${root}/a`);
    await disk.makeDirectory(`${root}/a/b`);
    await expect(disk.makeDirectory(`${root}/c/d`)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await disk.list(root)).toEqual(['a']);
    await disk.syncDirectory(`${root}/a`);
    await expect(disk.syncDirectory(`${root}/c`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('removes a directory that is empty, and leaves one that is not', async () => {
    await disk.makeDirectory(`${root}/a`);
    await put(`${root}/a/f`, 'x');
    await disk.removeDirectory(`${root}/a`);
    expect(await disk.list(root)).toEqual(['a']);
    await disk.remove(`${root}/a/f`);
    for (let again = 0; again < 2; again++) await disk.removeDirectory(`${root}/a`);
    expect(await disk.list(root)).toEqual([]);
  });

  it('lists names in order, and none where there is no directory', async () => {
    for (const name of ['b', 'a', 'c']) await put(`${root}/${name}`, '');
    expect(await disk.list(root)).toEqual(['a', 'b', 'c']);
    expect(await disk.list(`${root}/none`)).toEqual([]);
  });

  it('opens a file that is there in every mode, and makes one only to create', async () => {
    for (const mode of ['read', 'update'] as const) {
      await expect(disk.open(`${root}/a`, mode)).rejects.toMatchObject({ code: 'ENOENT' });
    }
    await expect(disk.open(`${root}/none/a`, 'create')).rejects.toMatchObject({ code: 'ENOENT' });
    await put(`${root}/a`, 'kept');
    for (const mode of ['read', 'update', 'create'] as const) {
      const file = await disk.open(`${root}/a`, mode);
      expect(await file.size()).toBe(4);
      await file.close();
    }
  });

  it('reads what is there, and less at the end', async () => {
    await put(`${root}/a`, '0123456789');
    const file = await disk.open(`${root}/a`, 'read');
    const into = Buffer.alloc(4, '.');
    expect([await file.read(into, 3), String(into)]).toEqual([4, '3456']);
    expect([await file.read(into, 8), String(into)]).toEqual([2, '8956']);
    expect([await file.read(into, 20), String(into)]).toEqual([0, '8956']);
    await file.close();
  });

  it('writes over what is there and beyond the end, with zeros in between, and sets a length', async () => {
    await put(`${root}/a`, '0123');
    const file = await disk.open(`${root}/a`, 'update');
    await writeAll(file, Buffer.from('ab'), 1);
    await writeAll(file, Buffer.from('z'), 6);
    expect(await text(disk, `${root}/a`)).toBe('0ab3\0\0z');
    await file.truncate(2);
    await file.truncate(3);
    await file.datasync();
    expect(await text(disk, `${root}/a`)).toBe('0a\0');
    await file.close();
    await expect(file.datasync()).rejects.toMatchObject({ code: 'EBADF' });
  });

  it('moves a file in place of another, and goes on with what is open', async () => {
    await put(`${root}/a`, 'new');
    await put(`${root}/b`, 'old');
    const old = await disk.open(`${root}/b`, 'update');
    await disk.rename(`${root}/a`, `${root}/b`);
    await writeAll(old, Buffer.from('gone'), 0);
    await old.close();
    expect(await disk.list(root)).toEqual(['b']);
    expect(await text(disk, `${root}/b`)).toBe('new');
    await expect(disk.rename(`${root}/a`, `${root}/b`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('moves a directory with all that is in it, in place of an empty one but of no other', async () => {
    for (const name of ['from', 'empty', 'full']) await disk.makeDirectory(`${root}/${name}`);
    await put(`${root}/from/a`, 'moved');
    await put(`${root}/full/b`, '');
    await expect(disk.rename(`${root}/from`, `${root}/full`)).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await disk.rename(`${root}/from`, `${root}/empty`);
    expect(await text(disk, `${root}/empty/a`)).toBe('moved');
    expect(await disk.list(root)).toEqual(['empty', 'full']);
  });

  it('removes a file, which may be gone', async () => {
    await put(`${root}/a`, '');
    await disk.remove(`${root}/a`);
    await disk.remove(`${root}/a`);
    expect(await disk.list(root)).toEqual([]);
  });

  it('tells who watches a directory that something in it has changed', async () => {
    await disk.makeDirectory(`${root}/a`);
    await new Promise<void>((resolve, reject) => {
      const unwatch = disk.watch(`${root}/a`, () => {
        unwatch();
        resolve();
      });
      put(`${root}/a/file`, 'x').catch(reject);
    });
  });

  it('puts a file there whole, durable, in place of what was there', async () => {
    await writeWhole(disk, root, 'a', Buffer.from('first'));
    await writeWhole(disk, root, 'a', Buffer.from('2nd'));
    expect(await text(disk, `${root}/a`)).toBe('2nd');
    expect(await disk.list(root)).toEqual(['a']);
  });
});

describe('realDisk', () => {
  it('takes a directory that cannot be watched for one in which nothing happens', () => {
    expect(() => realDisk.watch('/none/at/all', () => undefined)()).not.toThrow();
  });
});

describe('FaultyDisk', () => {
  it('is after a replay of its trace what it was', async () => {
    const disk = newDisk();
    await writeWhole(disk, '/data', 'a', Buffer.from('content'));
    const start = newDisk();
    const again = FaultyDisk.replay(disk.trace, disk.trace.length, start.model);
    expect(await text(again, '/data/a')).toBe('content');
  });
});
