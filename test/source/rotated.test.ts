import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { filesIn, rotatedSince } from '../../src/source/rotated.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-rotated-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Renames files round and round while `look` is at work, at every turn of the event loop. */
async function whileRenamed<T>(look: () => Promise<T>): Promise<T> {
  const names = ['app.log.1', 'app.log.2', 'app.log.3', 'app.log.4'];
  let at = 0;
  let isOver = false;
  const rename = (): void => {
    if (isOver) return;
    // The higher name is free: so each file goes up, and the last one comes down to the first name.
    const from = join(directory, names[at % 4]!);
    renameSync(from, join(directory, names[(at + 1) % 4]!));
    at++;
    // It stops now and then, as a rotation does, for a scan to come to an end.
    if (at % 16 === 0) setTimeout(rename, 30);
    else setImmediate(rename);
  };
  rename();
  try {
    return await look();
  } finally {
    isOver = true;
  }
}

test('filesIn finds a file that is renamed while the directory is read, or says that it is not certain', async () => {
  writeFileSync(join(directory, 'app.log'), '');
  writeFileSync(join(directory, 'app.log.1'), '{"n":1}\n');
  const inodes = [...(await filesIn(directory)).files.keys()].sort();
  expect(inodes).toHaveLength(2);
  await whileRenamed(async () => {
    for (let look = 0; look < 40; look++) {
      const { files, isSettled } = await filesIn(directory);
      if (isSettled) expect([...files.keys()].sort()).toEqual(inodes);
    }
  });
});

test('filesIn is not certain of a directory that cannot be read', async () => {
  expect(await filesIn(join(directory, 'none'))).toEqual({ files: new Map(), isSettled: false });
});

test('rotatedSince finds the rotated file that is renamed meanwhile, or says that it is not certain', async () => {
  writeFileSync(join(directory, 'app.log.1'), '{"n":1}\n');
  await whileRenamed(async () => {
    for (let look = 0; look < 20; look++) {
      const { rotated, isSettled } = await rotatedSince(join(directory, 'app.log'), {
        writtenMs: 0,
        bornMs: 0,
      });
      if (isSettled) expect(rotated).toHaveLength(1);
    }
  });
});

test('rotatedSince is certain of a directory in which nothing is renamed', async () => {
  writeFileSync(join(directory, 'app.log.1'), '{"n":1}\n');
  const { rotated, isSettled } = await rotatedSince(join(directory, 'app.log'), { writtenMs: 0, bornMs: 0 });
  expect([rotated.length, isSettled]).toEqual([1, true]);
});
