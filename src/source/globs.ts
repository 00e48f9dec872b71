import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';

/** Globs, in the user's own words: what they match is named as the user would write it. */

export function isAddress(input: string): boolean {
  return /^([a-z][a-z0-9+.-]*:\/\/|unix:|topic:|dead:)/i.test(input) && !existsSync(input);
}

export function isGlob(input: string): boolean {
  return /[*?[{!(]/.test(input) && !isAddress(input) && !existsSync(input);
}

/** The files that match, in the order of their names. These stand in event ids, so they do not depend on where one is. */
export async function expandGlob(pattern: string): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  const paths = await glob(pattern, { expandDirectories: false, dot: false, absolute: isAbsolute(pattern) });
  return paths.sort();
}

/** A path that matches, as the user would write it, and by which pattern. */
export interface Match {
  readonly path: string;
  readonly pattern: string;
}

/** All that matches now, by absolute path, each once; and the directories in which something must happen before more does. */
export async function matching(
  patterns: readonly string[],
): Promise<{ readonly matches: Map<string, Match>; readonly directories: Set<string> }> {
  const matches = new Map<string, Match>();
  const directories = new Set<string>();
  for (const pattern of patterns) {
    const paths = isGlob(pattern) ? await expandGlob(pattern) : [pattern];
    if (isGlob(pattern)) directories.add(dirname(resolve(pattern.replace(/[*?[{!(].*$/s, 'x'))));
    for (const path of paths) {
      const absolute = resolve(path);
      directories.add(dirname(absolute));
      if (!matches.has(absolute)) matches.set(absolute, { path, pattern });
    }
  }
  return { matches, directories };
}
