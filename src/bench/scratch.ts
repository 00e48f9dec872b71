import { constants } from 'node:fs';
import { access, mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** File systems whose files are memory, by their numbers in Linux (statfs(2)): tmpfs and ramfs. */
const MEMORY = new Set([0x01021994, 0x858458f6]);

/** Where a log is written that is thrown away. */
export interface ScratchPlace {
  readonly directory: string;
  /** Whether what is written there is memory, where it costs nothing to make it durable. */
  readonly isMemory: boolean;
}

/** The directory for what is temporary; if that is memory, the one in which `store` is or would be, unless that is so too. */
export async function scratchPlace(store: string): Promise<ScratchPlace> {
  const usual = { directory: tmpdir(), isMemory: await isMemory(tmpdir()) };
  if (!usual.isMemory) return usual;
  const beside = await nearestThere(dirname(resolve(store)));
  return (await isAllowed(beside, constants.W_OK)) && !(await isMemory(beside))
    ? { directory: beside, isMemory: false }
    : usual;
}

/** A new directory there. */
export async function makeScratch(store: string): Promise<string> {
  const { directory } = await scratchPlace(store);
  return mkdtemp(join(directory, '.millrace-bench-'));
}

async function nearestThere(directory: string): Promise<string> {
  const isThere = await isAllowed(directory, constants.F_OK);
  return isThere || directory === dirname(directory) ? directory : nearestThere(dirname(directory));
}

function isAllowed(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

async function isMemory(directory: string): Promise<boolean> {
  try {
    return MEMORY.has((await statfs(directory)).type);
  } catch {
    return false;
  }
}
