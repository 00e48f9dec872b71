import { readFileSync } from 'node:fs';

/** What the kernel tells of processes, where there is a /proc. */

const TICKS_PER_SECOND = 100;

/** The processor time, user and system, of all child processes that have ended, in seconds; undefined where it is not told. */
export function childCpuSeconds(): number | undefined {
  try {
    // The second field is a name in parentheses, which may contain blanks.
    const fields = readFileSync('/proc/self/stat', 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

/**
 * The most memory that a process has had, in bytes; undefined where it is not told. Unlike `maxRSS`, which a process inherits from
 * the one that it was forked from, it is that of the program alone.
 */
export function peakBytesOf(pid: number | 'self'): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return found === null ? undefined : Number(found[1]) * 1024;
  } catch {
    return undefined;
  }
}

/** Seconds of all cores since the machine was started, and those of them in which they were used; undefined where it is not told. */
function coreSeconds(): { readonly all: number; readonly busy: number } | undefined {
  try {
    // user nice system idle iowait irq softirq steal; what follows is counted in these already.
    const [line] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
    const ticks = line!.trim().split(/\s+/).slice(1, 9).map(Number);
    const all = ticks.reduce((sum, value) => sum + value, 0);
    return { all: all / TICKS_PER_SECOND, busy: (all - ticks[3]! - ticks[4]!) / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}

/** The share of the cores that other processes have from now on, without those that this one waits for. */
export function watchOthers(): () => number | undefined {
  const before = coreSeconds();
  const ownBefore = ownSeconds();
  return () => {
    const after = coreSeconds();
    if (before === undefined || after === undefined || after.all === before.all) return undefined;
    const others = after.busy - before.busy - (ownSeconds() - ownBefore);
    return Math.min(1, Math.max(0, others / (after.all - before.all)));
  };
}

/** Of this process, and of its child processes that have ended. */
function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + (childCpuSeconds() ?? 0);
}
