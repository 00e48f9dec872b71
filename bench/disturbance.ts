import { readFileSync } from 'node:fs';
import { childCpuSeconds, TICKS_PER_SECOND } from './measure.ts';

/**
 * How much of the machine others used while the bench ran.
 *
 * On a busy machine the scheduler gives every thread that wants to run its share, so a program with more threads than
 * cores gains on one that has as many: then the times say less than the processor time for a million events.
 */

const MUCH = 0.1;

/** Starts to watch; the result says, at the end, what is to be said about it. */
export function watchDisturbance(): () => string {
  const before = cpuSeconds();
  return () => {
    const after = cpuSeconds();
    if (before === undefined || after === undefined) return '';
    const others = after.busy - before.busy - (after.own - before.own);
    const share = Math.max(0, others) / (after.all - before.all);
    const line = `other processes had ${(share * 100).toFixed(0)} % of the cores meanwhile`;
    if (share < MUCH) return line;
    return `${line}: that favours programs with many threads; compare the CPU times`;
  };
}

/** Seconds of all cores since the machine started, those of them that were used, and those that this bench used. */
function cpuSeconds(): { all: number; busy: number; own: number } | undefined {
  const children = childCpuSeconds();
  if (children === undefined) return undefined;
  // user nice system idle iowait irq softirq steal; what follows is counted in these already.
  const line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!;
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, value) => sum + value, 0);
  const { user, system } = process.cpuUsage();
  return {
    all: all / TICKS_PER_SECOND,
    busy: (all - ticks[3]! - ticks[4]!) / TICKS_PER_SECOND,
    own: children + (user + system) / 1e6,
  };
}
