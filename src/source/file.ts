import { access, constants, type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { AT_START, type Positions, type Reached, type Source, type SourceSpec } from './contract.ts';
import { type FilePosition, Fingerprint, type Identity, identityOf } from './fingerprint.ts';
import { openError } from '../base/open-error.ts';

/**
 * A regular file, read from where it was left.
 *
 * It is taken for the same file only if device and inode agree, its first bytes do, and the bytes just before the
 * position do: a file that was replaced, truncated or written anew is never resumed by accident.
 */

export function fileSource(name: string): SourceSpec {
  const path = resolve(name);
  return {
    name,
    id: path,
    live: false,
    check: () => checkFile(name, path),
    open: async positions => {
      const file = await open(path, 'r').catch((error: unknown) => {
        throw openError(name, error);
      });
      return openFile({ name, id: path, file, close: () => file.close() }, positions);
    },
  };
}

/** The size of the file; rejects with MILLRACE_SOURCE_… where it cannot be read. */
export async function checkFile(name: string, path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
    // What Linux says when it is opened; other systems have their own word for it.
    if (found.isSocket()) throw Object.assign(new Error('it is a socket'), { code: 'ENXIO' });
    await access(path, constants.R_OK);
    return found.size;
  } catch (error) {
    throw openError(name, error);
  }
}

/** A file that is open, whoever has opened it. */
export interface OpenFile {
  readonly name: string;
  readonly id: string;
  readonly file: Pick<FileHandle, 'read' | 'stat'>;
  readonly close: () => Promise<void>;
}

/** Goes on in a file where `positions` say, or at `startOffset` if they say nothing; closes it where that fails. */
export async function openFile(opened: OpenFile, positions: Positions, startOffset = 0): Promise<Source> {
  const { name, id, file, close } = opened;
  try {
    const found = await file.stat({ bigint: true });
    const identity = identityOf(found);
    const [keptAs, position] = positionOf(id, identity, positions);
    if (position !== undefined) await checkSame(opened, Number(found.size), identity, position);
    return new FileSource(opened, identity, position ?? { ...AT_START, offset: startOffset }, keptAs);
  } catch (error) {
    await close();
    throw error instanceof MillraceError ? error : openError(name, error);
  }
}

/** Where the file was left, and under which id: it may have been followed before, and then it is known by its inode. */
function positionOf(
  id: string,
  { dev, ino }: Identity,
  positions: Positions,
): readonly [string, FilePosition | undefined] {
  if (positions[id] !== undefined) return [id, positions[id] as FilePosition];
  for (const [key, value] of Object.entries(positions)) {
    if (!key.startsWith(`${id}#`) || typeof value !== 'object' || value === null) continue;
    const position = value as FilePosition;
    if (position.dev === dev && position.ino === ino) return [key, position];
  }
  return [id, undefined];
}

class FileSource implements Source {
  readonly start: Reached;
  readonly #opened: OpenFile;
  readonly #identity: Identity;
  /** The id under which the position stood; it is forgotten there as soon as there is a newer one. */
  readonly #keptAs: string;
  #offset: number;

  constructor(opened: OpenFile, identity: Identity, { offset, line, unfinished }: Reached, keptAs: string) {
    this.#keptAs = keptAs;
    this.#opened = opened;
    this.#identity = identity;
    this.#offset = offset;
    this.start = { offset, line, unfinished };
  }

  /** A file never makes a reader wait for data. */
  readable(): undefined {
    return undefined;
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    try {
      const { bytesRead } = await this.#opened.file.read(into, 0, into.length, this.#offset);
      this.#offset += bytesRead;
      return bytesRead === 0 ? 'end' : bytesRead;
    } catch (error) {
      throw this.#readError(error);
    }
  }

  unread(bytes: number): void {
    this.#offset -= bytes;
  }

  async positions(reached: Reached): Promise<Positions> {
    const { id, file } = this.#opened;
    try {
      const prints = await Fingerprint.of(file, reached.offset);
      const forgotten = this.#keptAs === id ? {} : { [this.#keptAs]: null };
      return { ...forgotten, [id]: { ...reached, ...this.#identity, ...prints } };
    } catch (error) {
      throw this.#readError(error);
    }
  }

  close(): Promise<void> {
    return this.#opened.close();
  }

  #readError(error: unknown): MillraceError {
    return new MillraceError(
      'MILLRACE_SOURCE_READ',
      `cannot read "${this.#opened.name}": ${reasonOf(error)}`,
      {
        hint: `${this.#offset} bytes were read; run the same command again to go on from the last commit`,
        cause: error,
      },
    );
  }
}

async function checkSame(
  { name, file }: OpenFile,
  size: number,
  identity: Identity,
  position: FilePosition,
): Promise<void> {
  const difference = await Fingerprint.differenceOf(file, size, identity, position);
  if (difference === undefined) return;
  throw new MillraceError(
    'MILLRACE_SOURCE_CHANGED',
    `"${name}" is not the file that this job has read up to byte ${position.offset}: ${difference}`,
    { hint: 'start the job over with --fresh, or begin another one with --job NAME --to TOPIC' },
  );
}
