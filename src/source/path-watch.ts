import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { Gate } from '../base/gate.ts';

/**
 * Tells when to look at files again: soon after something has happened in one of their directories, and now and then,
 * because some file systems tell nothing, and some changes are not told.
 *
 * A look at many files costs time; looks take no more than a certain share of it.
 */

/** Between what is told and a look, so that many changes need one look. */
const SETTLE_MS = 10;
/** Between two looks without being told. */
const LOOK_MS = 500;
/** After a look the next one waits so many times as long as that one took, but no longer than this. */
const REST = 10;
const SETTLE_MS_MAX = 250;
const LOOK_MS_MAX = 5000;

/** What to look at: the files that are open, or also which files there are. */
export type Due = 'files' | 'names';

export class PathWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #gate = new Gate();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #due: Due = 'files';
  /** When names are to be looked at, whatever is told. */
  #namesMs = 0;
  #settleMs = SETTLE_MS;

  /** Watches these directories and no others. */
  watch(directories: ReadonlySet<string>): void {
    if (this.#closed) return;
    for (const directory of this.#watchers.keys()) if (!directories.has(directory)) this.#drop(directory);
    for (const directory of directories) this.#add(directory);
  }

  /** Resolves when it is time to look again; at once after `close`. One caller at a time. */
  async due(): Promise<Due> {
    const toNamesMs = this.#namesMs - performance.now();
    if (!this.#closed && toNamesMs > 0) {
      this.#timer = setTimeout(this.wake, toNamesMs);
      await this.#gate.pass();
      clearTimeout(this.#timer);
      await this.#settle();
    }
    const due = performance.now() >= this.#namesMs ? 'names' : this.#due;
    this.#due = 'files';
    return due;
  }

  /** Says that a look has taken so long, without what there was to be done once. */
  looked(due: Due, tookMs: number): void {
    const restMs = tookMs * REST;
    this.#settleMs = Math.min(Math.max(SETTLE_MS, restMs), SETTLE_MS_MAX);
    if (due === 'names') {
      this.#namesMs = performance.now() + Math.min(Math.max(LOOK_MS, restMs), LOOK_MS_MAX);
    }
  }

  /** Makes a look due. */
  readonly wake = (): void => {
    this.#gate.open();
  };

  /** The same, and for names. */
  wakeForNames(): void {
    this.#due = 'names';
    this.wake();
  }

  close(): void {
    this.#closed = true;
    for (const directory of this.#watchers.keys()) this.#drop(directory);
    clearTimeout(this.#timer);
    this.#gate.open();
  }

  /** Waits for what else will be told; not after `close`. */
  async #settle(): Promise<void> {
    for (const untilMs = performance.now() + this.#settleMs; !this.#closed; ) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return;
      await new Promise<void>(resolve => {
        setTimeout(resolve, Math.min(leftMs, LOOK_MS));
      });
    }
  }

  #add(directory: string): void {
    if (this.#watchers.has(directory)) return;
    try {
      const watcher = watch(directory, (kind, name) => {
        if (kind === 'change') return this.wake();
        // The directory itself may be another one now.
        if (name === basename(directory)) this.#drop(directory);
        this.wakeForNames();
      });
      // It may be removed, or there may be too many: then the timer has to do.
      watcher.on('error', () => this.#drop(directory));
      this.#watchers.set(directory, watcher);
    } catch {
      // Not there, or not to be watched.
    }
  }

  #drop(directory: string): void {
    this.#watchers.get(directory)?.close();
    this.#watchers.delete(directory);
  }
}
