import { availableParallelism } from 'node:os';
import { defaultHeapMiB } from '../base/heap-size.ts';
import { startThread } from '../worker/pools.ts';

/**
 * Starts the thread of the first lane of a run that has not begun yet, as it will be where nothing is said about threads: it loads
 * our code on another core while this one still reads the command line and loads what the command takes.
 */
export function startEarly(): void {
  startThread(defaultHeapMiB(availableParallelism()));
}

export { dropEarly } from '../worker/pools.ts';
