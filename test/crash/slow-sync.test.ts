import { afterAll, expect, it } from 'vitest';
import { compileShim, orSkip } from './shim.ts';
import { acknowledgeSlowly } from './slow-sync.ts';

/** What senders are told while syncs are slow; `node scripts/proof.mjs slow` does it with two seconds each, and with strace. */

const shim = compileShim();
afterAll(() => typeof shim !== 'string' && shim.close());

it('a sender is told of a line only when all that it has led to is synced, however long that takes', async ({
  skip,
}) => {
  const needed = orSkip(shim, skip);
  const report = await acknowledgeSlowly({
    shim: needed,
    syncMs: 40,
    senders: 3,
    lines: 1500,
    lineBytes: 100,
  });
  expect(report.violations).toEqual([]);
  expect(report.records).toBeGreaterThan(3);
  expect(report.acknowledgements).toBeGreaterThan(15);
  expect(report.removals).toBeGreaterThan(1);
});
