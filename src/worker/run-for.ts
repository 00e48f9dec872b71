import type { ConcurrentRun } from './concurrent-run.ts';
import type { LaneSetup } from './protocol.ts';
import type { BatchEnvironment } from './run-batch.ts';
import type { WorkOptions } from './work-options.ts';

/** What handles several events at the same time, or at once. Only the code that is needed is loaded. */
export async function runFor(
  env: BatchEnvironment,
  calling: WorkOptions,
  { rateClock, permits, instance: lane }: LaneSetup,
): Promise<Pick<ConcurrentRun, 'run'>> {
  const limits = { rateClock, permits, lane };
  if (calling.batch === undefined) {
    const { ConcurrentRun } = await import('./concurrent-run.ts');
    return new ConcurrentRun(env, calling, limits);
  }
  const { ParcelRun } = await import('./parcel-run.ts');
  return new ParcelRun(env, calling, calling.batch, limits);
}
