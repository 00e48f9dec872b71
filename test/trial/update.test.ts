import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compareDead } from '../../src/trial/compare-dead.ts';
import { compareEvents } from '../../src/compare/compare-events.ts';
import { linesOf } from '../../src/compare/lines.ts';
import type { CaseResult } from '../../src/trial/run-case.ts';
import { updateCase } from '../../src/trial/update.ts';

let path: string;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'millrace-update-'));
});

afterEach(() => rmSync(path, { recursive: true, force: true }));

const DEAD =
  '{"source":"a","line":1,"offset":0,"reason":"invalid-json","error":{"message":"x"},"event":"{"}\n';

function lines(text: string): ReturnType<typeof linesOf> {
  return linesOf(text, false);
}

/** What a case gives that has returned `events`, and emitted `alerts`. */
function resultOf(events: string, deadLetters: string, alerts = ''): CaseResult {
  const read = (name: string): string =>
    existsSync(join(path, name)) ? readFileSync(join(path, name), 'utf8') : '';
  const output = (file: string, given: string): CaseResult['outputs'][number] => ({
    file,
    differences: compareEvents(lines(read(file)), lines(given)),
    given,
  });
  return {
    folder: { name: 'a', path },
    problems: [],
    outputs: [output('expected.ndjson', events), output('expected.alerts.ndjson', alerts)],
    dead: compareDead(lines(read('dead.ndjson')), lines(deadLetters)),
    deadLetters,
  };
}

test('what came out is written down, and then is what is expected', () => {
  const events = '{"a":1}\n2\n';
  expect(updateCase(resultOf(events, DEAD, '3\n'))).toEqual([
    'wrote expected.ndjson (2 lines)',
    'wrote expected.alerts.ndjson (1 line)',
    'wrote dead.ndjson (1 line)',
  ]);
  expect(readFileSync(join(path, 'expected.ndjson'), 'utf8')).toBe(events);
  expect(readFileSync(join(path, 'expected.alerts.ndjson'), 'utf8')).toBe('3\n');
  expect(readFileSync(join(path, 'dead.ndjson'), 'utf8')).toBe(
    '{"line":1,"reason":"invalid-json","event":"{"}\n',
  );
  expect(updateCase(resultOf(events, DEAD, '3\n'))).toEqual([]);
});

test('a file that agrees stays as somebody has written it, and one of which nothing comes is removed', () => {
  writeFileSync(join(path, 'expected.ndjson'), '{ "a": 1 }\n');
  writeFileSync(join(path, 'dead.ndjson'), DEAD);
  expect(updateCase(resultOf('{"a":1}\n', ''))).toEqual(['removed dead.ndjson']);
  expect(readFileSync(join(path, 'expected.ndjson'), 'utf8')).toBe('{ "a": 1 }\n');
  expect(existsSync(join(path, 'dead.ndjson'))).toBe(false);
});

test('a case that was not run is left as it is', () => {
  writeFileSync(join(path, 'expected.ndjson'), '1\n');
  const folder = { name: 'a', path };
  expect(updateCase({ folder, problems: ['no'], outputs: [], dead: [], deadLetters: '' })).toEqual([]);
  expect(readFileSync(join(path, 'expected.ndjson'), 'utf8')).toBe('1\n');
});

test('a file that cannot be written is an error', () => {
  const result = resultOf('1\n', '');
  rmSync(path, { recursive: true });
  expect(() => updateCase(result)).toThrow(expect.objectContaining({ code: 'MILLRACE_OUTPUT_WRITE' }));
});
