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

/** Starts the clocks; what it returns reads them. */
export function startClocks(): () => TimeTaken {
  const loopBefore = performance.eventLoopUtilization();
  const cpuBefore = process.cpuUsage();
  const before = process.hrtime.bigint();
  return () => {
    const wallNs = Number(process.hrtime.bigint() - before);
    const { user, system } = process.cpuUsage(cpuBefore);
    const idleNs = Math.min(wallNs, performance.eventLoopUtilization(loopBefore).idle * 1e6);
    return { wallNs, ownNs: (user + system) * 1000 + idleNs, idleShare: idleNs / wallNs };
  };
}
