/** What came of many kills. */
export interface KillReport {
  cycles: number;
  /** Runs that SIGKILL ended, and of them those that had committed something. */
  killed: number;
  killedAfterCommit: number;
  /** Runs that came to their end, whose store was compared; and all commits that led there. */
  ends: number;
  commits: number;
  /** What was not as it must be. */
  mismatches: string[];
}

export function runKillCycles(options: {
  readonly cycles: number;
  readonly seed: number;
  readonly events?: number;
  readonly onCycle?: (report: KillReport) => void;
}): Promise<KillReport>;
