import { readFile } from 'node:fs/promises';

/** Files that the rest of the program may need at once: segments, journals, threads, modules. */
const RESERVED = 128;

/** How many files may be followed at once, so that the process can still open others. */
export async function openFilesMax(): Promise<number> {
  // Only Linux tells; elsewhere the limit shows when it is reached.
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? NaN);
  return Number.isNaN(soft) ? Infinity : Math.max(8, soft - RESERVED);
}
