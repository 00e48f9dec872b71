import { expect, test } from 'vitest';
import { KeyLoad } from '../../src/partition/key-load.ts';

test('KeyLoad counts samples by group, and those from before the last ageing half', () => {
  const load = new KeyLoad();
  load.add(['a', 'b'], [3, 4, 4]);
  load.age();
  load.add(['a'], [3]);
  expect([load.groups[3], load.groups[4], load.groups[5]]).toEqual([1.5, 1, 0]);
});

test('KeyLoad names the keys with the largest shares of what was sampled, and no others', () => {
  const load = new KeyLoad();
  const keys = Array.from({ length: 1000 }, (_, n) =>
    n % 2 === 0 ? 'hot' : n % 10 === 1 ? 'warm' : `cold ${n}`,
  );
  load.add(keys, []);
  expect(load.hotKeys(0.05, 5)).toEqual([
    { key: 'hot', share: 0.5 },
    { key: 'warm', share: 0.1 },
  ]);
  expect(load.hotKeys(0.05, 1)).toHaveLength(1);
});
