import { afterAll, describe, expect, it } from 'vitest';
import { type FaultReport, failEachCall, fillDisk, limitFileSizes } from './process-faults.ts';
import { compileShim, orSkip } from './shim.ts';

/** A few real runs on a disk that fails or is full; `node scripts/proof.mjs calls` and `full` try every call and many sizes. */

const shim = compileShim();
afterAll(() => typeof shim !== 'string' && shim.close());

function expectSound(report: FaultReport, trials: number): void {
  expect(report.mismatches).toEqual([]);
  expect(report.trials).toBeGreaterThanOrEqual(trials);
  expect(report.failed).toBeGreaterThan(0);
}

describe('millrace run', () => {
  it('ends with a code where a call fails, and goes on from there', async ({ skip }) => {
    expectSound(await failEachCall({ shim: orSkip(shim, skip), seed: 3, events: 300, share: 0.005 }), 3);
  }, 600_000);

  it('ends with a code where a file may not grow, and goes on when it may', async () => {
    expectSound(await limitFileSizes({ seed: 3, events: 300, sizes: 3, blocksMax: 20 }), 3);
  }, 600_000);

  it('ends with a code where the disk is full, and goes on when there is space', async ({ skip }) => {
    const report = await fillDisk({ seed: 3, events: 300, sizes: 2, bytesMax: 64 * 1024 });
    expectSound(orSkip(report, skip), 2);
  }, 600_000);
});
