import { describe, expect, test } from 'vitest';
import { compareLine } from '../../src/diff/compare-line.ts';
import type { LineOutcome } from '../../src/diff/line-outcome.ts';

function gives(...events: string[]): LineOutcome {
  return { bytes: Buffer.from(events.map(event => `${event}\n`).join('')), emitted: [], dead: undefined };
}

function emits(topic: string, ...events: string[]): LineOutcome {
  return { ...gives(), emitted: events.map(event => ({ topic, event })) };
}

function dies(message: string, place = 'old.ts:1'): LineOutcome {
  const letter = { source: 'in', line: 1, reason: 'handler-threw', error: { message, stack: place } };
  return { ...gives(), dead: JSON.stringify(letter) };
}

describe('compareLine', () => {
  test.each([
    [gives(), gives()],
    [gives('{"a":1}'), gives('{"a":1}')],
    [gives('{"a":1,"b":2}'), gives('{"b":2.0,"a":1}')],
    [emits('t', '{"a":1}'), emits('t', '{"a":1.0}')],
    [dies('no', 'old.ts:1'), dies('no', 'new.ts:7')],
  ])('finds no difference in what means the same', (old, now) => {
    expect(compareLine(old, now, false)).toBeUndefined();
  });

  test('finds it in the spelling where that is asked for', () => {
    expect(compareLine(gives('{"a":1}'), gives('{"a":1.0}'), true)).toEqual({
      kind: 'changed',
      fields: [{ path: [], old: '{"a":1}', new: '{"a":1.0}' }],
    });
  });

  test('names the fields by their paths, with all digits', () => {
    const old = gives('{"user":{"plan":"free","id":9223372036854775807},"tags":[1,2]}');
    const now = gives('{"user":{"plan":"pro","id":9223372036854775808},"tags":[1]}');
    expect(compareLine(old, now, false)).toEqual({
      kind: 'changed',
      fields: [
        { path: ['user', 'plan'], old: '"free"', new: '"pro"' },
        { path: ['user', 'id'], old: '9223372036854775807', new: '9223372036854775808' },
        { path: ['tags', '1'], old: '2', new: undefined },
      ],
    });
  });

  test('tells which of several events it is', () => {
    expect(compareLine(gives('{"a":1}', '{"a":2}'), gives('{"a":1}', '{"a":3}'), false)?.fields).toEqual([
      { output: 1, path: ['a'], old: '2', new: '3' },
    ]);
    expect(compareLine(gives('1', '2', '3'), gives('1', '3'), false)?.fields).toEqual([
      { output: 1, path: [], old: '2', new: undefined },
    ]);
  });

  test('tells where only one of them gives something, or is dead', () => {
    expect(compareLine(gives('1'), gives(), false)?.kind).toBe('only-old');
    expect(compareLine(gives(), gives('1'), false)?.kind).toBe('only-new');
    expect(compareLine(gives(), emits('t', '1'), false)?.kind).toBe('only-new');
    expect(compareLine(dies('no'), gives(), false)?.kind).toBe('dead-old');
    expect(compareLine(gives('1'), dies('no'), false)?.kind).toBe('dead-new');
  });

  test('tells apart events of different topics, and reasons of death', () => {
    expect(compareLine(emits('a', '{"n":1}'), emits('b', '{"n":1}'), false)).toEqual({
      kind: 'changed',
      fields: [
        { topic: 'a', path: [], old: '{"n":1}', new: undefined },
        { topic: 'b', path: [], old: undefined, new: '{"n":1}' },
      ],
    });
    expect(compareLine(dies('no'), dies('never'), false)?.fields).toEqual([
      { path: ['error', 'message'], old: '"no"', new: '"never"' },
    ]);
  });
});
