import { afterAll, expect, it } from 'vitest';
import { runKillCycles } from './kill-cycles.ts';
import { compileShim } from './shim.ts';

/** Some kills of the real program; `node scripts/proof.mjs kills --cycles 10000` does many. */

const shim = compileShim();
afterAll(() => typeof shim !== 'string' && shim.close());

it('millrace run, killed again and again, writes byte for byte what an undisturbed run writes', async () => {
  const report = await runKillCycles({
    cycles: 100,
    seed: Number(process.env['MILLRACE_CRASH_SEED'] ?? 5),
    events: 800,
    shim: typeof shim === 'string' ? undefined : shim,
  });
  expect(report.mismatches).toEqual([]);
  expect(report.ends).toBeGreaterThan(0);
  expect(report.killed).toBeGreaterThan(50);
  expect(report.killedAfterCommit).toBeGreaterThan(0);
}, 600_000);
