import { describe, expect, test } from 'vitest';
import { RunAccount } from '../../src/pipeline/account.ts';

describe('RunAccount', () => {
  test('does not close while an event is missing', () => {
    const account = new RunAccount();
    Object.assign(account, { read: 2, kept: 1, written: 5 });
    expect(() => account.check()).toThrow('the account does not close: read 2 ≠ kept 1 + dropped 0 + dead 0');
    account.dead = 1;
    account.check();
  });

  test('adds up how events were decoded', () => {
    const account = new RunAccount();
    account.addWays({ inPart: 2, whole: 3 });
    account.addWays({ inPart: 1, whole: 0 });
    expect(account).toMatchObject({ inPart: 3, whole: 3 });
  });
});
