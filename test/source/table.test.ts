import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceSpec } from '../../src/source/contract.ts';
import { type InputHost, type InputOptions, type Inputs, resolveInputs } from '../../src/source/table.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-table-'));
  await mkdir(join(directory, 'deep'));
  for (const name of [
    'b.ndjson',
    'a.ndjson',
    'a[1].ndjson',
    '.hidden.ndjson',
    'deep/c.ndjson',
    'other.txt',
  ]) {
    await writeFile(join(directory, name), '1\n');
  }
  await mkdir(join(directory, 'packed'));
  await writeFile(join(directory, 'packed', 'p.gz'), '');
  execFileSync('mkfifo', [join(directory, 'pipe')]);
  await symlink('loop', join(directory, 'loop'));
});

afterAll(() => rm(directory, { recursive: true }));

const READING = { unpack: { bytesMax: 1000, ratioMax: 10 }, listen: {} as InputOptions['listen'] };

/** Nothing else is asked for before a source is opened. */
const HOST = { tell: () => undefined } as unknown as InputHost;

function resolve(inputs: readonly string[], follow: boolean): Promise<Inputs> {
  return resolveInputs(inputs, { ...READING, follow }, HOST);
}

async function specsOf(inputs: readonly string[]): Promise<readonly SourceSpec[]> {
  return (await resolve(inputs, false)).specs;
}

/** Names of the sources for inputs below the directory. */
async function names(...inputs: readonly string[]): Promise<string[]> {
  const specs = await specsOf(inputs.map(input => (input === '-' ? input : `${directory}/${input}`)));
  return specs.map(({ name }) => name.replace(`${directory}/`, ''));
}

describe('resolveInputs', () => {
  test('gives the files of a glob in the order of their names, without hidden ones and other kinds', async () => {
    expect(await names('*.ndjson')).toEqual(['a.ndjson', 'a[1].ndjson', 'b.ndjson']);
    expect(await names('**/*.ndjson')).toEqual(['a.ndjson', 'a[1].ndjson', 'b.ndjson', 'deep/c.ndjson']);
    expect(await names('{b,a}.ndjson')).toEqual(['a.ndjson', 'b.ndjson']);
    expect(await names('*')).not.toContain('deep');
  });

  test('keeps the order in which inputs are named, and takes each file once', async () => {
    expect(await names('b.ndjson', '*.ndjson', 'deep/../b.ndjson', '-', '-')).toEqual([
      'b.ndjson',
      'a.ndjson',
      'a[1].ndjson',
      '-',
    ]);
  });

  test('takes the name of a file for that file, whatever is in it', async () => {
    expect(await names('a[1].ndjson')).toEqual(['a[1].ndjson']);
  });

  test('leaves files and globs to who follows them, and names the rest itself', async () => {
    const inputs = ['-', join(directory, 'a.ndjson'), join(directory, '*.ndjson'), join(directory, 'old.gz')];
    const { specs, discovery } = await resolve(inputs, true);
    expect(specs.map(({ name }) => name)).toEqual(['-', join(directory, 'old.gz')]);
    expect(discovery).toBeDefined();
    expect((await resolve(['-'], true)).discovery).toBeUndefined();
  });

  test('knows a compressed file by its name, also in a glob: how many bytes it has is not known', async () => {
    for (const input of ['packed/p.gz', 'packed/*']) {
      const [spec] = await specsOf([join(directory, input)]);
      expect(spec!.id).toBe(join(directory, 'packed', 'p.gz'));
      expect(await spec!.check()).toBeUndefined();
    }
  });

  test('leaves it to the file to say that it is not there', async () => {
    expect(await names('nothing.ndjson')).toEqual(['nothing.ndjson']);
    await expect(names('no*thing')).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_NOT_FOUND' });
  });

  test.each([
    ['a link to itself', 'loop'],
    ['a file behind it', 'loop/a.ndjson'],
    ['a compressed file behind it', 'loop/a.gz'],
    ['a name that is too long', 'x'.repeat(300)],
  ])('leaves it to the file to say that there can be none: %s', async (_, name) => {
    const path = join(directory, name);
    const [spec] = await specsOf([path]);
    await expect(spec!.check()).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_NOT_FOUND' });
    // Where files are followed it is waited for.
    const isFollowed = !name.endsWith('.gz');
    expect((await resolve([path], true)).discovery !== undefined).toBe(isFollowed);
  });

  test('says of a socket that it cannot be at its path', async () => {
    const [spec] = await specsOf([`unix:${join(directory, 'loop', 'in.sock')}`]);
    await expect(spec!.check()).rejects.toMatchObject({ code: 'MILLRACE_LISTEN' });
  });

  test('knows what can be read again by its path, and the rest by nothing', async () => {
    const specs = await specsOf(['-', join(directory, 'pipe'), join(directory, 'a.ndjson')]);
    expect(specs.map(({ id }) => id)).toEqual([undefined, undefined, join(directory, 'a.ndjson')]);
  });

  test.each(['gopher://x', 'ftp://x/y'])('refuses %s, which it does not know', async input => {
    await expect(specsOf([input])).rejects.toMatchObject({ code: 'MILLRACE_USAGE' });
  });
});
