import { describe, expect, test } from 'vitest';
import { formatBytes, formatCount } from '../../src/cli/format.ts';

describe('numbers for people', () => {
  test.each([
    [0, '0 B', '0'],
    [999, '999 B', '999'],
    [1000, '1.0 kB', '1.0k'],
    [1532, '1.5 kB', '1.5k'],
    [99_500, '100 kB', '100k'],
    [999_499, '999 kB', '999k'],
    [999_500, '1.0 MB', '1.0M'],
    [2_988_895, '3.0 MB', '3.0M'],
    [1e12, '1.0 TB', '1000G'],
    [1e17, '100000 TB', '100000000G'],
  ])('have three digits or so: %d', (value, bytes, count) => {
    expect([formatBytes(value), formatCount(value)]).toEqual([bytes, count]);
  });
});
