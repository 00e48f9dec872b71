import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { Machine } from './report.ts';

/** What was measured on, and how much of it others had meanwhile. */

/** Begins to watch; what it returns tells of the machine, and of the time since. */
export function watchMachine(): () => Machine {
  const load = loadavg()[0]!;
  const before = ticks();
  const ownBefore = process.cpuUsage();
  return () => ({
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    v8: process.versions.v8,
    load,
    othersShare: othersShare(before, ticks(), process.cpuUsage(ownBefore)),
  });
}

const TICKS_PER_SECOND = 100;

interface Ticks {
  readonly all: number;
  readonly busy: number;
}

function othersShare(
  before: Ticks | undefined,
  after: Ticks | undefined,
  own: NodeJS.CpuUsage,
): number | undefined {
  if (before === undefined || after === undefined || after.all === before.all) return undefined;
  const ownTicks = ((own.user + own.system) / 1e6) * TICKS_PER_SECOND;
  return Math.min(1, Math.max(0, (after.busy - before.busy - ownTicks) / (after.all - before.all)));
}

/** Of all cores since the machine was started; undefined where there is no /proc/stat. */
function ticks(): Ticks | undefined {
  try {
    // user nice system idle iowait irq softirq steal; what follows is counted in these already.
    const [line] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
    const values = line!.trim().split(/\s+/).slice(1, 9).map(Number);
    const all = values.reduce((sum, value) => sum + value, 0);
    return { all, busy: all - values[3]! - values[4]! };
  } catch {
    return undefined;
  }
}
