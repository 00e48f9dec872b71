import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDirectories } from '../../src/base/make-directories.ts';
import { ownDirectory } from '../support/program.ts';

const directory = ownDirectory();

test('all that are missing are made, with the mode that is wanted', () => {
  const path = join(directory, 'a', 'b', 'c');
  makeDirectories(path, 0o700);
  for (const made of [path, join(directory, 'a')]) expect(statSync(made).mode & 0o777).toBe(0o700);
});

test('those that are there stay, also behind a link', () => {
  mkdirSync(join(directory, 'there'), { mode: 0o755 });
  symlinkSync('there', join(directory, 'link'));
  makeDirectories(join(directory, 'link'));
  makeDirectories(join(directory, 'link', 'in'));
  makeDirectories('/');
  expect(statSync(join(directory, 'there', 'in')).isDirectory()).toBe(true);
});

test('a file on the way, or at the end, is an error', () => {
  writeFileSync(join(directory, 'file'), '');
  expect(() => makeDirectories(join(directory, 'file'))).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  expect(() => makeDirectories(join(directory, 'file', 'x', 'y'))).toThrow(
    expect.objectContaining({ code: 'ENOTDIR' }),
  );
});

test('a link that leads nowhere is an error', () => {
  symlinkSync('nowhere', join(directory, 'dangling'));
  expect(() => makeDirectories(join(directory, 'dangling', 'x'))).toThrow(
    expect.objectContaining({ code: 'EEXIST' }),
  );
});

test.runIf(process.platform === 'linux')('where nothing can be made it ends', () => {
  for (const path of ['/proc/x', '/proc/x/y/z']) {
    expect(() => makeDirectories(path)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  }
});
