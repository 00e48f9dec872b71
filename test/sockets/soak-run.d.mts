export interface SoakReport {
  readonly events: number;
  /** Connections that were greeted. */
  readonly visits: number;
  readonly restarts: number;
  readonly mismatches: readonly string[];
  /** Peak of the server's memory in each of its lives. */
  readonly peakBytes: readonly number[];
  /** The highest that its memory was in each tenth of the time. */
  readonly overTimeBytes: readonly number[];
}

export function runSoak(options: {
  readonly connections: number;
  readonly seconds: number;
  readonly kills: number;
  readonly seed: number;
}): Promise<SoakReport>;
