import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { GlobSearch, type Unread } from './glob-search.ts';

/** Globs, in the user's own words: what they match is named as the user would write it. */

export function isAddress(input: string): boolean {
  return /^([a-z][a-z0-9+.-]*:\/\/|unix:|topic:|dead:)/i.test(input) && !existsSync(input);
}

export function isGlob(input: string): boolean {
  return /[*?[{!(]/.test(input) && !isAddress(input) && !existsSync(input);
}

/** What a glob stands for now. */
export interface Expanded {
  /** The files that match, in the order of their names. These stand in event ids, so they do not depend on where one is. */
  readonly paths: string[];
  /** Where there may be more of them. */
  readonly unread: Unread[];
}

export async function expandGlob(pattern: string): Promise<Expanded> {
  const { glob } = await import('tinyglobby');
  const search = new GlobSearch(pattern);
  const paths = await glob(pattern, {
    expandDirectories: false,
    dot: false,
    absolute: isAbsolute(pattern),
    fs: search.calls,
  });
  return { paths: paths.sort(), unread: search.unread };
}

/** A path that matches, as the user would write it, and by which pattern. */
export interface Match {
  readonly path: string;
  readonly pattern: string;
}

/** What patterns stand for now. */
export interface Matching {
  /** All that matches, by absolute path, each once. */
  readonly matches: Map<string, Match>;
  /** Those in which something must happen before more does. */
  readonly directories: Set<string>;
  /** Those in which there may be more, if they could be looked at. */
  readonly unread: readonly Unread[];
}

export async function matching(patterns: readonly string[]): Promise<Matching> {
  const matches = new Map<string, Match>();
  const directories = new Set<string>();
  const unread: Unread[] = [];
  for (const pattern of patterns) {
    const expanded = isGlob(pattern) ? await expandGlob(pattern) : { paths: [pattern], unread: [] };
    unread.push(...expanded.unread);
    if (isGlob(pattern)) directories.add(dirname(resolve(pattern.replace(/[*?[{!(].*$/s, 'x'))));
    for (const path of expanded.paths) {
      const absolute = resolve(path);
      directories.add(dirname(absolute));
      if (!matches.has(absolute)) matches.set(absolute, { path, pattern });
    }
  }
  return { matches, directories, unread };
}
