import { expect, it } from 'vitest';
import { runKillCycles } from './kill-cycles.mjs';

/** A few kills of the real program; `node scripts/crash.mjs --cycles 200` does many. */

it('millrace run, killed again and again, writes byte for byte what an undisturbed run writes', async () => {
  const report = await runKillCycles({ cycles: 7, seed: 5, events: 40_000 });
  expect(report.mismatches).toEqual([]);
  expect(report.ends).toBeGreaterThan(0);
  expect(report.killed).toBeGreaterThan(0);
});
