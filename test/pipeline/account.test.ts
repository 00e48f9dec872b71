import { describe, expect, test } from 'vitest';
import { RunAccount } from '../../src/pipeline/account.ts';
import type { BatchResult } from '../../src/worker/protocol.ts';

const RESULT: BatchResult = {
  linesTo: 0,
  dead: [],
  overflow: [],
  emitted: [],
  state: undefined,
  ways: { inPart: 0, whole: 0 },
  busyMs: 0,
};

describe('RunAccount', () => {
  test('does not close while an event is missing', () => {
    const account = new RunAccount();
    Object.assign(account, { read: 2, kept: 1, written: 5 });
    expect(() => account.check()).toThrow('the account does not close: read 2 ≠ kept 1 + dropped 0 + dead 0');
    account.dead = 1;
    account.check();
  });

  test('adds up how events were decoded, what was counted, and what caches were good for', () => {
    const account = new RunAccount();
    account.addTallies({ ...RESULT, ways: { inPart: 2, whole: 3 }, counts: { late: 2, odd: 1 } });
    account.addTallies({ ...RESULT, ways: { inPart: 1, whole: 0 }, cache: { hits: 3, misses: 1 } });
    account.addTallies({ ...RESULT, counts: { late: 1 }, cache: { hits: 1, misses: 0 } });
    expect(account).toMatchObject({ inPart: 3, whole: 3, cacheHits: 4, cacheMisses: 1 });
    expect([...account.counts]).toEqual([
      ['late', 3],
      ['odd', 1],
    ]);
  });
});
