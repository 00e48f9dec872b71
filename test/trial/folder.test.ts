import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { casesFolder, findCases, readCase } from '../../src/trial/folder.ts';

let directory: string;
let handler: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-folder-'));
  handler = join(directory, 'errors.ts');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function put(path: string, content: string | Uint8Array = ''): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** What `readCase` gives for the case `a`. */
function readA(): ReturnType<typeof readCase> {
  return readCase({ name: 'a', path: join(directory, 'errors.cases', 'a') });
}

describe('the cases of a handler', () => {
  test.each([
    ['errors.ts', 'errors.cases'],
    ['src/errors.mjs', 'src/errors.cases'],
    ['a.b.tsx', 'a.b.cases'],
    ['plain', 'plain.cases'],
  ])('of %s are in %s', (name, folder) => {
    expect(casesFolder(name)).toBe(folder);
  });

  test('are found in the order of their names, but for hidden ones', () => {
    for (const name of ['b', 'a', '.git']) put(`errors.cases/${name}/input.ndjson`);
    expect(findCases(handler).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('are an error where there are none, which says how to write one', () => {
    expect(() => findCases(handler)).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_NO_CASES',
        hint: expect.stringContaining(join('errors.cases', 'NAME', 'input.ndjson')),
      }),
    );
    put('errors.cases/.DS_Store');
    expect(() => findCases(handler)).toThrow(expect.objectContaining({ code: 'MILLRACE_NO_CASES' }));
  });

  test('are an error where their folder is a file', () => {
    put('errors.cases');
    expect(() => findCases(handler)).toThrow(expect.objectContaining({ code: 'MILLRACE_NO_CASES' }));
  });
});

describe('a case', () => {
  test('expects nothing where nothing is said', () => {
    put('errors.cases/a/input.ndjson', '1\n');
    expect(readA()).toMatchObject({ expected: '', emitted: new Map(), dead: '', options: {} });
  });

  test('has what is expected in topics', () => {
    put('errors.cases/a/input.ndjson');
    put('errors.cases/a/expected.alerts.v2.ndjson', '1\n');
    expect(readA()).toMatchObject({ expected: '', emitted: new Map([['alerts.v2', '1\n']]) });
  });

  test('has its options', () => {
    put('errors.cases/a/input.ndjson');
    const options = {
      key: 'a.b',
      where: 'a > 1',
      select: 'a',
      workers: 2,
      timeoutMs: 0,
      lineBytesMax: 100,
      concurrency: 4,
      retry: { attempts: 2, initialMs: 1 },
    };
    put('errors.cases/a/options.json', JSON.stringify(options));
    expect(readA()).toMatchObject({ options });
  });

  test('without an input, or with files that are none of a case, cannot be run', () => {
    put('errors.cases/a/expcted.ndjson');
    put('errors.cases/a/more/input.ndjson');
    expect(readA()).toEqual({
      problems: [
        expect.stringContaining('"expcted.ndjson" is no file of a case'),
        expect.stringContaining('"more" is no file of a case'),
        'there is no "input.ndjson"',
      ],
    });
  });

  test('is no file', () => {
    put('errors.cases/a', '1\n');
    expect(readA()).toEqual({ problems: [expect.stringContaining('it is a file')] });
  });

  test('cannot be run where a file of it is no file, or is not UTF-8', () => {
    put('errors.cases/a/input.ndjson');
    put('errors.cases/a/expected.ndjson', Uint8Array.of(0xff));
    expect(readA()).toEqual({ problems: ['"expected.ndjson" is not UTF-8'] });
    rmSync(join(directory, 'errors.cases/a/expected.ndjson'));
    put('errors.cases/a/expected.ndjson/x');
    expect(readA()).toEqual({ problems: ['cannot read "expected.ndjson": it is a directory'] });
  });

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'is no JSON object'],
    ['null', 'is no JSON object'],
    ['{"keys":"a"}', '"keys", which is no option of a case'],
    ['{"__proto__":1}', '"__proto__", which is no option'],
    ['{"toString":1}', '"toString", which is no option'],
    ['{"key":1}', '"key" in "options.json" cannot be used: it is no string'],
    ['{"key":"a..b"}', '"key" in "options.json" cannot be used'],
    ['{"where":"a ="}', '"where" in "options.json" cannot be used'],
    ['{"select":"a,a"}', '"select" in "options.json" cannot be used'],
    ['{"workers":0}', 'no whole number from 1 to'],
    ['{"workers":"2"}', 'no whole number from 1 to'],
    ['{"timeoutMs":1.5}', 'no whole number from 0 to'],
    ['{"concurrency":0}', 'its "concurrency" is not a whole number'],
    ['{"retry":"often"}', 'its "retry" has no "attempts"'],
    ['{"lineBytesMax":0}', 'no whole number from 1 to'],
  ])('with the options %s cannot be run', (text, problem) => {
    put('errors.cases/a/input.ndjson');
    put('errors.cases/a/options.json', text);
    expect(readA()).toEqual({ problems: [expect.stringContaining(problem)] });
  });
});
