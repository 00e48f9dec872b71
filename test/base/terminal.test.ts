import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeControls } from '../../src/base/terminal.ts';

describe('escapeControls', () => {
  test('writes what could steer a terminal as escapes, and leaves newlines, tabs and all other text', () => {
    expect(escapeControls('a\u001b[31m\r\u0000\u007f\u009b\nb\té😀')).toBe(
      'a\\u001b[31m\\u000d\\u0000\\u007f\\u009b\nb\té😀',
    );
  });

  test('leaves no control character in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const left = Array.from(escapeControls(text)).filter(
          char => /\p{Cc}/u.test(char) && char !== '\n' && char !== '\t',
        );
        expect(left).toEqual([]);
      }),
    );
  });
});
