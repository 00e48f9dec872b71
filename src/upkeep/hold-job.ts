import type { Disk } from '../store/disk.ts';
import { layout } from '../store/layout.ts';
import { takeLock } from '../store/lock.ts';

/** Does something while no other process can write for the job; rejects with MILLRACE_STORE_LOCKED where one does. */
export async function holdJob<T>(
  disk: Disk,
  store: string,
  job: string,
  doing: () => Promise<T>,
): Promise<T> {
  for (const directory of [layout.jobs(store), layout.job(store, job), layout.lock(store, job)])
    await disk.makeDirectory(directory);
  const release = await takeLock(disk, layout.lock(store, job), `the job "${job}"`);
  try {
    return await doing();
  } finally {
    await release();
  }
}
