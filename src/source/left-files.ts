import type { BigIntStats } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Positions, Reached } from './contract.ts';
import { type FilePosition, Fingerprint, identityOf } from './fingerprint.ts';
import type { FollowedPosition } from './followed-file.ts';
import { type FollowedNames, partsOf } from './followed-names.ts';
import { filesIn, type Found, inodeOf, type Scanned } from './rotated.ts';

/** Files that earlier runs have left, until they are found again: where they were, or under another name beside. */

interface LeftFile {
  readonly id: string;
  readonly position: FollowedPosition;
}

/** A file that has the inode of one that was left, and where it is now. */
export interface LeftFound {
  readonly position: FollowedPosition;
  readonly at: string;
  readonly inode: string;
}

/** Where to go on in a file, and what it is called. */
export interface Resumed {
  readonly id: string;
  readonly path: string;
  readonly start: Reached;
}

type Listing = (directory: string) => Promise<Scanned<Found>>;

export class LeftFiles {
  readonly #names: FollowedNames;
  readonly #tell: (note: string) => void;
  readonly #byInode = new Map<string, LeftFile>();
  /** Of files that were read without being followed, by their absolute path. */
  readonly #plain = new Map<string, FilePosition>();

  constructor(positions: Positions, names: FollowedNames, tell: (note: string) => void) {
    this.#names = names;
    this.#tell = tell;
    const followed: LeftFile[] = [];
    for (const [id, position] of Object.entries(positions)) {
      if (!isFilePosition(position)) continue;
      if (isFollowed(position)) followed.push({ id, position });
      else this.#plain.set(id, position);
    }
    // The files at one path in the order in which they were there.
    followed.sort((a, b) => partsOf(a.id).count - partsOf(b.id).count);
    for (const left of followed) {
      const inode = inodeOfPosition(left.position);
      const earlier = this.#byInode.get(inode);
      if (earlier !== undefined) names.forget(earlier.id);
      this.#byInode.delete(inode);
      this.#byInode.set(inode, left);
    }
  }

  /**
   * Where those are now for which `isWanted`, in order, and whether that is certain. Of one that is certainly gone this is told.
   */
  async find(
    isWanted: (position: FollowedPosition) => boolean,
  ): Promise<{ readonly found: readonly LeftFound[]; readonly areAllCertain: boolean }> {
    const listings = new Map<string, ReturnType<Listing>>();
    const filesOnce: Listing = directory => {
      const listing = listings.get(directory) ?? filesIn(directory);
      listings.set(directory, listing);
      return listing;
    };
    const found: LeftFound[] = [];
    let areAllCertain = true;
    for (const [inode, left] of this.#byInode) {
      if (!isWanted(left.position)) continue;
      const { at, isCertain } = await whereIs(left, filesOnce);
      if (at !== undefined) found.push({ position: left.position, at, inode });
      else if (isCertain) this.#isGone(left);
      else areAllCertain = false;
    }
    return { found, areAllCertain };
  }

  /**
   * Where to go on in a file that is open, was found as `path` and is `at` now: undefined where it is a new one, 'foreign'
   * where it only has the inode of one that was left, and is nothing that anybody asked for.
   */
  async recognise(
    file: Pick<FileHandle, 'read'>,
    found: BigIntStats,
    { at, path }: { readonly at: string; readonly path: string },
  ): Promise<Resumed | 'foreign' | undefined> {
    const absolute = resolve(path);
    const isSame = async (position: FilePosition): Promise<boolean> =>
      (await Fingerprint.differenceOf(file, Number(found.size), identityOf(found), position)) === undefined;
    const left = this.#byInode.get(inodeOf(found));
    if (left !== undefined && (await isSame(left.position))) {
      this.#byInode.delete(inodeOf(found));
      return { id: left.id, path: left.position.path, start: left.position };
    }
    if (left !== undefined) {
      if (at === partsOf(left.id).path) this.#isRewritten(left);
      else this.#isGone(left);
      return at === absolute ? undefined : 'foreign';
    }
    const plain = this.#plain.get(absolute);
    if (plain === undefined) return undefined;
    this.#plain.delete(absolute);
    if (await isSame(plain)) return { id: this.#names.adopt(absolute), path, start: plain };
    this.#names.forget(absolute);
    this.#tell(`"${path}" is not the file that was read before; it is read from its start`);
    return undefined;
  }

  #isGone(left: LeftFile): void {
    this.#forget(left);
    const { path, offset } = left.position;
    this.#tell(`"${path}", read up to byte ${offset}, is gone; what was added to it since is not known`);
  }

  #isRewritten(left: LeftFile): void {
    this.#forget(left);
    const { path, offset } = left.position;
    this.#tell(
      `"${path}" was truncated or written anew since it was read up to byte ${offset}; it is read from its start`,
    );
  }

  #forget(left: LeftFile): void {
    this.#byInode.delete(inodeOfPosition(left.position));
    this.#names.forget(left.id);
  }
}

async function whereIs(
  { id, position }: LeftFile,
  filesOnce: Listing,
): Promise<{ readonly at: string | undefined; readonly isCertain: boolean }> {
  const inode = inodeOfPosition(position);
  const { path } = partsOf(id);
  const now = await stat(path, { bigint: true }).catch(() => undefined);
  if (now !== undefined && inodeOf(now) === inode) return { at: path, isCertain: true };
  let isCertain = true;
  for (const directory of new Set([dirname(path), dirname(position.real)])) {
    const { files, isSettled } = await filesOnce(directory);
    const at = files.get(inode)?.path;
    if (at !== undefined) return { at, isCertain };
    isCertain &&= isSettled;
  }
  return { at: undefined, isCertain };
}

function inodeOfPosition({ dev, ino }: FilePosition): string {
  return `${dev}:${ino}`;
}

function isFilePosition(position: unknown): position is FilePosition {
  return typeof position === 'object' && position !== null && 'ino' in position && 'head' in position;
}

function isFollowed(position: FilePosition): position is FollowedPosition {
  return 'path' in position && 'pattern' in position;
}
