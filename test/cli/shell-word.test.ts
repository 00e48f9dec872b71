import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellWord } from '../../src/cli/shell-word.ts';

/** What bash makes of the word. */
function readByBash(word: string): string {
  return execFileSync('bash', ['-c', `printf '%s.' ${word}`], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  }).slice(0, -1);
}

test.each([
  'errors',
  'my handlers',
  "it's",
  '$HOME',
  '`id`',
  'a\nb',
  "\u001b[2J'\\",
  '\u009bx',
  '漢',
  '*',
  '~',
])('bash reads the word for %j as that path', path => {
  const word = shellWord(path);
  expect(readByBash(word)).toBe(path);
  // oxlint-disable-next-line no-control-regex -- that is what must not be there
  expect(word).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});

test('a path that looks like an option is named in another way', () => {
  expect(shellWord('-rf')).toBe('./-rf');
  expect(shellWord("-'")).toBe(String.raw`'./-'\'''`);
});

test('bash reads the word for any path as that path', () => {
  const path = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter(text => !text.includes('\0') && !text.startsWith('-'));
  fc.assert(
    fc.property(path, text => {
      expect(readByBash(shellWord(text))).toBe(text);
    }),
    { numRuns: 50 },
  );
});
