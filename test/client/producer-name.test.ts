import { expect, test } from 'vitest';
import { producerNameOf } from '../../src/client/producer-name.ts';
import { fileSource } from '../../src/source/file.ts';
import { ownDirectory } from '../support/program.ts';

const directory = ownDirectory();

test.each([
  ['has gone since it was looked at', 'gone', 'MILLRACE_SOURCE_NOT_FOUND'],
  ['is a directory by now', '.', 'MILLRACE_SOURCE_DIRECTORY'],
])('a file that %s has no name for its lines, and that is no bug', async (_, name, code) => {
  await expect(producerNameOf(fileSource(`${directory}/${name}`))).rejects.toMatchObject({ code });
});
