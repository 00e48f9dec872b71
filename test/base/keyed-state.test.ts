import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeOf, KeyedState } from '../../src/base/keyed-state.ts';

const someKey = fc.oneof(
  fc.constantFrom('a', 'b', '', '__proto__', '"', '\n'),
  fc.string({ unit: 'grapheme' }),
);
const someChanges = fc.array(fc.tuple(someKey, fc.option(fc.jsonValue(), { nil: undefined })), {
  maxLength: 60,
});

function bytesOf(changes: readonly (readonly [string, unknown])[]): Buffer {
  const lines = changes.map(([key, value]) =>
    changeOf(key, value === undefined ? undefined : JSON.stringify(value)),
  );
  return Buffer.from(lines.join(''));
}

function entriesOf(state: KeyedState): [string, unknown][] {
  return [...state.entries()].map(([key, json]) => [key, JSON.parse(json)]);
}

test('the last change of a key counts, however the changes come in', () => {
  fc.assert(
    fc.property(fc.array(someChanges, { maxLength: 5 }), someKey, (pieces, asked) => {
      const expected = new Map<string, unknown>();
      for (const [key, value] of pieces.flat()) {
        if (value === undefined) expected.delete(key);
        else expected.set(key, JSON.parse(JSON.stringify(value)));
      }
      const state = new KeyedState();
      for (const [at, piece] of pieces.entries()) {
        state.add(bytesOf(piece));
        // What is asked in between makes no difference.
        if (at % 2 === 1) state.get(asked);
      }
      expect(new Map(entriesOf(state))).toEqual(expected);
      const again = new KeyedState();
      again.add(state.toBytes());
      expect(entriesOf(again)).toEqual(entriesOf(state));
    }),
  );
});

test('is split into the keys that are lost, and the others', () => {
  fc.assert(
    fc.property(someChanges, changes => {
      const whole = new KeyedState();
      whole.add(bytesOf(changes));
      const kept = new KeyedState();
      kept.add(bytesOf(changes));
      const lost = kept.split(key => key < 'b');
      expect(entriesOf(lost)).toEqual(entriesOf(whole).filter(([key]) => key < 'b'));
      expect(entriesOf(kept)).toEqual(entriesOf(whole).filter(([key]) => key >= 'b'));
    }),
  );
});

test('bytes in shared memory are taken as well', () => {
  const bytes = bytesOf([['a', { deep: ['ä'] }]]);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const state = new KeyedState();
  state.add(shared);
  expect(state.get('a')).toBe('{"deep":["ä"]}');
});
