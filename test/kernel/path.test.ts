import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KEY_SEGMENTS_MAX } from '../../src/base/limits.ts';
import { parsePath } from '../../src/kernel/path.ts';

function indices(text: string): number[] {
  return parsePath(text).segments.map(({ index }) => index);
}

function names(text: string): string[] {
  return parsePath(text).segments.map(({ name }) => name);
}

describe('parsePath', () => {
  test.each([
    ['user', ['user']],
    ['user.id', ['user', 'id']],
    ['user.0.é', ['user', '0', 'é']],
    ['/user/id', ['user', 'id']],
    ['/id.orig_h', ['id.orig_h']],
    ['/', ['']],
    ['/a//b', ['a', '', 'b']],
    ['/a~1b/c~0d/~01', ['a/b', 'c~d', '~1']],
    ['a~b', ['a~b']],
  ])('reads %s as names', (text, expected) => {
    expect(names(text)).toEqual(expected);
    expect(parsePath(text).text).toBe(text);
  });

  test('takes any name as JSON Pointer', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: KEY_SEGMENTS_MAX }),
        parts => {
          const pointer = parts.map(part => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
          expect(names(pointer)).toEqual(parts);
        },
      ),
    );
  });

  test('means an index by a number without leading zeros, and by nothing else', () => {
    expect(indices('/0/7/999999999')).toEqual([0, 7, 999999999]);
    expect(indices('/00/01/-1/1.0/+1/ 1/1e2/1000000000/x/')).toEqual(Array.from({ length: 10 }, () => -1));
  });

  test('has the bytes of a name as UTF-8', () => {
    expect([...parsePath('é').segments[0]!.nameBytes]).toEqual([0xc3, 0xa9]);
  });

  test.each(['', '.', 'a.', '.a', 'a..b', '/~', '/a~2', '/~01~', 'a.'.repeat(KEY_SEGMENTS_MAX) + 'a'])(
    'refuses %j',
    text => {
      expect(() => parsePath(text)).toThrow(expect.objectContaining({ code: 'MILLRACE_KEY_PATH' }));
    },
  );

  test('takes as many segments as the limit says', () => {
    expect(names('a.'.repeat(KEY_SEGMENTS_MAX - 1) + 'a')).toHaveLength(KEY_SEGMENTS_MAX);
  });
});
