import { appendFile, mkdtemp, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Positions, Source, SourceSpec } from '../../src/source/contract.ts';
import { FollowedFiles } from '../../src/source/follow.ts';
import { FollowedNames, nameOf } from '../../src/source/followed-names.ts';
import { rotatedFrom, rotatedSince } from '../../src/source/rotated.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-followed-'));
  path = join(directory, 'a.log');
});

afterEach(() => rm(directory, { recursive: true }));

interface Followed {
  readonly files: FollowedFiles;
  readonly found: SourceSpec[];
  readonly notes: string[];
}

async function follow(positions: Positions = {}): Promise<Followed> {
  const found: SourceSpec[] = [];
  const notes: string[] = [];
  const files = new FollowedFiles({ patterns: [path], tell: note => notes.push(note) });
  await files.start(positions, spec => found.push(spec));
  return { files, found, notes };
}

/** What a source gives until it has no more for now, or ever. */
async function readSome(source: Source): Promise<{ text: string; ended: boolean }> {
  const into = new Uint8Array(64);
  let text = '';
  while (source.readable() === undefined) {
    const length = await source.read(into);
    if (length === 'end') return { text, ended: true };
    text += Buffer.from(into.subarray(0, length)).toString('latin1');
  }
  return { text, ended: false };
}

describe('FollowedFiles', () => {
  test('gives what was read amid a line back when the file is truncated, so that no half of it is an event', async () => {
    await writeFile(path, 'one\ntw');
    const { files, found, notes } = await follow();
    const source = await found[0]!.open({});
    expect(await readSome(source)).toEqual({ text: 'one\ntw', ended: false });
    await truncate(path, 0);
    await source.readable();
    // Whoever reads still holds the piece: before the end comes a pause, in which it is laid down.
    expect(source.readable()).toBeInstanceOf(Promise);
    source.unread?.(2);
    expect(await readSome(source)).toEqual({ text: '', ended: true });
    expect(notes[0]).toMatch(/was truncated or written anew; it is read from its start/);
    await files.stop();
    await source.close();
  });

  test('never keeps the prints of bytes that it has not read', async () => {
    await writeFile(path, 'one\ntwo\n');
    const { files, found } = await follow();
    const source = await found[0]!.open({});
    await readSome(source);
    await writeFile(path, 'other bytes, and more of them\n');
    const kept = await source.positions({ offset: 8, line: 2, unfinished: false });
    expect(kept[`${path}#1`]).toMatchObject({ offset: 8, head: '', tail: '' });
    await files.stop();
    await source.close();
    const again = await follow(kept);
    expect(again.notes).toEqual([expect.stringMatching(/since it was read up to byte 8/)]);
    expect(again.found.map(({ name }) => name)).toEqual([`${path}#2`]);
    await again.files.stop();
  });

  test('forgets a file only when all of it is in the output', async () => {
    await writeFile(path, 'one\ntwo');
    const { files, found } = await follow();
    const source = await found[0]!.open({});
    expect((await readSome(source)).text).toBe('one\ntwo');
    source.unread?.(3);
    await rm(path);
    await source.readable();
    expect(await readSome(source)).toEqual({ text: 'two', ended: true });
    const id = `${path}#1`;
    const before = await source.positions({ offset: 4, line: 1, unfinished: false });
    expect(before[id]).toMatchObject({ offset: 4 });
    expect(await source.positions({ offset: 7, line: 2, unfinished: true })).toEqual({ [id]: null });
    await files.stop();
    await source.close();
  });

  test('does not give the file at a path before the one that was there, which is empty or not', async () => {
    await writeFile(path, 'one\n');
    const { files, found } = await follow();
    const first = await found[0]!.open({});
    await rename(path, `${path}.2`);
    await writeFile(path, '');
    await rename(path, `${path}.1`);
    await writeFile(path, 'two\n');
    while (found.length < 3) await new Promise(resolve => setImmediate(resolve));
    const others = await Promise.all(found.slice(1).map(spec => spec.open({})));
    const last = others.at(-1)!;
    const waiting = last.readable();
    expect(waiting).toBeInstanceOf(Promise);
    expect((await readSome(first)).text).toBe('one\n');
    await waiting;
    expect((await readSome(last)).text).toBe('two\n');
    await files.stop();
    for (const source of [first, ...others]) await source.close();
  });

  test('closes what nobody has opened, and finds nothing any more, once it is stopped', async () => {
    await writeFile(path, 'one\n');
    const { files, found } = await follow();
    await appendFile(path, 'two\n');
    await rename(path, `${path}.1`);
    await writeFile(path, 'three\n');
    await files.stop();
    const count = found.length;
    await writeFile(join(directory, 'b.log'), '');
    await new Promise(resolve => setImmediate(resolve));
    expect(found.length).toBe(count);
    // A closed file gives an error, not bytes.
    const source = await found[0]!.open({});
    await expect(source.read(new Uint8Array(8))).rejects.toThrow();
  });

  test('tells that a file is gone, but not of one in whose place there is another in a moment', async () => {
    await writeFile(path, 'one\n');
    const { files, notes } = await follow();
    await rm(path);
    while (notes.length === 0) await new Promise(resolve => setImmediate(resolve));
    expect(notes).toEqual([`"${path}" cannot be read now: no such file or directory; it is tried again`]);
    await files.stop();
  });

  test('waits for what cannot be opened now, and tells it once', async () => {
    // A part of the path is a file: nobody can open what is below it, whoever asks.
    const parent = join(directory, 'parent');
    path = join(parent, 'a.log');
    await writeFile(parent, '');
    const { files, found, notes } = await follow();
    expect(notes).toEqual([
      `"${path}" cannot be read now: a part of the path is not a directory; it is tried again`,
    ]);
    await rm(parent);
    const { mkdir } = await import('node:fs/promises');
    await mkdir(parent);
    await writeFile(path, 'one\n');
    while (found.length === 0) await new Promise(resolve => setImmediate(resolve));
    expect(found[0]!.name).toBe(path);
    await files.stop();
  });
});

describe('FollowedNames', () => {
  test('counts the files at each path, and goes on from where an earlier run was', () => {
    const names = new FollowedNames();
    expect([names.newId('/a'), names.newId('/a'), names.newId('/b')]).toEqual(['/a#1', '/a#2', '/b#1']);
    expect(names.changes()).toEqual({ '/a#': 2, '/b#': 1 });
    expect(names.changes()).toEqual({});
    const later = new FollowedNames();
    later.resume('/a#', 2);
    expect(later.newId('/a')).toBe('/a#3');
  });

  test('never gives a number twice at a path, although it forgets paths', () => {
    const given = new Set<string>();
    let names = new FollowedNames(3);
    const kept = new Map<string, unknown>();
    for (let turn = 0; turn < 60; turn++) {
      const id = names.newId(`/${(turn * 7) % 5}`);
      expect(given.has(id)).toBe(false);
      given.add(id);
      for (const [key, count] of Object.entries(names.changes())) {
        if (count === null) kept.delete(key);
        else kept.set(key, count);
      }
      expect(kept.size).toBeLessThanOrEqual(4);
      if (turn % 9 !== 8) continue;
      names = new FollowedNames(3);
      for (const [key, count] of kept) names.resume(key, count as number);
    }
  });

  test('gives a path that looks like a numbered name a number of its own', () => {
    expect(nameOf('a.log', '/x/a.log#1')).toBe('a.log');
    expect(nameOf('a.log', '/x/a.log#2')).toBe('a.log#2');
    expect(nameOf('a.log#2', '/x/a.log#2#1')).toBe('a.log#2#1');
  });
});

describe('rotated files', () => {
  test.each([
    'a.log.1',
    'a.log-20240501',
    'a.log.2024-05-01T10:00',
    'a-2024-05-01.log',
    'a.1.log',
    'a.log.old',
  ])('%s is one of a.log', async name => {
    const rotated = join(directory, name);
    await writeFile(rotated, '');
    expect((await rotatedSince(path, { writtenMs: 0, bornMs: 0 })).rotated.map(found => found.path)).toEqual([
      rotated,
    ]);
    expect(rotatedFrom(rotated)).toContain(path);
  });

  test.each(['a.log', 'a.log.gz', 'a.log.1.gz', 'b.log.1', 'a-errors.log', 'a.log.d', 'aa.log.1', 'a'])(
    '%s is none of a.log',
    async name => {
      await writeFile(join(directory, name), '');
      expect(await rotatedSince(path, { writtenMs: 0, bornMs: 0 })).toMatchObject({ rotated: [] });
    },
  );

  test('come in the order in which they were written, and only those that were after the last', async () => {
    for (const [name, seconds] of [
      ['a.log.9', 50],
      ['a.log.10', 40],
      ['a.log.8', 40],
      ['a.log.11', 10],
    ] as const) {
      await writeFile(join(directory, name), '');
      await utimes(join(directory, name), seconds, seconds);
    }
    const { rotated: found } = await rotatedSince(path, { writtenMs: 20_000, bornMs: 0 });
    expect(found.map(file => file.path.slice(path.length))).toEqual(['.10', '.8', '.9']);
    const later = { writtenMs: 20_000, bornMs: Date.now() + 60_000 };
    expect(await rotatedSince(path, later)).toMatchObject({ rotated: [] });
  });
});
