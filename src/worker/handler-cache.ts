import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { makeDirectories } from '../base/make-directories.ts';
import type { EventReading } from '../query/handler-reader.ts';

/**
 * Where compiled handlers are kept.
 *
 * What lies there is run. So nothing is read or written in a directory that somebody else owns or can write, or that is named by
 * somebody else's link; where there is no other, handlers are compiled for this process alone.
 */

/** What was compiled, from which contents, and what its source says about the parts of an event that it looks at. */
export interface Manifest {
  readonly output: string;
  readonly reading?: EventReading;
  readonly inputs: readonly (readonly [path: string, hash: string])[];
}

/** The first place that is ours. */
export function cacheDirectory(): string {
  const { MILLRACE_CACHE, XDG_CACHE_HOME } = process.env;
  if (MILLRACE_CACHE) {
    const named = resolve(MILLRACE_CACHE);
    return isOurs(named) ? named : directoryOfThisProcess();
  }
  const home = join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace');
  const temporary = join(tmpdir(), `millrace-${process.getuid?.() ?? 'cache'}`);
  return [home, temporary].find(path => isOurs(path) && canWrite(path)) ?? directoryOfThisProcess();
}

function isOurs(directory: string): boolean {
  try {
    makeDirectories(directory, 0o700);
    const found = statSync(directory);
    return isOwn(lstatSync(directory)) && isOwn(found) && (found.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

function isOwn({ uid }: Stats): boolean {
  return process.getuid === undefined || uid === process.getuid();
}

function canWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

let ofThisProcess: string | undefined;

/** A directory that nobody could know of before, and that goes with the process. */
function directoryOfThisProcess(): string {
  if (ofThisProcess !== undefined) return ofThisProcess;
  try {
    const made = mkdtempSync(join(tmpdir(), 'millrace-handler-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    ofThisProcess = made;
    return made;
  } catch (error) {
    throw writeError(error);
  }
}

export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 40);
}

/** The manifest at `path`, if all that it names is still as it was. */
export function readManifest(path: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(readOwn(path).toString()) as Manifest;
    const { inputs } = manifest;
    const same = inputs.length > 0 && inputs.every(([input, hash]) => hashOf(readFileSync(input)) === hash);
    const output = join(dirname(path), manifest.output);
    return same && `${hashOf(readOwn(output))}.mjs` === manifest.output ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** The contents of a file of the cache: others may have put one there while they could. */
function readOwn(path: string): Buffer {
  if (!isOwn(lstatSync(path))) throw new Error(`"${path}" is somebody else's`);
  return readFileSync(path);
}

/** Files that were written. */
let kept = 0;

/** Writes a file of the cache whole or not at all. */
export async function keep(cache: string, name: string, content: string): Promise<void> {
  const path = resolve(cache, name);
  try {
    // Several of a process may write the same at the same time.
    const partial = `${path}.${process.pid}.${kept++}`;
    await writeFile(partial, content, { mode: 0o600 });
    await rename(partial, path);
  } catch (error) {
    throw writeError(error);
  }
}

function writeError(error: unknown): MillraceError {
  return new MillraceError(
    'MILLRACE_HANDLER_COMPILE',
    `cannot write the compiled handler: ${reasonOf(error)}`,
    { hint: 'set MILLRACE_CACHE to a directory that can be written', cause: error },
  );
}
