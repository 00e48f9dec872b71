import { describe, expect, test } from 'vitest';
import { caseText } from '../../src/cli/case-text.ts';
import { columnsOf } from '../../src/cli/text-columns.ts';
import { compareDead } from '../../src/trial/compare-dead.ts';
import { compareEvents } from '../../src/compare/compare-events.ts';
import { linesOf } from '../../src/compare/lines.ts';

interface Sides {
  readonly events?: readonly [expected: string, actual: string];
  readonly dead?: readonly [expected: string, actual: string];
  readonly problems?: readonly string[];
  readonly name?: string;
  readonly file?: string;
}

function lines(text: string): ReturnType<typeof linesOf> {
  return linesOf(text, false);
}

/** What is printed of a case, without colours: standard output is no terminal in tests. */
function textOf({
  events = ['', ''],
  dead = ['', ''],
  problems = [],
  name = 'a',
  file = 'expected.ndjson',
}: Sides): string[] {
  const text = caseText(
    {
      folder: { name, path: `/${name}` },
      problems,
      outputs: [{ file, differences: compareEvents(lines(events[0]), lines(events[1])), given: events[1] }],
      dead: compareDead(lines(dead[0]), lines(dead[1])),
      deadLetters: '',
    },
    [],
  );
  expect(text.endsWith('\n')).toBe(true);
  const printed = text.slice(0, -1).split('\n');
  for (const line of printed) expect(columnsOf(line)).toBeLessThanOrEqual(80);
  return printed;
}

describe('the text of a case', () => {
  test('is a tick where it passes', () => {
    expect(textOf({})).toEqual(['✓ a']);
  });

  test('names the event, both of its forms, and the fields that differ', () => {
    expect(textOf({ events: ['{"a":{"b":1}}', '{"a":{"b":2},"c":"x"}'] })).toEqual([
      '✗ a',
      '    expected.ndjson line 1, event 1',
      '      - {"a":{"b":1}}',
      '      + {"a":{"b":2},"c":"x"}',
      '        a.b: expected 1, got 2',
      '        c: expected nothing, got "x"',
    ]);
  });

  test('shows long values from just before they differ', () => {
    const [one, two] = ['1', '2'].map(end => JSON.stringify({ path: `${'long '.repeat(40)}${end}` }));
    expect(textOf({ events: [one!, two!] }).slice(-3)).toEqual([
      '        path:',
      '        - …g long long 1"',
      '        + …g long long 2"',
    ]);
  });

  test('tells of a dead letter with its reason and the place in the handler', () => {
    const letter = {
      source: 'a/input.ndjson',
      line: 3,
      offset: 9,
      reason: 'handler-threw',
      error: { name: 'Error', message: 'no', stack: '    at errors.ts:1:2\n    at x' },
      event: '7',
    };
    expect(textOf({ dead: ['', JSON.stringify(letter)] })).toEqual([
      '✗ a',
      '    line 3 of the input became a dead letter',
      '      + {"line":3,"reason":"handler-threw","error":{"message":"no"},"event":"7"}',
      '        handler-threw: no at errors.ts:1:2',
    ]);
    expect(textOf({ dead: [JSON.stringify({ ...letter, event: '8' }), JSON.stringify(letter)] })).toContain(
      '        event: expected "8", got "7"',
    );
    expect(textOf({ dead: ['{"line":1}', ''] })).toContain(
      '    dead.ndjson line 1: no such dead letter for line 1 of the input',
    );
    expect(textOf({ dead: ['oops', ''] })).toContain('        this line is not JSON');
  });

  test('ends after ten differences, and says how many there are', () => {
    const many = Array.from({ length: 12 }, (_, index) => index).join('\n');
    const printed = textOf({ events: ['', many] });
    expect(printed.filter(line => line.startsWith('      + '))).toHaveLength(10);
    expect(printed.at(-1)).toBe('    and 2 more differences');
  });

  test('has no control character of the data, however it comes', () => {
    const evil = '\u001b[2J\u0007\u009b\t';
    const raw = (key: string): string => `{${JSON.stringify(key)}:${JSON.stringify(evil)}}`;
    const printed = textOf({
      name: `n${evil}\n`,
      events: [`${evil}\n${raw('\u009b')}`, raw('\u009bb')],
      problems: [`"${evil}" is no file`],
    });
    // oxlint-disable-next-line no-control-regex -- that is what must not be there
    expect(printed.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });

  test('is no wider than a terminal, whatever the names and values', () => {
    const wide = '漢字'.repeat(60);
    textOf({
      name: wide,
      file: `expected.${wide}.ndjson`,
      events: [JSON.stringify({ [wide]: wide }), JSON.stringify({ [wide]: `${wide}x`, y: wide })],
      problems: [wide, 'word '.repeat(50)],
      dead: [`{"line":1,"${wide}":1}`, ''],
    });
  });
});
