import { type Disk, type DiskFile, realDisk } from '../store/disk.ts';

/**
 * The disk, with the time told that writing and syncing takes: calls that lie side by side count but once. Those that are made
 * while the clock is off do not count.
 */

export function timedDisk(
  clock: { readonly isOn: boolean },
  spent: (stage: 'write' | 'fsync', ms: number) => void,
): Disk {
  const writing = new Busy(clock, ms => spent('write', ms));
  const syncing = new Busy(clock, ms => spent('fsync', ms));
  return {
    ...realDisk,
    open: async (path, mode) => timedFile(await realDisk.open(path, mode), writing, syncing),
    syncDirectory: path => syncing.during(() => realDisk.syncDirectory(path)),
  };
}

function timedFile(file: DiskFile, writing: Busy, syncing: Busy): DiskFile {
  return {
    size: () => file.size(),
    read: (into, position) => file.read(into, position),
    write: (bytes, position) => writing.during(() => file.write(bytes, position)),
    truncate: size => file.truncate(size),
    datasync: () => syncing.during(() => file.datasync()),
    close: () => file.close(),
  };
}

/** The time during which at least one call is under way. */
class Busy {
  readonly #clock: { readonly isOn: boolean };
  readonly #spent: (ms: number) => void;
  #calls = 0;
  #sinceMs = 0;

  constructor(clock: { readonly isOn: boolean }, spent: (ms: number) => void) {
    this.#clock = clock;
    this.#spent = spent;
  }

  during<T>(call: () => Promise<T>): Promise<T> {
    return this.#clock.isOn ? this.#timed(call) : call();
  }

  async #timed<T>(call: () => Promise<T>): Promise<T> {
    if (this.#calls++ === 0) this.#sinceMs = performance.now();
    try {
      return await call();
    } finally {
      if (--this.#calls === 0) this.#spent(performance.now() - this.#sinceMs);
    }
  }
}
