import { readdir, realpath, stat, type Stats } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import type { FileSystemAdapter } from 'tinyglobby';
import { systemCode } from '../base/errors.ts';

/**
 * The look for what matches a glob, which passes over whatever it cannot look at without a word: here it is kept what that was.
 *
 * A directory that is gone by now, and a link that leads nowhere, have nothing that could match.
 */

/** Where there may be more that matches, as the user would write it, and why nobody can look there. */
export interface Unread {
  readonly path: string;
  readonly error: unknown;
}

type Done<T> = (error: NodeJS.ErrnoException | null, result?: T) => void;

/** Taken for a directory, so that it is looked into where it matches so far; then it is known that this cannot be done. */
const CLOSED = { isDirectory: () => true } as Stats;

export class GlobSearch {
  readonly #pattern: string;
  readonly #errors = new Map<string, unknown>();
  /** Links, by where they lead. */
  readonly #links = new Map<string, string>();
  /** Links of which nobody can tell whether they lead to a file or a directory. */
  readonly #closed = new Set<string>();

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  /** The calls by which the search looks. */
  get calls(): FileSystemAdapter {
    return {
      readdir: this.#readdir as typeof readdir,
      realpath: this.#realpath as typeof realpath,
      stat: this.#stat as typeof stat,
    };
  }

  /** What could not be looked at, by name. */
  get unread(): Unread[] {
    const found = [...this.#errors].filter(([path]) => this.#mayHoldMore(path));
    const named = found.map(([path, error]) => ({ path: this.#nameOf(path), error }));
    return named.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  readonly #readdir = (path: string, options: { withFileTypes: true }, done: Done<unknown>): void => {
    readdir(path, options, (error, entries) => {
      const at = resolve(path);
      if (isHidden(error)) this.#errors.set(this.#links.get(at) ?? at, error);
      done(error, entries);
    });
  };

  /** Only links are asked where they lead. */
  readonly #realpath = (path: string, done: Done<string>): void => {
    realpath(path, (error, real) => {
      if (error === null) this.#links.set(real, resolve(path));
      if (isHidden(error)) done(null, path);
      else done(error, real);
    });
  };

  readonly #stat = (path: string, done: Done<Stats>): void => {
    stat(path, (error, found) => {
      if (!isHidden(error)) {
        done(error, found);
        return;
      }
      this.#closed.add(this.#links.get(path) ?? resolve(path));
      done(null, CLOSED);
    });
  };

  /** A directory that matches in the last place is looked into as well, where there is nothing to find. */
  #mayHoldMore(path: string): boolean {
    if (this.#closed.has(path)) return true;
    return this.#pattern.includes('**') || depthOf(path) < depthOf(resolve(this.#pattern));
  }

  #nameOf(path: string): string {
    return isAbsolute(this.#pattern) ? path : relative('', path) || '.';
  }
}

/** Whether there is something that cannot be looked at. */
function isHidden(error: unknown): boolean {
  return error !== null && !['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '');
}

function depthOf(path: string): number {
  return path.split('/').length;
}
