import { resolve } from 'node:path';
import type { Positions } from './contract.ts';

/**
 * What followed files are called: a path, and from the second file at it on its number, because an event id is a name and
 * an offset, and no two events may share one.
 *
 * The journal keeps the number of each path: under the path and `#`, beside the positions under the path, `#` and number.
 */

/** Paths whose number is remembered. Of what is forgotten the highest is kept, and counting goes on from there. */
const PATHS_MAX = 10_000;

/** Under which the journal keeps from where unknown paths are counted. */
const FLOOR_KEY = '#';

const keyOf = (path: string): string => `${resolve(path)}#`;

export class FollowedNames {
  readonly #pathsMax: number;
  readonly #counts = new Map<string, number>();
  #floor = 0;
  #changes: Record<string, unknown> = {};

  constructor(pathsMax = PATHS_MAX) {
    this.#pathsMax = pathsMax;
  }

  /** Takes up what an earlier run has counted. */
  resume(key: string, count: number): void {
    if (key === FLOOR_KEY) this.#floor = count;
    else this.#counts.set(key, count);
  }

  /** The id of another file at `path`. */
  newId(path: string): string {
    const key = keyOf(path);
    const count = (this.#counts.get(key) ?? this.#floor) + 1;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    this.#changes[key] = count;
    for (const [oldest, last] of this.#counts) {
      if (this.#counts.size <= this.#pathsMax) break;
      this.#counts.delete(oldest);
      this.#floor = Math.max(this.#floor, last);
      this.#changes[oldest] = null;
      this.#changes[FLOOR_KEY] = this.#floor;
    }
    return `${key}${count}`;
  }

  /** The id of the file that an earlier run has read without following it, under its path alone. */
  adopt(path: string): string {
    this.forget(path);
    return this.newId(path);
  }

  /** Has the journal forget `id`. */
  forget(id: string): void {
    this.#changes[id] = null;
  }

  /** What the journal does not know yet; given out once. */
  readonly changes = (): Positions => {
    const changes = this.#changes;
    this.#changes = {};
    return changes;
  };
}

/** The number of a file at its path, and that path, absolute. */
export function partsOf(id: string): { path: string; count: number } {
  const at = id.lastIndexOf('#');
  return { path: id.slice(0, at), count: Number(id.slice(at + 1)) };
}

/** What stands in event ids for the file `id` that was found at `path`. */
export function nameOf(path: string, id: string): string {
  const { count } = partsOf(id);
  // A path that looks like a name with a number always has one.
  return count === 1 && !/#\d+$/.test(path) ? path : `${path}#${count}`;
}
