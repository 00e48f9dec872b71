import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { reasonOf, systemCode } from '../base/errors.ts';
import { isCompressed } from './compressed.ts';
import type { Discovery, Positions, SourceSpec } from './contract.ts';
import type { FollowedFile } from './followed-file.ts';
import { FollowedNames } from './followed-names.ts';
import { FollowedSet } from './followed-set.ts';
import { isGlob, type Match, matching } from './globs.ts';
import { LeftFiles } from './left-files.ts';
import { openFilesMax } from './open-files.ts';
import { PathWatch } from './path-watch.ts';
import { inodeOf } from './rotated.ts';
import { ToldOnce } from './told-once.ts';

/**
 * Files that are followed (`--follow`): those that match now, and those that will.
 *
 * A file is known by its inode and its bytes, not by its name. One that was renamed or removed is read to its end before
 * the one that has come in its place is begun, so the order of a log that is rotated is kept. A name is only where files
 * are found: `id` and `name` of each are the path and how many files there have been at it.
 */

export interface FollowOptions {
  /** Paths and globs, as the user named them. */
  readonly patterns: readonly string[];
  /** Told what the user should know: a file that was truncated, one that cannot be opened. */
  readonly tell: (note: string) => void;
}

/** Looks in a row that are given up because something has moved; after them what can be read is read, in whatever order. */
const MOVED_MAX = 50;
/** Looks that are given up because of a file that an earlier run has left, and that may be gone for ever. */
const UNCERTAIN_MAX = 5;
/** Paths that are asked for at once. */
const STATS_AT_ONCE = 64;

export class FollowedFiles implements Discovery {
  readonly #options: FollowOptions;
  readonly #watch = new PathWatch();
  readonly #once: ToldOnce;
  #left!: LeftFiles;
  #set!: FollowedSet;
  /** Looks in a row that were given up because something had moved. */
  #moved = 0;
  /** Looks of which it was not certain where the files are that earlier runs have left. */
  #uncertain = 0;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Paths of files that were not there at the last look. */
  readonly #missing = new Set<string>();

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#once = new ToldOnce(options.tell);
  }

  async start(positions: Positions, found: (spec: SourceSpec) => void): Promise<void> {
    const names = new FollowedNames();
    this.#left = new LeftFiles(positions, names, this.#options.tell);
    for (const [key, count] of Object.entries(positions)) {
      if (typeof count === 'number') names.resume(key, count);
    }
    this.#set = new FollowedSet({
      names,
      left: this.#left,
      filesMax: await openFilesMax(),
      once: this.#once,
      onDoubt: this.#watch.wake,
      found,
    });
    await this.#look('names');
    this.#looking = this.#keepLooking();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#set.stop();
    this.#watch.close();
    await this.#looking;
    await this.#set.closeUntaken();
  }

  async #keepLooking(): Promise<void> {
    for (;;) {
      const due = await this.#watch.due();
      if (this.#stopped) return;
      await this.#look(due);
    }
  }

  async #look(due: 'files' | 'names'): Promise<void> {
    const fromMs = performance.now();
    const { opened } = this.#set;
    try {
      for (const file of this.#set.files) this.#lookAt(file);
      if (due === 'names') await this.#lookForNames();
    } catch (error) {
      this.#once.tell('', `files cannot be looked for now: ${reasonOf(error)}; it is tried again`);
    }
    const hasOpened = this.#set.opened !== opened;
    this.#watch.looked(due, hasOpened ? 0 : performance.now() - fromMs);
  }

  #lookAt(file: FollowedFile): void {
    switch (file.look()) {
      case 'truncated':
        this.#options.tell(file.truncatedNote);
        this.#set.end(file, 'without-rest');
        break;
      case 'gone':
        if (file.isGivenUp) this.#set.end(file, 'with-rest');
    }
  }

  async #lookForNames(): Promise<void> {
    this.#set.begin(this.#moved < MOVED_MAX);
    if (await this.#lookForLeft()) await this.#lookForFiles();
    this.#moved = this.#set.hasMoved ? this.#moved + 1 : 0;
    if (this.#set.hasMoved && this.#moved <= MOVED_MAX) this.#watch.wakeForNames();
  }

  /** Goes on with the files that earlier runs have left; gives whether those that came after them may be opened. */
  async #lookForLeft(): Promise<boolean> {
    const patterns = new Set(this.#options.patterns.map(pattern => resolve(pattern)));
    const { found, areAllCertain } = await this.#left.find(({ pattern }) => patterns.has(pattern));
    if (!areAllCertain && this.#uncertain++ < UNCERTAIN_MAX) this.#set.noteMoved();
    for (const { position, at, inode } of found) {
      if (this.#set.mustWait) break;
      await this.#set.open(at, position, undefined, inode);
    }
    return !this.#set.mustWait;
  }

  /** Looks at all paths that match, and opens what is new. */
  async #lookForFiles(): Promise<void> {
    const { matches, directories, unread } = await matching(this.#options.patterns);
    for (const { path, error } of unread) this.#once.trouble(path, error);
    this.#watch.watch(directories);
    const present = new Set<FollowedFile>();
    const paths = [...matches];
    for (let from = 0; from < paths.length && !this.#stopped; from += STATS_AT_ONCE) {
      const some = paths.slice(from, from + STATS_AT_ONCE);
      const inodes = await Promise.all(some.map(([absolute, match]) => this.#inodeAt(absolute, match)));
      for (const [index, [absolute, match]] of some.entries()) {
        const inode = inodes[index];
        if (inode === undefined) continue;
        const file = await this.#set.at(absolute, inode, match);
        if (file !== undefined) present.add(file);
      }
    }
    if (!this.#stopped) this.#set.giveUp(present, matches);
  }

  /** The inode of a regular file; undefined where there is none, and where it cannot be asked for, which is told. */
  async #inodeAt(absolute: string, { path, pattern }: Match): Promise<string | undefined> {
    try {
      const found = await stat(absolute, { bigint: true });
      this.#missing.delete(absolute);
      if (!found.isFile()) {
        if (!isGlob(pattern)) this.#once.tell(path, `"${path}" is no regular file; it waits for one`);
        return undefined;
      }
      if (!isCompressed(path)) return inodeOf(found);
      this.#once.tell(path, `"${path}" is compressed, and is not followed`);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || (!isGlob(pattern) && !this.#isBeingRotated(absolute))) {
        this.#once.trouble(path, error);
      }
    }
    return undefined;
  }

  /** Whether a file that was there is missing for the first time: a rotation takes it away, and puts another there in a moment. */
  #isBeingRotated(absolute: string): boolean {
    if (!this.#set.isKnown(absolute) || this.#missing.has(absolute)) return false;
    this.#missing.add(absolute);
    return true;
  }
}
