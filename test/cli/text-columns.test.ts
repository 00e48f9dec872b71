import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOf, cut, onOneLine, padded, wrapped } from '../../src/cli/text-columns.ts';

const text = fc.string({
  unit: fc.constantFrom('a', ' ', 'é', '龘', '😀', 'word', '\n', '\u001b'),
  maxLength: 60,
});
const width = fc.integer({ min: 2, max: 30 });

describe('text in columns', () => {
  test('is never wider than it may be, and loses nothing but what is cut', () => {
    fc.assert(
      fc.property(text, width, (given, most) => {
        const line = onOneLine(given);
        expect(['\n', '\t', '\u001b'].filter(control => line.includes(control))).toEqual([]);
        const short = cut(line, most);
        expect(columnsOf(short)).toBeLessThanOrEqual(most);
        if (columnsOf(line) <= most) expect(short).toBe(line);
        else expect(line.startsWith(short.slice(0, -1)) && short.endsWith('…')).toBe(true);
        const lines = wrapped(line, most);
        for (const part of lines) expect(columnsOf(part)).toBeLessThanOrEqual(most);
        expect(lines.join('').replaceAll(' ', '')).toBe(line.replaceAll(' ', ''));
        for (const atRight of [false, true]) {
          expect(columnsOf(padded(short, most, atRight))).toBe(most);
          expect(padded(short, most, atRight).trim()).toBe(short.trim());
        }
      }),
    );
  });

  test('is broken between words', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapped('a 1234567890 b', 4)).toEqual(['a', '1234', '5678', '90 b']);
    expect(padded('龘', 4, true)).toBe('  龘');
    expect(cut('龘龘龘', 5)).toBe('龘龘…');
  });
});
