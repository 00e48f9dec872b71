import { constants, watch } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { systemCode } from '../base/errors.ts';

/**
 * The seam between the store and the file system.
 *
 * Everything that the store does to a disk goes through these calls, so that tests can put a disk below it that loses
 * what was not synced, fails at the k-th call, or replays every prefix of what was written. They are as thin as system
 * calls: a write may be short, and nothing is durable before `datasync`, no directory entry before `syncDirectory`.
 */
export interface Disk {
  /** Makes one directory; it may be there already. */
  readonly makeDirectory: (path: string) => Promise<void>;
  /** Names in a directory, sorted; none where it does not exist. */
  readonly list: (path: string) => Promise<string[]>;
  /** `create` makes the file if it is not there; `update` and `read` reject with ENOENT then. */
  readonly open: (path: string, mode: 'read' | 'update' | 'create') => Promise<DiskFile>;
  /** Moves a file or directory, in place of what is at `to`. */
  readonly rename: (from: string, to: string) => Promise<void>;
  /** Removes a file; it may be gone already. */
  readonly remove: (path: string) => Promise<void>;
  /** Removes a directory that is empty; it may be gone already, and it stays where there is something in it. */
  readonly removeDirectory: (path: string) => Promise<void>;
  /** Makes the entries of a directory durable. */
  readonly syncDirectory: (path: string) => Promise<void>;
  /** Calls `onChange` when something in a directory may have changed; the result ends that. */
  readonly watch: (path: string, onChange: () => void) => () => void;
}

export interface DiskFile {
  readonly size: () => Promise<number>;
  /** Reads into all of `into`, or less at the end of the file; returns the number of bytes. */
  readonly read: (into: Uint8Array, position: number) => Promise<number>;
  /** Writes `bytes` or the first of them at `position`; returns how many. */
  readonly write: (bytes: Uint8Array, position: number) => Promise<number>;
  readonly truncate: (size: number) => Promise<void>;
  readonly datasync: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

const OPEN_FLAGS = {
  read: constants.O_RDONLY,
  update: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT,
} as const;

export const realDisk: Disk = {
  async makeDirectory(path) {
    await mkdir(path, { mode: DIRECTORY_MODE }).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
  },

  async list(path) {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  },

  async open(path, mode) {
    return new RealFile(await open(path, OPEN_FLAGS[mode], FILE_MODE));
  },

  rename,

  async remove(path) {
    await rm(path, { force: true });
  },

  async removeDirectory(path) {
    await rmdir(path).catch((error: unknown) => {
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
    });
  },

  async syncDirectory(path) {
    const directory = await open(path, constants.O_RDONLY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },

  watch(path, onChange) {
    try {
      const watcher = watch(path, onChange).on('error', () => undefined);
      return () => watcher.close();
    } catch {
      // Where there are no more watches to be had: whoever waits also looks by itself.
      return () => undefined;
    }
  },
};

class RealFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const { bytesRead } = await this.#handle.read(into, filled, into.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, position)).bytesWritten;
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Writes all of `bytes`: a short write is gone on with, as the system allows. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const length = await file.write(bytes.subarray(written), position + written);
    if (length === 0) throw Object.assign(new Error('a write wrote nothing'), { code: 'ENOSPC' });
    written += length;
  }
}

/** Opens a file to write it from its beginning, whatever may have been there. */
export async function openEmpty(disk: Disk, path: string): Promise<DiskFile> {
  const file = await disk.open(path, 'create');
  try {
    await file.truncate(0);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  return file;
}

/** How many bytes are in the file at `path`, which must be there. */
export async function sizeOf(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, 'read');
  return file.size().finally(() => file.close());
}

/** The whole content of the file at `path`, or undefined where there is none. */
export async function readWhole(disk: Disk, path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  let file: DiskFile;
  try {
    file = await disk.open(path, 'read');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = new Uint8Array(await file.size());
    const length = await file.read(bytes, 0);
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** Puts a file there whole or not at all, durable when this resolves. */
export async function writeWhole(
  disk: Disk,
  directory: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  // Of two processes that write the same file each needs its own.
  const partial = `${directory}/${name}.${Math.random().toString(36).slice(2, 10)}.partial`;
  const file = await openEmpty(disk, partial);
  try {
    await writeAll(file, bytes, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  await disk.rename(partial, `${directory}/${name}`);
  await disk.syncDirectory(directory);
}
