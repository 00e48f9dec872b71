import type { BigIntStats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { identityOf } from './fingerprint.ts';

/** Where the files of a log are once it was rotated: beside it, under names that begin like its own. */

/** How often a directory is read whose names change meanwhile. */
const SCANS_MAX = 20;

export interface Found {
  readonly path: string;
}

/** A file that was at a path before the one that is there now. */
export interface Rotated extends Found {
  readonly inode: string;
  readonly writtenMs: number;
}

/** What is known of the file that was followed last. */
export interface Last {
  readonly writtenMs: number;
  readonly bornMs: number;
}

/** The device and inode of a file, as one string. */
export function inodeOf(stats: Parameters<typeof identityOf>[0]): string {
  const { dev, ino } = identityOf(stats);
  return `${dev}:${ino}`;
}

/**
 * The files that were at `path` after `last` and were renamed before anybody looked, the oldest first: what has a name
 * that rotation gives, was made after `last` was, and written after `last` was. May include that one itself. It is certain
 * that none is missing only where no name has changed meanwhile.
 */
export async function rotatedSince(
  path: string,
  last: Last,
): Promise<{ readonly rotated: readonly Rotated[]; readonly isSettled: boolean }> {
  const { files, isSettled } = await scanSettled(dirname(path), () => scanRotated(path, last));
  const rotated = [...files.values()].sort((a, b) => a.writtenMs - b.writtenMs || byNumber(a.path, b.path));
  return { rotated, isSettled };
}

/** By inode; undefined where a name was gone before it was looked at. */
async function scanRotated(path: string, last: Last): Promise<Map<string, Rotated> | undefined> {
  const rotated = new Map<string, Rotated>();
  const directory = dirname(path);
  const isRotated = rotatedName(basename(path));
  for (const name of await readdir(directory).catch((): string[] => [])) {
    if (!isRotated(name)) continue;
    const at = join(directory, name);
    const found = await stat(at, { bigint: true }).catch(() => undefined);
    if (found === undefined && (await isMoved(at))) return undefined;
    if (found === undefined || !found.isFile()) continue;
    const inode = inodeOf(found);
    if (isLater(found, last)) rotated.set(inode, { path: at, inode, writtenMs: writtenMsOf(found) });
  }
  return rotated;
}

function isLater(found: BigIntStats, { writtenMs, bornMs }: Last): boolean {
  return (
    Math.ceil(writtenMsOf(found)) >= Math.floor(writtenMs) &&
    Math.ceil(Number(found.birthtimeNs) / 1e6) >= Math.floor(bornMs)
  );
}

function writtenMsOf({ mtimeNs }: BigIntStats): number {
  return Number(mtimeNs) / 1e6;
}

/** The paths of which `path` may be a rotated name. */
export function rotatedFrom(path: string): string[] {
  const name = basename(path);
  return [/[\dTZ:._-]+$/, /(\.old|\.bak|~)$/, /[\dTZ:._-]+(?=\.\w+$)/]
    .map(stamp => name.replace(stamp, ''))
    .filter(base => base !== name && base !== '')
    .map(base => join(dirname(path), base));
}

/** What tells names of the rotated files of `name`: app.log.1, app.log-20240501, app-2024-05-01.log, app.log.old. */
function rotatedName(name: string): (other: string) => boolean {
  const ending = extname(name);
  const stem = name.slice(0, name.length - ending.length);
  return other => {
    if (other === name) return false;
    if (other.startsWith(name)) {
      const rest = other.slice(name.length);
      return isStamp(rest) || /^(\.old|\.bak|~)$/.test(rest);
    }
    const isAmid = other.startsWith(stem) && other.endsWith(ending) && ending !== '';
    return isAmid && isStamp(other.slice(stem.length, other.length - ending.length));
  };
}

/** A number, a date or a time. */
function isStamp(text: string): boolean {
  return /^[\dTZ:._-]+$/.test(text) && /\d/.test(text);
}

/** Of two files that were written at once, the one with the higher small number is older; dates go up. */
function byNumber(a: string, b: string): number {
  const [first, second] = [a, b].map(path => Number(/\.(\d{1,4})$/.exec(path)?.[1] ?? NaN));
  if (Number.isNaN(first) || Number.isNaN(second)) return a < b ? -1 : 1;
  return second! - first!;
}

/** What a directory holds, by inode, and whether that is certain: false where it cannot be read, or its names do not keep still. */
export interface Scanned<T> {
  readonly files: ReadonlyMap<string, T>;
  readonly isSettled: boolean;
}

/** The files of a directory. Of one that is not among them it is certain only where no name has changed meanwhile. */
export function filesIn(directory: string): Promise<Scanned<Found>> {
  return scanSettled(directory, () => scanFiles(directory));
}

async function scanFiles(directory: string): Promise<Map<string, Found> | undefined> {
  const names = await readdir(directory).catch(() => undefined);
  if (names === undefined) return undefined;
  const files = new Map<string, Found>();
  for (const name of names.sort()) {
    const path = join(directory, name);
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found === undefined && (await isMoved(path))) return undefined;
    if (found?.isFile() === true && !files.has(inodeOf(found))) files.set(inodeOf(found), { path });
  }
  return files;
}

/**
 * Scans a directory until nothing has moved for two scans in a row: a file that is renamed meanwhile is seen twice or not at all.
 * That is so where both have seen the same files under the same names. Both may have missed the same one: so it is certain only
 * where no name has changed since the first.
 */
async function scanSettled<T extends Found>(
  directory: string,
  scan: () => Promise<Map<string, T> | undefined>,
): Promise<Scanned<T>> {
  const before = await changedNs(directory);
  let last: Map<string, T> | undefined;
  for (let scans = 1; ; scans++) {
    const seen = await scan();
    if (seen !== undefined && last !== undefined && areSame(seen, last))
      return { files: seen, isSettled: before === (await changedNs(directory)) };
    const files = new Map([...(last ?? []), ...(seen ?? [])]);
    const isGone = (await changedNs(directory)) === undefined;
    if (scans >= SCANS_MAX || isGone) return { files, isSettled: false };
    last = seen;
  }
}

/** Whether there is nothing at a path where there was something, be it a link to nothing. */
async function isMoved(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) === undefined;
}

function areSame(files: ReadonlyMap<string, Found>, others: ReadonlyMap<string, Found>): boolean {
  return (
    files.size === others.size && [...files].every(([inode, { path }]) => others.get(inode)?.path === path)
  );
}

/** When names of the directory have changed last; undefined where it is not there. */
async function changedNs(directory: string): Promise<bigint | undefined> {
  return (await stat(directory, { bigint: true }).catch(() => undefined))?.mtimeNs;
}
