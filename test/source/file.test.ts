import { appendFile, mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Position, Source } from '../../src/source/contract.ts';
import { fileSource } from '../../src/source/file.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-file-'));
  path = join(directory, 'in.ndjson');
});

afterEach(() => rm(directory, { recursive: true }));

async function readAll(source: Source, pieceBytes = 7): Promise<string> {
  const into = new Uint8Array(pieceBytes);
  let text = '';
  for (let length = await source.read(into); length !== 'end'; length = await source.read(into)) {
    text += Buffer.from(into.subarray(0, length)).toString('latin1');
  }
  return text;
}

/** The position, as it comes back from the journal, of a run that has read `offset` bytes of the file. */
async function leave(offset: number, unfinished = false): Promise<Position> {
  const source = await fileSource(path).open({});
  const positions = await source.positions({ offset, line: 3, unfinished });
  await source.close();
  const { [path]: position } = JSON.parse(JSON.stringify(positions)) as Record<string, Position>;
  return position!;
}

async function expectChanged(position: Position, difference: string): Promise<void> {
  const message = `"${path}" is not the file that this job has read up to byte ${position.offset}: ${difference}`;
  await expect(fileSource(path).open({ [path]: position })).rejects.toMatchObject({
    code: 'MILLRACE_SOURCE_CHANGED',
    message,
  });
}

/** Longer than what is compared at each end. */
const LONG = Array.from({ length: 800 }, (_, at) => `${1000 + at}\n`).join('');

describe('fileSource', () => {
  test('reads a file from its start, in pieces as large as asked for', async () => {
    await writeFile(path, 'one\ntwo\n');
    const source = await fileSource(path).open({});
    expect(source.start).toEqual({ offset: 0, line: 0, unfinished: false });
    expect(source.readable()).toBeUndefined();
    expect(await readAll(source, 3)).toBe('one\ntwo\n');
    await source.close();
  });

  test.each([0, 1, 700, 1024, 1025, 3000, LONG.length])(
    'goes on from byte %i where the file is the same',
    async offset => {
      await writeFile(path, LONG);
      const position = await leave(offset, offset === 1);
      const source = await fileSource(path).open({ [path]: position });
      expect(source.start).toEqual({ offset, line: 3, unfinished: offset === 1 });
      expect(await readAll(source, 1000)).toBe(LONG.slice(offset));
      await source.close();
    },
  );

  test('goes on where the file has grown, and where it was renamed and is named by its new name', async () => {
    await writeFile(path, LONG);
    const position = await leave(LONG.length);
    await appendFile(path, 'more\n');
    await rename(path, `${path}.1`);
    const source = await fileSource(`${path}.1`).open({ [`${path}.1`]: position });
    expect(await readAll(source)).toBe('more\n');
    await source.close();
  });

  test('refuses a file that is shorter than what was read', async () => {
    await writeFile(path, LONG);
    const position = await leave(2000);
    await truncate(path, 1999);
    await expectChanged(position, 'it has 1999 bytes, fewer than were read');
  });

  test('refuses another file of the same content', async () => {
    await writeFile(path, LONG);
    const position = await leave(2000);
    await rename(path, `${path}.1`);
    await writeFile(path, LONG);
    await expectChanged(position, 'its inode is another');
  });

  test.each([0, 500, 1023])('refuses a file whose byte %i was changed', async at => {
    await writeFile(path, LONG);
    const position = await leave(3000);
    await writeFile(path, `${LONG.slice(0, at)}x${LONG.slice(at + 1)}`, { flag: 'r+' });
    await expectChanged(position, 'its first bytes are others');
  });

  test.each([2999, 3000 - 1024])(
    'refuses a file whose byte %i, just before the position, was changed',
    async at => {
      await writeFile(path, LONG);
      const position = await leave(3000);
      await writeFile(path, `${LONG.slice(0, at)}x${LONG.slice(at + 1)}`, { flag: 'r+' });
      await expectChanged(position, 'the bytes before offset 3000 are others');
    },
  );

  test('does not mind what stands behind the position', async () => {
    await writeFile(path, LONG);
    const position = await leave(3000);
    await writeFile(path, `${LONG.slice(0, 3000)}other`, { flag: 'r+' });
    const source = await fileSource(path).open({ [path]: position });
    expect((await readAll(source)).startsWith('other')).toBe(true);
    await source.close();
  });

  test('that nothing was read of takes any content, but not another file', async () => {
    await writeFile(path, 'a\n');
    const position = await leave(0);
    await writeFile(path, 'b\n');
    const source = await fileSource(path).open({ [path]: position });
    expect(await readAll(source)).toBe('b\n');
    await source.close();
  });

  test('tells the size of a file before it is opened, and what is wrong with it', async () => {
    await writeFile(path, 'one\n');
    expect(await fileSource(path).check()).toBe(4);
    await expect(fileSource(join(directory, 'none')).check()).rejects.toMatchObject({
      code: 'MILLRACE_SOURCE_NOT_FOUND',
    });
    await expect(fileSource(join(path, 'below')).check()).rejects.toMatchObject({
      code: 'MILLRACE_SOURCE_NOT_FOUND',
    });
    await mkdir(join(directory, 'logs'));
    await expect(fileSource(join(directory, 'logs')).check()).rejects.toMatchObject({
      code: 'MILLRACE_SOURCE_DIRECTORY',
      message: `cannot open "${join(directory, 'logs')}": it is a directory`,
    });
  });

  test('that can no longer be read says how far it came', async () => {
    await writeFile(path, 'one\n');
    const source = await fileSource(path).open({});
    await source.close();
    await expect(source.read(new Uint8Array(4))).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_READ' });
  });

  test('keeps its name as it was given, and is known by its absolute path', () => {
    expect(fileSource('a/../b.ndjson')).toMatchObject({
      name: 'a/../b.ndjson',
      id: join(process.cwd(), 'b.ndjson'),
    });
  });
});
