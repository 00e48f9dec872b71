import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { reasonOf, systemCode } from '../base/errors.ts';
import { isCompressed } from './compressed.ts';
import { AT_START, type Discovery, type Positions, type SourceSpec } from './contract.ts';
import { identityOf } from './fingerprint.ts';
import { FollowedFile } from './followed-file.ts';
import { FollowedNames, nameOf, partsOf } from './followed-names.ts';
import { isGlob, type Match, matching } from './globs.ts';
import { LeftFiles } from './left-files.ts';
import { openFilesMax } from './open-files.ts';
import { PathWatch } from './path-watch.ts';
import { inodeOf, rotatedFrom, rotatedSince } from './rotated.ts';

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

/** Looks after which a new file is taken for what its name says, although another path may lead to it. */
const DEFERRED_MAX = 20;
/** Paths that are asked for at once. */
const STATS_AT_ONCE = 64;

export class FollowedFiles implements Discovery {
  readonly #options: FollowOptions;
  readonly #watch = new PathWatch();
  readonly #names = new FollowedNames();
  #left!: LeftFiles;
  /** Files that are looked at, by inode. */
  readonly #files = new Map<string, FollowedFile>();
  /** Those that were found, and not opened by the pipeline yet. */
  readonly #untaken = new Set<FollowedFile>();
  /** The file that was last found at each absolute path. */
  readonly #atPath = new Map<string, FollowedFile>();
  /** What was told of each path, so that it is told once. */
  readonly #told = new Map<string, string>();
  /** New files that were left to the look at another path. */
  readonly #deferred = new Map<string, number>();
  #filesMax = Infinity;
  /** How many files were opened. */
  #opened = 0;
  #found!: (spec: SourceSpec) => void;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  async start(positions: Positions, found: (spec: SourceSpec) => void): Promise<void> {
    this.#found = found;
    this.#filesMax = await openFilesMax();
    this.#left = new LeftFiles(positions, this.#names, this.#options.tell);
    for (const [key, count] of Object.entries(positions)) {
      if (typeof count === 'number') this.#names.resume(key, count);
    }
    await this.#look('names');
    this.#looking = this.#keepLooking();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watch.close();
    await this.#looking;
    await Promise.all([...this.#untaken].map(file => file.close()));
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
    const opened = this.#opened;
    try {
      for (const file of this.#files.values()) this.#lookAt(file);
      if (due === 'names') {
        await this.#lookForLeft();
        await this.#lookForFiles();
      }
    } catch (error) {
      this.#tellOnce('', `files cannot be looked for now: ${reasonOf(error)}; it is tried again`);
    }
    const hasOpened = this.#opened !== opened;
    this.#watch.looked(due, hasOpened ? 0 : performance.now() - fromMs);
  }

  #lookAt(file: FollowedFile): void {
    switch (file.look()) {
      case 'truncated':
        this.#options.tell(file.truncatedNote);
        this.#end(file, 'without-rest');
        break;
      case 'gone':
        if (file.isGivenUp) this.#end(file, 'with-rest');
    }
  }

  /** Goes on with the files that earlier runs have left, before any that came after them. */
  async #lookForLeft(): Promise<void> {
    const patterns = new Set(this.#options.patterns.map(pattern => resolve(pattern)));
    for (const { position, at } of await this.#left.find(({ pattern }) => patterns.has(pattern))) {
      await this.#openOnce(at, position, undefined);
    }
  }

  /** Looks at all paths that match, and opens what is new. */
  async #lookForFiles(): Promise<void> {
    const { matches, directories } = await matching(this.#options.patterns);
    this.#watch.watch(directories);
    const present = new Set<FollowedFile>();
    const paths = [...matches];
    for (let from = 0; from < paths.length && !this.#stopped; from += STATS_AT_ONCE) {
      const some = paths.slice(from, from + STATS_AT_ONCE);
      const inodes = await Promise.all(some.map(([absolute, match]) => this.#inodeAt(absolute, match)));
      for (const [index, [absolute, match]] of some.entries()) {
        const inode = inodes[index];
        if (inode === undefined) continue;
        const file = this.#files.get(inode) ?? (await this.#openNew(absolute, inode, match));
        if (file === undefined) continue;
        this.#atPath.set(absolute, file);
        present.add(file);
      }
    }
    if (this.#stopped) return;
    for (const file of this.#files.values())
      if (!present.has(file) && file.isGivenUp) this.#end(file, 'with-rest');
    for (const [absolute, file] of this.#atPath) {
      if (file.isOver && !matches.has(absolute)) this.#atPath.delete(absolute);
    }
  }

  /** The inode of a regular file; undefined where there is none, and where it cannot be asked for, which is told. */
  async #inodeAt(absolute: string, { path, pattern }: Match): Promise<string | undefined> {
    try {
      const found = await stat(absolute, { bigint: true });
      if (!found.isFile()) {
        if (!isGlob(pattern)) this.#tellOnce(path, `"${path}" is no regular file; it waits for one`);
        return undefined;
      }
      if (!isCompressed(path)) return inodeOf(found);
      this.#tellOnce(path, `"${path}" is compressed, and is not followed`);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || !isGlob(pattern)) this.#tellTrouble(path, error);
    }
    return undefined;
  }

  /**
   * Opens the file that was found at a path, and before it those that were there and renamed since the last look. Where
   * names change meanwhile, the next look does it, so that nothing is passed over.
   */
  async #openNew(absolute: string, inode: string, match: Match): Promise<FollowedFile | undefined> {
    let before = this.#atPath.get(absolute);
    if (before === undefined || inode === before.inode) {
      if (this.#isDeferred(absolute, inode)) return undefined;
    } else {
      const last = before.inode;
      for (const rotated of await rotatedSince(absolute, before)) {
        if (rotated.inode === inode || rotated.inode === last || this.#files.has(rotated.inode)) continue;
        before = await this.#openOnce(rotated.path, match, before, rotated.inode);
        if (before === undefined) return undefined;
      }
    }
    return this.#openOnce(absolute, match, before, inode);
  }

  /** Whether a new file may be one that was at another path that is followed: then it is found from there, in order. */
  #isDeferred(absolute: string, inode: string): boolean {
    const times = this.#deferred.get(inode) ?? 0;
    if (times >= DEFERRED_MAX || !rotatedFrom(absolute).some(base => this.#atPath.has(base))) return false;
    this.#deferred.set(inode, times + 1);
    this.#watch.wakeForNames();
    return true;
  }

  /** Opens the file at `at` as one that was found as `match`; tells where that cannot be done now. */
  async #openOnce(
    at: string,
    match: Match,
    before: FollowedFile | undefined,
    inode?: string,
  ): Promise<FollowedFile | undefined> {
    try {
      if (this.#stopped) return undefined;
      if (this.#files.size >= this.#filesMax) {
        const note = `more files match than can be open at once (${this.#filesMax}); others wait until some are gone`;
        this.#tellOnce('#', note);
        return undefined;
      }
      const file = await this.#open(at, match, before, inode);
      this.#told.delete(match.path);
      return file;
    } catch (error) {
      this.#tellTrouble(match.path, error);
      return undefined;
    }
  }

  async #open(
    at: string,
    match: Match,
    before: FollowedFile | undefined,
    expected: string | undefined,
  ): Promise<FollowedFile | undefined> {
    const handle = await open(at, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat({ bigint: true });
      const inode = inodeOf(found);
      if (expected !== undefined && inode !== expected) {
        this.#watch.wakeForNames();
        await handle.close();
        return undefined;
      }
      const known = this.#files.get(inode);
      if (known !== undefined || !found.isFile()) {
        await handle.close();
        return known;
      }
      const resumed = await this.#left.recognise(handle, found, { at, path: match.path });
      if (resumed === 'foreign') {
        await handle.close();
        return undefined;
      }
      const path = resumed?.path ?? match.path;
      const id = resumed?.id ?? this.#names.newId(path);
      const place = partsOf(id).path;
      const file = new FollowedFile({
        id,
        found: { path, real: await realpath(at), pattern: resolve(match.pattern) },
        file: handle,
        identity: identityOf(found),
        start: resumed?.start ?? AT_START,
        before: before ?? this.#atPath.get(place),
        along: this.#names.changes,
        onDoubt: this.#watch.wake,
      });
      this.#atPath.set(place, file);
      this.#files.set(inode, file);
      this.#opened++;
      this.#deferred.delete(inode);
      this.#untaken.add(file);
      file.look();
      this.#found(this.#specOf(file));
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  #specOf(file: FollowedFile): SourceSpec {
    return {
      name: nameOf(file.path, file.id),
      id: file.id,
      live: true,
      check: () => Promise.resolve(undefined),
      open: async () => {
        this.#untaken.delete(file);
        return file;
      },
    };
  }

  #end(file: FollowedFile, how: 'with-rest' | 'without-rest'): void {
    file.finish(how);
    this.#files.delete(file.inode);
  }

  #tellTrouble(path: string, error: unknown): void {
    this.#tellOnce(path, `"${path}" cannot be read now: ${reasonOf(error)}; it is tried again`);
  }

  #tellOnce(about: string, note: string): void {
    if (this.#told.get(about) === note) return;
    this.#told.set(about, note);
    this.#options.tell(note);
  }
}
