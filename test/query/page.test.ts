import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PREDICATE_FIELDS_MAX, WHERE_LENGTH_MAX } from '../../src/base/limits.ts';
import { Exit } from '../../src/kernel/program.ts';
import { FUNCTIONS, METHODS } from '../../src/query/calls.ts';
import { parseSelect } from '../../src/query/select.ts';
import { parseWhere } from '../../src/query/where.ts';
import { runPredicate } from './run-predicate.ts';

/** Every example of docs/WHERE.md does what the page says. */

const page = readFileSync(new URL('../../docs/WHERE.md', import.meta.url), 'utf8');

/** The rows of the table that begins with this title; code is taken out of its backticks. */
function rowsOf(...title: string[]): string[][] {
  const lines = page.split('\n');
  const at = lines.findIndex(line => title.every((cell, number) => cellsOf(line)[number] === cell));
  expect(at).toBeGreaterThan(0);
  const rows = lines.slice(at + 2);
  return rows
    .slice(
      0,
      rows.findIndex(line => !line.startsWith('|')),
    )
    .map(cellsOf);
}

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map(cell =>
    cell
      .trim()
      .replace(/^`(.*)`$/, '$1')
      .replaceAll('\\|', '|'),
  );
}

const examples = rowsOf('expression', 'event', 'goes on') as [string, string, string][];
const fast = rowsOf('expression', 'decided from the bytes') as [string, string][];
const selections = rowsOf('selection', 'event', 'result') as [string, string, string][];

describe('docs/WHERE.md', () => {
  test('has examples of all kinds', () => {
    expect([examples.length, fast.length, selections.length]).toEqual([25, 9, 6]);
    expect(new Set(examples.map(([, , answer]) => answer))).toEqual(new Set(['yes', 'no']));
  });

  test.each(examples)('says rightly of %s and %s: %s', (text, json, answer) => {
    const where = parseWhere(text);
    const event = JSON.parse(json) as unknown;
    expect(where.test(event) ? 'yes' : 'no').toBe(answer);
    expect(runPredicate(where, event)).toBeOneOf([answer === 'yes' ? 'pass' : 'drop', 'unsure']);
  });

  test.each(fast)('says rightly whether %s is decided from the bytes: %s', (text, answer) => {
    const { predicate, decides } = parseWhere(text);
    const isUnsure = predicate.tests.some(
      ({ onTrue, onFalse }) => onTrue === Exit.unsure || onFalse === Exit.unsure,
    );
    expect(decides ? (isUnsure ? 'in part' : 'yes') : 'no').toBe(answer);
  });

  test.each(selections)('says rightly what %s gives of %s: %s', (text, json, result) => {
    expect(JSON.stringify(parseSelect(text).pick(JSON.parse(json)))).toBe(result);
  });

  test('gives commands with expressions and selections that can be parsed', () => {
    const options = [...page.matchAll(/^ {4}millrace .*$/gm)].flatMap(([line]) => [
      ...line.matchAll(/--(where|select) (?:'([^']*)'|(\S+))/g),
    ]);
    expect(options).toHaveLength(3);
    for (const [, option, quoted, bare] of options) {
      if (option === 'where') parseWhere(quoted ?? bare!);
      else parseSelect(quoted ?? bare!);
    }
  });

  test('names every method and function, and the limits', () => {
    for (const name of [...METHODS.keys(), ...FUNCTIONS.keys()]) expect(page).toContain(`\`${name}\``);
    expect(page).toContain(`up to ${WHERE_LENGTH_MAX} characters`);
    expect(page).toContain(`Up to ${PREDICATE_FIELDS_MAX} paths`);
  });
});
