import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEAD_REASONS } from '../../src/base/dead-letter.ts';
import { ERROR_CODES, type ErrorCode, EXIT, MillraceError, reasonOf } from '../../src/base/errors.ts';

/** The table of errors, the page that explains them, the README and the code that throws them say the same. */

const root = new URL('../../', import.meta.url).pathname;
const page = readFileSync(join(root, 'docs/ERRORS.md'), 'utf8');
/** A code; not the beginning of a family of them, which is written `MILLRACE_SOURCE_…`. */
const CODE = /\bMILLRACE_[A-Z]+(?:_[A-Z]+)*\b(?!_?…)/g;
/** What looks like a code and is none: names of environment variables. */
const VARIABLES = new Set(['CACHE', 'KERNEL', 'SHUFFLE', 'STORE', 'TOKEN'].map(name => `MILLRACE_${name}`));

function codesIn(text: string): Set<string> {
  return new Set([...text.matchAll(CODE)].map(([code]) => code).filter(code => !VARIABLES.has(code)));
}

const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map(section => [section.slice(0, section.indexOf('\n')), section.slice(section.indexOf('\n'))] as const)
    .filter(([title]) => title.startsWith('MILLRACE_')),
);

describe('docs/ERRORS.md', () => {
  test('has a section for every code in the order of the table, and no other', () => {
    expect([...sections.keys()]).toEqual(ERROR_CODES);
  });

  test.each(ERROR_CODES)('says of %s what the table says, when it happens and what to do', code => {
    const { exit, retryable } = new MillraceError(code, '');
    const section = sections.get(code) ?? '';
    expect(section).toContain(`\n\nExit status ${exit}, ${retryable ? 'retryable' : 'not retryable'}.\n\n`);
    expect(section).toMatch(/\n\*\*When\*\*: [a-z`]/);
    expect(section).toMatch(/\n\*\*What to do\*\*: [a-z`]/);
  });

  test('explains every exit status that there is, and no other', () => {
    const explained = [...page.matchAll(/^\| (\d+) +\| \S/gm)].map(([, status]) => Number(status));
    const known = new Set<number>([
      ...Object.values(EXIT),
      ...ERROR_CODES.map(code => new MillraceError(code, '').exit),
    ]);
    expect(explained).toEqual([...known].sort((a, b) => a - b));
  });

  test('names no code outside of the table', () => {
    expect([...codesIn(page)].filter(code => !ERROR_CODES.includes(code as ErrorCode))).toEqual([]);
  });

  test('explains every reason of a dead letter, and no other', () => {
    const explained = [...page.matchAll(/^\| `([a-z0-9-]+)` +\|/gm)].map(([, reason]) => reason);
    expect(explained).toEqual([...DEAD_REASONS]);
  });
});

describe('an error code', () => {
  const table = 'src/base/errors.ts';
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map(name => `src/${name}`)
    .filter(name => name.endsWith('.ts') && name !== table);
  const used = codesIn(sources.map(name => readFileSync(join(root, name), 'utf8')).join('\n'));

  test('that is in the table is thrown somewhere', () => {
    expect(ERROR_CODES.filter(code => !used.has(code))).toEqual([]);
  });

  test('that the sources or the README name is in the table', () => {
    const readme = join(root, 'README.md');
    const named = [...used, ...(existsSync(readme) ? codesIn(readFileSync(readme, 'utf8')) : [])];
    expect(named.filter(code => !ERROR_CODES.includes(code as ErrorCode))).toEqual([]);
  });
});

describe('MillraceError', () => {
  test('keeps code, hint and cause, and has no cause where none was given', () => {
    const cause = new Error('below');
    const error = new MillraceError('MILLRACE_USAGE', 'no', { hint: 'do', cause });
    expect(error).toMatchObject({
      code: 'MILLRACE_USAGE',
      message: 'no',
      hint: 'do',
      cause,
      exit: 2,
      retryable: false,
    });
    expect(new MillraceError('MILLRACE_BUG', 'no')).not.toHaveProperty('cause');
  });
});

describe('reasonOf', () => {
  test('puts system errors into words, and takes any other value as it is', () => {
    expect(reasonOf(Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' }))).toBe(
      'no space left on the device',
    );
    expect(reasonOf(Object.assign(new Error('EWEIRD: write'), { code: 'EWEIRD' }))).toBe('EWEIRD: write');
    expect([reasonOf('text'), reasonOf(null), reasonOf(undefined)]).toEqual(['text', 'null', 'undefined']);
  });
});
