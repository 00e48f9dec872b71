import type { Account } from '../store/job-state.ts';
import type { BatchResult } from '../worker/protocol.ts';

/**
 * Where every event went. Two equations must hold at the end of every run, and are checked:
 * read = handled + dead, and handled = kept + dropped.
 */
export class RunAccount {
  /** Events: lines that are not blank. */
  read = 0;
  blank = 0;
  /** Events that gave at least one output, and those that gave none. */
  kept = 0;
  dropped = 0;
  dead = 0;
  /** Events put out; one that was read can give several. */
  written = 0;
  /** Events put out to topics beside that of the run. */
  emitted = 0;
  bytesRead = 0;
  bytesWritten = 0;

  /** Events of which only a part was decoded, and those that were decoded whole; the kernel alone decided the others. */
  inPart = 0;
  whole = 0;

  /** What handlers have counted, by names. */
  readonly counts = new Map<string, number>();
  /** How often the handlers' caches had what was asked for, and how often it was loaded. */
  cacheHits = 0;
  cacheMisses = 0;

  /** Adds what a lane tells of how it has come to its result. */
  addTallies({ ways, counts, cache }: Pick<BatchResult, 'ways' | 'counts' | 'cache'>): void {
    this.inPart += ways.inPart;
    this.whole += ways.whole;
    this.cacheHits += cache?.hits ?? 0;
    this.cacheMisses += cache?.misses ?? 0;
    if (counts === undefined) return;
    for (const [name, by] of Object.entries(counts)) this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  /** The figures of this run added to those of the job before it. */
  addedTo(before: Account): Account {
    return {
      read: before.read + this.read,
      blank: before.blank + this.blank,
      kept: before.kept + this.kept,
      dropped: before.dropped + this.dropped,
      dead: before.dead + this.dead,
      written: before.written + this.written,
      bytesRead: before.bytesRead + this.bytesRead,
      bytesWritten: before.bytesWritten + this.bytesWritten,
    };
  }

  check(): void {
    if (this.read === this.kept + this.dropped + this.dead) return;
    const { read, kept, dropped, dead } = this;
    throw new Error(
      `the account does not close: read ${read} ≠ kept ${kept} + dropped ${dropped} + dead ${dead}`,
    );
  }
}
