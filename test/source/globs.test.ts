import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { expandGlob, matching } from '../../src/source/globs.ts';
import { resolveFiles } from '../../src/source/table.ts';
import { ownDirectory } from '../support/program.ts';

/** What a glob says of directories that cannot be looked at. They are so by a hook: root may look at everything. */

/** Paths in which nothing can be seen. */
const closed = vi.hoisted(() => ({ paths: [] as string[] }));

vi.mock('node:fs', async original => {
  const actual = await original<typeof import('node:fs')>();
  type Call = (path: string, ...rest: unknown[]) => void;
  /** Where a path leads; a link of these tests leads to no other link. */
  const leadsTo = (path: string): string => {
    const plain = path.replace(/\/$/, '');
    return actual.lstatSync(plain, { throwIfNoEntry: false })?.isSymbolicLink()
      ? actual.readlinkSync(plain)
      : plain;
  };
  /** The call, but for what lies in what is closed, and, where its contents are asked for, that itself. */
  const hooked =
    (call: Call, of: 'contents' | 'itself'): Call =>
    (path, ...rest) => {
      const to = leadsTo(path);
      const isClosed = closed.paths.some(
        root => to.startsWith(`${root}/`) || (of === 'contents' && to === root),
      );
      if (!isClosed) return call(path, ...rest);
      const error = Object.assign(new Error('permission denied'), { code: 'EACCES' });
      (rest.at(-1) as (error: Error) => void)(error);
    };
  return {
    ...actual,
    readdir: hooked(actual.readdir as Call, 'contents'),
    realpath: hooked(actual.realpath as unknown as Call, 'itself'),
    stat: hooked(actual.stat as unknown as Call, 'itself'),
  };
});

const directory = ownDirectory();
const at = (path: string): string => join(directory, path);
const short = (path: string): string => path.replace(`${directory}/`, '');

beforeAll(() => {
  for (const name of ['open', 'shut', 'shut/deep', 'links']) mkdirSync(at(name));
  for (const name of ['open/a', 'shut/b', 'shut/deep/c']) writeFileSync(at(`${name}.ndjson`), '1\n');
  symlinkSync(at('shut/b.ndjson'), at('links/b.ndjson'));
  symlinkSync(at('shut/deep'), at('links/deep'));
  symlinkSync(at('shut'), at('links/shut'));
  symlinkSync(at('nowhere'), at('links/nowhere.ndjson'));
  symlinkSync('round', at('links/round'));
});

beforeEach(() => {
  closed.paths = [at('shut')];
});

/** What is found by a glob below the directory, and what could not be looked at. */
async function expanded(pattern: string): Promise<[paths: string[], unread: string[]]> {
  const { paths, unread } = await expandGlob(at(pattern));
  return [paths.map(short), unread.map(({ path }) => short(path))];
}

test.each([
  ['shut/*.ndjson', [], ['shut']],
  ['shut/x*/*.ndjson', [], ['shut']],
  ['{open,shut}/*.ndjson', ['open/a.ndjson'], ['shut']],
  ['o*/*.ndjson', ['open/a.ndjson'], []],
  // In these places are files, whatever is in the directories beside them.
  ['*', [], []],
  ['*.ndjson', [], []],
  ['links/b*', [], ['links/b.ndjson']],
  ['links/*/*.ndjson', [], ['links/b.ndjson', 'links/deep', 'links/shut']],
  ['links/[nr]*', [], []],
  ['nowhere/*.ndjson', [], []],
])('%s finds %j, and cannot look into %j', async (pattern, paths, unread) => {
  expect(await expanded(pattern)).toEqual([paths, unread]);
});

test('any directory may have what a globstar looks for', async () => {
  const [paths, unread] = await expanded('**/*.ndjson');
  expect(paths).toEqual(['open/a.ndjson']);
  expect(unread).toContain('shut');
});

test('all is found where all can be looked at', async () => {
  closed.paths = [];
  expect(await expanded('{open,shut}/*.ndjson')).toEqual([['open/a.ndjson', 'shut/b.ndjson'], []]);
  expect(await expanded('links/*/*.ndjson')).toEqual([['links/deep/c.ndjson', 'links/shut/b.ndjson'], []]);
});

test('nothing is read where some of it cannot be', async () => {
  const limits = { bytesMax: 1000, ratioMax: 10 };
  await expect(resolveFiles([at('*/*.ndjson')], limits)).rejects.toMatchObject({
    code: 'MILLRACE_SOURCE_PERMISSION',
    message: `cannot open "${at('links/b.ndjson')}": permission denied`,
  });
});

test('who follows files gets those that are found, and is told of the rest', async () => {
  const { matches, unread } = await matching([at('{open,shut}/*.ndjson')]);
  expect([...matches.keys()]).toEqual([at('open/a.ndjson')]);
  expect(unread.map(({ path }) => path)).toEqual([at('shut')]);
});
