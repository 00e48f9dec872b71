import { expect, it } from 'vitest';
import { runSoak } from './soak-run.mjs';

/** A short soak; `node scripts/soak.mjs` is the long one. */

it('producers that come and go while the server is killed have every event in the topic once, in their order', async () => {
  const report = await runSoak({ connections: 20, seconds: 3, kills: 2, seed: 3 });
  expect(report.mismatches).toEqual([]);
  expect(report.restarts).toBe(2);
  expect(report.events).toBeGreaterThan(0);
});
