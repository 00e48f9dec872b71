import { Session } from 'node:inspector/promises';
import type { ProfileKind } from './protocol.ts';

/** Profiles of the thread that asks for them, as the inspector gives them. */

/** Microseconds between two looks at the stack. */
const CPU_INTERVAL_US = 250;
/** Bytes that are allocated between two looks, on average. */
const HEAP_INTERVAL_BYTES = 8192;

/** What `task` does, as the JSON of a .cpuprofile or a .heapprofile. */
export async function profiled(what: ProfileKind, task: () => Promise<void>): Promise<string> {
  const session = new Session();
  session.connect();
  try {
    if (what === 'cpu') {
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: CPU_INTERVAL_US });
      await session.post('Profiler.start');
      await task();
      return JSON.stringify((await session.post('Profiler.stop')).profile);
    }
    await session.post('HeapProfiler.enable');
    const collected = {
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    };
    await session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_INTERVAL_BYTES, ...collected });
    await task();
    return JSON.stringify((await session.post('HeapProfiler.stopSampling')).profile);
  } finally {
    session.disconnect();
  }
}
