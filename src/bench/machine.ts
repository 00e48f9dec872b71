import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { watchOthers } from './process-times.ts';
import type { Machine } from './report.ts';

/** What was measured on, and how much of it others had meanwhile. */

/** Begins to watch; what it returns tells of the machine, and of the time since. */
export function watchMachine(): () => Machine {
  const load = loadavg()[0]!;
  const othersShare = watchOthers();
  return () => ({
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    v8: process.versions.v8,
    load,
    othersShare: othersShare(),
  });
}
