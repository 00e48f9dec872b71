import type { Piscina } from 'piscina';

/** Pools of exactly one thread, in which nothing is loaded yet but our own code. */

/** Where new objects are made. Events die young, so more would not spare work, but grow with the length of the run. */
export const YOUNG_MIB_MAX = 12;

interface Early {
  readonly heapMiBMax: number;
  readonly pool: Promise<Piscina>;
}

let early: Early | undefined;

/** Starts a thread for whoever asks for the first one. */
export function startThread(heapMiBMax: number): void {
  const pool = createPool(heapMiBMax);
  pool.catch(() => undefined);
  early = { heapMiBMax, pool };
}

/** A pool with a heap of so much: the one that was started early, if that is the one. */
export async function takePool(heapMiBMax: number): Promise<Piscina> {
  const started = early;
  if (started?.heapMiBMax === heapMiBMax) {
    early = undefined;
    return started.pool;
  }
  void dropEarly();
  return createPool(heapMiBMax);
}

/** Ends the thread that was started early, where nobody has asked for it. */
export async function dropEarly(): Promise<void> {
  const started = early;
  early = undefined;
  const pool = await started?.pool.catch(() => undefined);
  // Node may abort where a thread is ended that is just loading its modules: it has to come so far as to do something.
  await pool?.run([], { name: 'addState' }).catch(() => undefined);
  await pool?.destroy();
}

async function createPool(heapMiBMax: number): Promise<Piscina> {
  const { Piscina: Pool } = await import('piscina');
  const pool = new Pool({
    filename: new URL('../worker/thread.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
    // More than one only so that the next batch waits in the thread, which says itself when it is begun.
    concurrentTasksPerWorker: Number.MAX_SAFE_INTEGER,
    atomics: 'disabled',
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: heapMiBMax, maxYoungGenerationSizeMb: YOUNG_MIB_MAX },
  });
  // A thread that dies while it has nothing to do: the next batch finds out.
  pool.on('error', () => undefined);
  return pool;
}
