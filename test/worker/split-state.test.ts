import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedState } from '../../src/base/keyed-state.ts';
import { groupOfKey, KEY_GROUPS } from '../../src/kernel/key-group.ts';
import { splitByLane } from '../../src/worker/split-state.ts';

function entriesOf(bytes: Uint8Array | undefined): [string, string][] {
  const state = new KeyedState();
  if (bytes !== undefined) state.add(bytes);
  return sorted(state.entries());
}

function sorted(entries: Iterable<[string, string]>): [string, string][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

test('splitByLane gives each lane the keys of its groups, and keeps those of its own', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.array(fc.nat(3), { minLength: KEY_GROUPS, maxLength: KEY_GROUPS }),
      fc.nat(3),
      (values, lanes, own) => {
        const table = Uint8Array.from(lanes);
        const state = new KeyedState();
        const all = Object.entries(values).map(([key, value]): [string, string] => [
          key,
          JSON.stringify(value),
        ]);
        for (const [key, json] of all) state.set(key, json);
        const { moved, kept } = splitByLane(state, table, own);
        for (let lane = 0; lane < 4; lane++) {
          const theirs = sorted(all.filter(([key]) => table[groupOfKey(key)] === lane));
          expect(entriesOf(lane === own ? kept : moved.get(lane))).toEqual(theirs);
        }
        expect(sorted(state.entries())).toEqual(entriesOf(kept));
      },
    ),
  );
});

test('splitByLane without a table keeps everything', () => {
  const state = new KeyedState();
  state.set('a', '1');
  const { moved, kept } = splitByLane(state, undefined, 0);
  expect(moved.size).toBe(0);
  expect(entriesOf(kept)).toEqual([['a', '1']]);
});
