import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';

/**
 * Makes a directory, and those above it that are missing; throws what the system says of the first that cannot be made.
 *
 * The recursive mkdir of Node makes a parent for as long as the system says that there is none. Where nothing can be made at
 * all, as in /proc, it never ends, and no signal ends it.
 */
export function makeDirectories(path: string, mode = 0o777): void {
  const error = tryToMake(path, mode);
  if (error === undefined) return;
  const parent = dirname(path);
  if (systemCode(error) !== 'ENOENT' || parent === path) throw error;
  makeDirectories(parent, mode);
  const again = tryToMake(path, mode);
  if (again !== undefined) throw again;
}

/** Makes the directory where it is not there; gives what keeps it from being there. */
function tryToMake(path: string, mode: number): unknown {
  try {
    mkdirSync(path, { mode });
    return undefined;
  } catch (error) {
    return isDirectory(path) ? undefined : error;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
