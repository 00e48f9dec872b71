import { describe, expect, test } from 'vitest';
import { parseWhere } from '../../src/query/where.ts';

describe('searchesLong', () => {
  test.each([
    '/(a+)+$/.test(path)',
    'path.match(/a*b/)',
    'status > 7 && (this.x ?? !/x{2,}y/u.test(y))',
    String.raw`/\\?(a|aa)/.test(path)`,
    'a.includes(b)',
    'path.indexOf(user.id) > 3',
    '(path?.includes)(this["a b"])',
  ])('is so for %s', text => {
    expect(parseWhere(text).searchesLong).toBe(true);
  });

  test.each([
    'status >= 500 && user.plan == "pro"',
    'path.includes("a+") || path.indexOf(`x`) == 0',
    '["GET", method].includes(verb)',
    '/^bot/i.test(agent)',
    String.raw`/^[a-z]\.\?\+x$/.test(agent)`,
    'path.startsWith(a) && path.endsWith(b)',
  ])('is not so for %s', text => {
    expect(parseWhere(text).searchesLong).toBe(false);
  });
});
