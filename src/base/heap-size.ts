import { totalmem } from 'node:os';
import { MiB } from './limits.ts';

/** Half of the machine's memory for all threads together, and no more than V8 is happy with for each. */
export function defaultHeapMiB(workers: number): number {
  return Math.max(64, Math.min(4096, Math.floor(totalmem() / MiB / 2 / workers)));
}
