import type { Piscina } from 'piscina';
import { reasonOf } from '../base/errors.ts';
import { HANDLER_CLOSE_MS_MAX, HANDLER_LOAD_MS_MAX } from '../base/limits.ts';
import { loadError } from './lane-errors.ts';
import type { HandlerTraits, LaneSetup, LoadFailure } from './protocol.ts';

/** The pool of one thread that a lane is, from its start to its end. */

/** Where new objects are made. Events die young, so more would not spare work, but grow with the length of the run. */
const YOUNG_MIB_MAX = 12;

/** Starts a thread. */
export async function createPool(setup: LaneSetup, heapMiBMax: number): Promise<Piscina> {
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
    workerData: setup,
  });
  // A thread that dies while it has nothing to do: the next batch finds out.
  pool.on('error', () => undefined);
  return pool;
}

/** Loads the handler in the thread; rejects with MILLRACE_HANDLER_…. */
export async function loadHandler(pool: Piscina, handlerName: string): Promise<HandlerTraits> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), HANDLER_LOAD_MS_MAX);
  let traits: HandlerTraits | LoadFailure;
  try {
    traits = (await pool.run(undefined, { name: 'load', signal: abort.signal })) as
      | HandlerTraits
      | LoadFailure;
  } catch (error) {
    const reason = abort.signal.aborted
      ? `it is not loaded after ${HANDLER_LOAD_MS_MAX} ms`
      : reasonOf(error);
    traits = { failed: 'load', message: reason, stack: undefined };
  } finally {
    clearTimeout(timer);
  }
  if ('failed' in traits) throw loadError(handlerName, traits);
  return traits;
}

/** Lets the handler close what it has opened; one that hangs in that is not waited for. */
export async function closeHandler(pool: Piscina): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), HANDLER_CLOSE_MS_MAX);
  await pool.run(undefined, { name: 'close', signal: abort.signal }).catch(() => undefined);
  clearTimeout(timer);
}
