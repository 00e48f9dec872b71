import { createHash } from 'node:crypto';
import { access, constants, type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MillraceError, type ErrorCode, reasonOf, systemCode } from '../base/errors.ts';
import { AT_START, type Position, type Reached, type Source, type SourceSpec } from './contract.ts';

/**
 * A regular file, read from where it was left.
 *
 * It is taken for the same file only if device and inode agree, its first bytes do, and the bytes just before the
 * position do: a file that was replaced, truncated or written anew is never resumed by accident.
 */

/** Bytes at the start, and before the position, that are compared. */
const FINGERPRINT_BYTES = 1024;

interface FilePosition extends Position {
  readonly dev: string;
  readonly ino: string;
  readonly head: string;
  readonly tail: string;
}

export function fileSource(name: string): SourceSpec {
  const path = resolve(name);
  return {
    name,
    id: path,
    check: () => checkFile(name, path),
    open: position => openFile(name, path, position as FilePosition | undefined),
  };
}

async function checkFile(name: string, path: string): Promise<number> {
  try {
    const { size } = await statFile(path);
    await access(path, constants.R_OK);
    return size;
  } catch (error) {
    throw openError(name, error);
  }
}

/** The file's figures; rejects with EISDIR for a directory. */
async function statFile(path: string): Promise<{ size: number }> {
  const found = await stat(path);
  if (found.isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
  return found;
}

async function openFile(name: string, path: string, position: FilePosition | undefined): Promise<Source> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw openError(name, error);
  });
  try {
    const found = await file.stat({ bigint: true });
    const identity = { dev: String(found.dev), ino: String(found.ino) };
    if (position !== undefined) await checkSame(name, file, Number(found.size), identity, position);
    return new FileSource(name, file, identity, position ?? AT_START);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class FileSource implements Source {
  readonly start: Reached;
  readonly #name: string;
  readonly #file: FileHandle;
  readonly #identity: { readonly dev: string; readonly ino: string };
  #offset: number;

  constructor(name: string, file: FileHandle, identity: { dev: string; ino: string }, at: Reached) {
    this.#name = name;
    this.#file = file;
    this.#identity = identity;
    this.#offset = at.offset;
    this.start = { offset: at.offset, line: at.line, unfinished: at.unfinished };
  }

  /** A file never makes a reader wait for data. */
  readable(): undefined {
    return undefined;
  }

  async read(into: Uint8Array): Promise<number> {
    try {
      const { bytesRead } = await this.#file.read(into, 0, into.length, this.#offset);
      this.#offset += bytesRead;
      return bytesRead;
    } catch (error) {
      throw this.#readError(error);
    }
  }

  async position(reached: Reached): Promise<FilePosition> {
    try {
      return { ...reached, ...this.#identity, ...(await fingerprints(this.#file, reached.offset)) };
    } catch (error) {
      throw this.#readError(error);
    }
  }

  #readError(error: unknown): MillraceError {
    return new MillraceError('MILLRACE_SOURCE_READ', `cannot read "${this.#name}": ${reasonOf(error)}`, {
      hint: `${this.#offset} bytes were read; run the same command again to go on from the last commit`,
      cause: error,
    });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function checkSame(
  name: string,
  file: FileHandle,
  size: number,
  identity: { dev: string; ino: string },
  position: FilePosition,
): Promise<void> {
  let difference: string | undefined;
  if (size < position.offset) difference = `it has ${size} bytes, fewer than were read`;
  else if (identity.dev !== position.dev || identity.ino !== position.ino)
    difference = 'its inode is another';
  else {
    const now = await fingerprints(file, position.offset);
    if (now.head !== position.head) difference = 'its first bytes are others';
    else if (now.tail !== position.tail) difference = `the bytes before offset ${position.offset} are others`;
  }
  if (difference === undefined) return;
  throw new MillraceError(
    'MILLRACE_SOURCE_CHANGED',
    `"${name}" is not the file that this job has read up to byte ${position.offset}: ${difference}`,
    { hint: 'start the job over with --fresh, or begin another one with --job NAME --to TOPIC' },
  );
}

async function fingerprints(file: FileHandle, offset: number): Promise<{ head: string; tail: string }> {
  const length = Math.min(FINGERPRINT_BYTES, offset);
  return { head: await hashAt(file, 0, length), tail: await hashAt(file, offset - length, length) };
}

async function hashAt(file: FileHandle, offset: number, length: number): Promise<string> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return createHash('sha256').update(bytes.subarray(0, filled)).digest('hex').slice(0, 32);
}

const OPEN_ERRORS: Readonly<Record<string, { code: ErrorCode; hint: string }>> = {
  ENOENT: { code: 'MILLRACE_SOURCE_NOT_FOUND', hint: 'check the path; a glob must stand in quotes' },
  ENOTDIR: { code: 'MILLRACE_SOURCE_NOT_FOUND', hint: 'check the path' },
  EISDIR: { code: 'MILLRACE_SOURCE_DIRECTORY', hint: 'name its files, for example "DIR/*.ndjson"' },
  EACCES: { code: 'MILLRACE_SOURCE_PERMISSION', hint: 'make the file readable for this user' },
  EPERM: { code: 'MILLRACE_SOURCE_PERMISSION', hint: 'make the file readable for this user' },
};

/** What a failed attempt to open the input `name` means to the user. */
export function openError(name: string, error: unknown): MillraceError {
  const known = OPEN_ERRORS[systemCode(error) ?? ''] ?? { code: 'MILLRACE_SOURCE_READ', hint: 'try again' };
  const { code, hint } = known;
  return new MillraceError(code, `cannot open "${name}": ${reasonOf(error)}`, {
    hint,
    cause: error,
  });
}
