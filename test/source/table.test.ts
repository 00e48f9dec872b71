import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveInputs } from '../../src/source/table.ts';

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
  execFileSync('mkfifo', [join(directory, 'pipe')]);
});

afterAll(() => rm(directory, { recursive: true }));

/** Names of the sources for inputs below the directory. */
async function names(...inputs: readonly string[]): Promise<string[]> {
  const specs = await resolveInputs(inputs.map(input => (input === '-' ? input : `${directory}/${input}`)));
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

  test('leaves it to the file to say that it is not there', async () => {
    expect(await names('nothing.ndjson')).toEqual(['nothing.ndjson']);
    await expect(names('no*thing')).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_NOT_FOUND' });
  });

  test('knows what can be read again by its path, and the rest by nothing', async () => {
    const specs = await resolveInputs(['-', join(directory, 'pipe'), join(directory, 'a.ndjson')]);
    expect(specs.map(({ id }) => id)).toEqual([undefined, undefined, join(directory, 'a.ndjson')]);
  });

  test.each(['gopher://x', 'topic:errors', 'unix:/tmp/x'])(
    'refuses %s, which it does not know',
    async input => {
      await expect(resolveInputs([input])).rejects.toMatchObject({ code: 'MILLRACE_USAGE' });
    },
  );
});
