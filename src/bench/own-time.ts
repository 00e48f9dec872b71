import { readFileSync } from 'node:fs';

/**
 * The time that a piece of work takes of its own, whatever else the machine does: that of the processor, and that in which
 * the thread waits for something. Where a thread has a core to itself that is the time on the wall.
 *
 * The processor's time is that of the whole process, in which nothing else runs meanwhile but what collects garbage and
 * compiles for this thread.
 */
export interface TimeTaken {
  readonly wallNs: number;
  readonly ownNs: number;
  readonly idleShare: number;
}

/**
 * A thread that stands still in a call, to sleep or to read, is neither at work nor idle. What is left of the time counts as that only
 * where it is so large a share: a little is always left, by clocks that are not read at the same moment, and by who else runs on the core.
 */
const BLOCKED_SHARE_MIN = 0.3;

/** Starts the clocks; what it returns reads them. */
export function startClocks(): () => TimeTaken {
  const loopBefore = performance.eventLoopUtilization();
  const queuedBefore = queuedNs();
  const cpuBefore = process.cpuUsage();
  const before = process.hrtime.bigint();
  return () => {
    const wallNs = Number(process.hrtime.bigint() - before);
    const { user, system } = process.cpuUsage(cpuBefore);
    const idleNs = Math.min(wallNs, performance.eventLoopUtilization(loopBefore).idle * 1e6);
    const knownNs = (user + system) * 1000 + idleNs;
    return {
      wallNs,
      ownNs: knownNs + blockedNs(wallNs - knownNs - queuedSince(queuedBefore), wallNs),
      idleShare: idleNs / wallNs,
    };
  };
}

function blockedNs(leftNs: number, wallNs: number): number {
  return leftNs > BLOCKED_SHARE_MIN * wallNs ? leftNs : 0;
}

/** Where it is not known for how long the thread has waited for a core, all that is left may be that. */
function queuedSince(before: number | undefined): number {
  const now = queuedNs();
  return before === undefined || now === undefined ? Number.POSITIVE_INFINITY : now - before;
}

/** For how long this thread could have run and had no core, since it was started; undefined where the system does not tell (Linux does). */
function queuedNs(): number | undefined {
  try {
    // Nanoseconds on a core, nanoseconds waiting for one, and how often it had one.
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]);
  } catch {
    return undefined;
  }
}
