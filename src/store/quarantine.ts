import { basename, dirname } from 'node:path';
import { type Disk, type DiskFile, writeAll } from './disk.ts';
import { layout } from './layout.ts';

/** Keeps what recovery cuts off. Nothing in here is ever deleted by millrace. */

const COPY_BYTES = 1024 * 1024;

/** A place for `what` that is not taken yet. */
async function freeName(disk: Disk, store: string, what: string): Promise<string> {
  const directory = layout.quarantine(store);
  await disk.makeDirectory(directory);
  // Before anything is moved there: else a crash could keep that and lose the directory.
  await disk.syncDirectory(store);
  const taken = new Set(await disk.list(directory));
  for (let number = 1; ; number++) {
    const name = `${what}.${number}`;
    if (!taken.has(name)) return `${directory}/${name}`;
  }
}

/** Copies the bytes of `file` from `from` on into the quarantine, durably, then cuts them off. */
export async function quarantineTail(
  disk: Disk,
  store: string,
  what: string,
  file: DiskFile,
  from: number,
): Promise<void> {
  await copyTail(disk, store, what, file, from);
  await file.truncate(from);
  await file.datasync();
}

/** Copies a whole file into the quarantine, durably; gives the name that it has there. */
export async function quarantineCopy(disk: Disk, store: string, what: string, path: string): Promise<string> {
  const file = await disk.open(path, 'read');
  try {
    return await copyTail(disk, store, what, file, 0);
  } finally {
    await file.close();
  }
}

async function copyTail(
  disk: Disk,
  store: string,
  what: string,
  file: DiskFile,
  from: number,
): Promise<string> {
  const path = await freeName(disk, store, what);
  const copy = await disk.open(path, 'create');
  try {
    const buffer = new Uint8Array(COPY_BYTES);
    for (let at = from; ; ) {
      const length = await file.read(buffer, at);
      if (length === 0) break;
      await writeAll(copy, buffer.subarray(0, length), at - from);
      at += length;
    }
    await copy.datasync();
  } finally {
    await copy.close();
  }
  await disk.syncDirectory(layout.quarantine(store));
  return basename(path);
}

/** Moves a whole file into the quarantine. */
export async function quarantineFile(disk: Disk, store: string, what: string, path: string): Promise<void> {
  const file = await disk.open(path, 'update');
  await file.datasync().finally(() => file.close());
  await disk.rename(path, await freeName(disk, store, what));
  await disk.syncDirectory(layout.quarantine(store));
  await disk.syncDirectory(dirname(path));
}
