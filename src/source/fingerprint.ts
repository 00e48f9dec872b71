import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Position } from './contract.ts';

/** By what a file is known again: its inode, its first bytes, and the bytes just before the position. */

/** Bytes at the start, and before the position, that are compared. */
const FINGERPRINT_BYTES = 1024;

export interface Identity {
  readonly dev: string;
  readonly ino: string;
}

export interface Prints {
  /** Hashes of the first bytes of those before the position, and of the last. */
  readonly head: string;
  readonly tail: string;
}

/** What the journal keeps for a file. */
export interface FilePosition extends Position, Identity, Prints {}

type Readable = Pick<FileHandle, 'read'>;

export function identityOf({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): Identity {
  return { dev: String(dev), ino: String(ino) };
}

export const Fingerprint = {
  /** The prints of the bytes before `offset`. */
  async of(file: Readable, offset: number): Promise<Prints> {
    const length = Math.min(FINGERPRINT_BYTES, offset);
    return { head: await hashAt(file, 0, length), tail: await hashAt(file, offset - length, length) };
  },

  /** In what a file is not the one that was left at `position`; undefined where it is. */
  async differenceOf(
    file: Readable,
    size: number,
    identity: Identity,
    position: FilePosition,
  ): Promise<string | undefined> {
    if (size < position.offset) return `it has ${size} bytes, fewer than were read`;
    if (identity.dev !== position.dev || identity.ino !== position.ino) return 'its inode is another';
    const now = await Fingerprint.of(file, position.offset);
    if (now.head !== position.head) return 'its first bytes are others';
    if (now.tail !== position.tail) return `the bytes before offset ${position.offset} are others`;
    return undefined;
  },
};

async function hashAt(file: Readable, offset: number, length: number): Promise<string> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return createHash('sha256').update(bytes.subarray(0, filled)).digest('hex').slice(0, 32);
}
