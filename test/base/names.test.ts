import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkName, checkTopicToWrite, deadTopicOf, isTopicName, topicNameOf } from '../../src/base/names.ts';

const refused = expect.objectContaining({ code: 'MILLRACE_NAME' });

describe('checkName', () => {
  test.each(['a', '0', 'errors', 'a.b_c-d', 'errors.dead', 'x'.repeat(100)])('takes "%s"', name => {
    expect(checkName(name, 'topic')).toBe(name);
    expect(isTopicName(name)).toBe(true);
  });

  test.each([
    '',
    '.',
    '..',
    '.a',
    '-a',
    '_a',
    'A',
    'é',
    'a b',
    'a/b',
    'a\\b',
    'a\0',
    'a\n',
    'x'.repeat(101),
    '.dead',
  ])('refuses %j', name => {
    expect(isTopicName(name)).toBe(false);
    expect(() => checkName(name, 'topic')).toThrow(refused);
    expect(() => checkName(name, 'job')).toThrow(refused);
  });

  test('takes the topic of dead letters of every topic that can be written', () => {
    const name = 'x'.repeat(100);
    expect(checkName(deadTopicOf(checkTopicToWrite(name)), 'topic')).toBe(`${name}.dead`);
    expect(() => checkName(`${name}.dead`, 'job')).toThrow(refused);
  });
});

describe('checkTopicToWrite', () => {
  test('refuses a topic that belongs to the dead letters of another', () => {
    expect(() => checkTopicToWrite('errors.dead')).toThrow(refused);
    expect(checkTopicToWrite('dead')).toBe('dead');
    expect(checkTopicToWrite('errors.deads')).toBe('errors.deads');
  });
});

describe('topicNameOf', () => {
  test.each([
    ['errors.ts', 'errors'],
    ['/a/b/Slow Requests.mjs', 'slow-requests'],
    ['C:\\handlers\\errors.cts', 'errors'],
    ['errors.v2.ts', 'errors.v2'],
    ['_private.js', 'private'],
    ['ÄÖ.ts', 'events'],
    ['.ts', 'events'],
    ['handler', 'handler'],
  ])('makes of %s the topic %s', (path, topic) => {
    expect(topicNameOf(path)).toBe(topic);
  });

  test('gives a name that a topic can have, whatever the path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), path => {
        const name = topicNameOf(`${path}.ts`);
        expect(checkName(name, 'topic')).toBe(name);
        expect(checkName(name, 'job')).toBe(name);
      }),
    );
  });
});
