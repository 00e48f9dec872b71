import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemCode } from '../base/errors.ts';
import { AT_START, type SourceSpec } from './contract.ts';
import { identityOf } from './fingerprint.ts';
import { FollowedFile } from './followed-file.ts';
import { type FollowedNames, nameOf, partsOf } from './followed-names.ts';
import type { Match } from './globs.ts';
import type { LeftFiles } from './left-files.ts';
import { inodeOf, rotatedFrom, rotatedSince } from './rotated.ts';
import type { ToldOnce } from './told-once.ts';

/**
 * The files that are followed now. They are opened in the order in which they were at their path, none without those before it:
 * where names change amid a look, so that this cannot be known, the look is given up, and the next one goes on.
 */

export interface FollowedSetOptions {
  readonly names: FollowedNames;
  readonly left: LeftFiles;
  /** How many may be open at once. */
  readonly filesMax: number;
  readonly once: ToldOnce;
  /** Called when a file should be looked at soon. */
  readonly onDoubt: () => void;
  /** Told of each file that was opened. */
  readonly found: (spec: SourceSpec) => void;
}

export class FollowedSet {
  /** How many files were opened. */
  opened = 0;
  /** Whether names have changed amid the look. */
  hasMoved = false;
  readonly #options: FollowedSetOptions;
  readonly #files = new Map<string, FollowedFile>();
  /** Those that were found, and not opened by the pipeline yet. */
  readonly #untaken = new Set<FollowedFile>();
  /** The file that was last found at each absolute path. */
  readonly #atPath = new Map<string, FollowedFile>();
  #isPatient = true;
  #stopped = false;

  constructor(options: FollowedSetOptions) {
    this.#options = options;
  }

  get files(): Iterable<FollowedFile> {
    return this.#files.values();
  }

  /** Whether nothing else may be opened in this look, because something that comes before it has moved. */
  get mustWait(): boolean {
    return this.hasMoved && this.#isPatient;
  }

  /** Begins a look: a patient one opens nothing whose place is not certain. */
  begin(isPatient: boolean): void {
    this.hasMoved = false;
    this.#isPatient = isPatient;
  }

  noteMoved(): void {
    this.hasMoved = true;
  }

  /** The file that is at a path now, which is opened if it is new; undefined where that cannot be done in this look. */
  async at(absolute: string, inode: string, match: Match): Promise<FollowedFile | undefined> {
    const file = this.#files.get(inode) ?? (await this.#openNew(absolute, inode, match));
    if (file !== undefined) this.#atPath.set(absolute, file);
    return file;
  }

  /** Whether a file was found at this path. */
  isKnown(absolute: string): boolean {
    return this.#atPath.has(absolute);
  }

  /** Opens the file at `at` as one that was found as `match`, if it has this inode; tells where that cannot be done now. */
  async open(
    at: string,
    match: Match,
    before: FollowedFile | undefined,
    inode: string,
  ): Promise<FollowedFile | undefined> {
    const { filesMax, once } = this.#options;
    try {
      if (this.#stopped) return undefined;
      if (this.#files.size >= filesMax) {
        const note = `more files match than can be open at once (${filesMax}); others wait until some are gone`;
        once.tell('#', note);
        return undefined;
      }
      const file = await this.#open(at, match, before, inode);
      once.over(match.path);
      return file;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') this.hasMoved = true;
      else once.trouble(match.path, error);
      return undefined;
    }
  }

  /** Ends those of which nothing is expected any more, of all that are not at a path that matches. */
  giveUp(present: ReadonlySet<FollowedFile>, matches: ReadonlyMap<string, Match>): void {
    for (const file of this.files) if (!present.has(file) && file.isGivenUp) this.end(file, 'with-rest');
    for (const [absolute, file] of this.#atPath) {
      if (file.isOver && !matches.has(absolute)) this.#atPath.delete(absolute);
    }
  }

  end(file: FollowedFile, how: 'with-rest' | 'without-rest'): void {
    file.finish(how);
    this.#files.delete(file.inode);
  }

  /** Opens nothing any more. */
  stop(): void {
    this.#stopped = true;
  }

  async closeUntaken(): Promise<void> {
    await Promise.all([...this.#untaken].map(file => file.close()));
  }

  /** Opens the file that was found at a path, and before it those that were there and renamed since the last look. */
  async #openNew(absolute: string, inode: string, match: Match): Promise<FollowedFile | undefined> {
    if (await this.#isLeftToAnother(absolute, match)) return this.#files.get(inode);
    const known = this.#files.get(inode);
    if (known !== undefined) return known;
    const last = this.#atPath.get(absolute);
    if (last === undefined || last.inode === inode) return this.open(absolute, match, last, inode);
    const before = await this.#openSince(absolute, match, last);
    return before === undefined ? undefined : this.open(absolute, match, before, inode);
  }

  /**
   * Opens what was at a path after `last` and is elsewhere now. Gives the newest; undefined where that is left to the next look,
   * so that nothing is passed over.
   */
  async #openSince(absolute: string, match: Match, last: FollowedFile): Promise<FollowedFile | undefined> {
    const { rotated, isSettled } = await rotatedSince(absolute, last);
    if (!isSettled) {
      this.hasMoved = true;
      if (this.mustWait) return undefined;
    }
    let before = last;
    for (const { path, inode } of rotated) {
      if (inode === last.inode) continue;
      const known = this.#files.get(inode);
      if (known !== undefined) {
        if (isLater(known.id, before.id)) before = known;
        continue;
      }
      const opened = await this.open(path, match, before, inode);
      if (opened === undefined) return undefined;
      before = opened;
    }
    return before;
  }

  /** Whether a new file may have been at another path that is followed: then it is opened in order by the look at that one. */
  async #isLeftToAnother(absolute: string, { pattern }: Match): Promise<boolean> {
    if (!this.#isPatient) return false;
    for (const other of rotatedFrom(absolute)) {
      const last = this.#atPath.get(other);
      if (last === undefined) continue;
      const now = await stat(other, { bigint: true }).catch(() => undefined);
      // As long as the last one is there, none has come and gone.
      if (now !== undefined && inodeOf(now) === last.inode) continue;
      // Nobody will look there while there is nothing.
      if (now === undefined && (await this.#openSince(other, { path: last.path, pattern }, last))) continue;
      this.hasMoved = true;
      return true;
    }
    return false;
  }

  async #open(
    at: string,
    match: Match,
    before: FollowedFile | undefined,
    expected: string,
  ): Promise<FollowedFile | undefined> {
    const handle = await open(at, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat({ bigint: true });
      const inode = inodeOf(found);
      if (inode !== expected) this.hasMoved = true;
      const known = this.#files.get(inode);
      const isNew = inode === expected && known === undefined && found.isFile();
      const { left } = this.#options;
      const resumed = isNew ? await left.recognise(handle, found, { at, path: match.path }) : 'foreign';
      if (resumed === 'foreign') {
        await handle.close();
        return inode === expected ? known : undefined;
      }
      const { names, onDoubt } = this.#options;
      const path = resumed?.path ?? match.path;
      const id = resumed?.id ?? names.newId(path);
      const file = new FollowedFile({
        id,
        found: { path, real: await realpath(at), pattern: resolve(match.pattern) },
        file: handle,
        identity: identityOf(found),
        start: resumed?.start ?? AT_START,
        before: before ?? this.#atPath.get(partsOf(id).path),
        along: names.changes,
        onDoubt,
      });
      this.#add(file);
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  #add(file: FollowedFile): void {
    this.#atPath.set(partsOf(file.id).path, file);
    this.#files.set(file.inode, file);
    this.opened++;
    this.#untaken.add(file);
    file.look();
    this.#options.found({
      name: nameOf(file.path, file.id),
      id: file.id,
      live: true,
      check: () => Promise.resolve(undefined),
      open: async () => {
        this.#untaken.delete(file);
        return file;
      },
    });
  }
}

/** Whether the first of two files was at the path of the second, after it. */
function isLater(id: string, other: string): boolean {
  const [one, before] = [partsOf(id), partsOf(other)];
  return one.path === before.path && one.count > before.count;
}
