import { createInflateRaw, gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { KiB } from '../base/limits.ts';
import { Unpacker } from '../base/unpacker.ts';
import type { DiskFile } from './disk.ts';

/**
 * The gzip members of a compressed segment (RFC 1952), one behind the other:
 *
 *     1f 8b 08 flags  time time time time  extra os  │ deflate … │  crc crc crc crc  length length length length
 *     └────────────── 10 bytes ──────────────────┘                └──────────────── 8 bytes ─────────────────┘
 *
 * We write no flags. Where a member ends is known from the index; and where that is lost, from unpacking it.
 */

const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const READ_BYTES = 64 * KiB;

const unpack = promisify(gunzip);

/** What can be wrong with a member: it is not what gzip has written, or has more in it than it should. */
export class BadMember extends Error {}

/** The plain bytes of one member; rejects with BadMember. */
export async function unpackMember(member: Uint8Array, plainBytes: number): Promise<Uint8Array> {
  try {
    // Never more than that, whatever the member claims; 0 would be no limit.
    return await unpack(member, { maxOutputLength: plainBytes + 1 });
  } catch (error) {
    throw new BadMember((error as Error).message);
  }
}

/** Plain bytes that stand one behind the other, and the size of their member where they are its last. */
export interface Unpacked {
  readonly plain: readonly Uint8Array[];
  readonly memberBytes: number | undefined;
}

/** Unpacks a file of `size` bytes from its start, with no index; rejects with BadMember. */
export async function* unpackMembers(file: DiskFile, size: number): AsyncGenerator<Unpacked, void, void> {
  for (let start = 0; start < size; ) {
    await checkHeader(file, start);
    const unpacker = new Unpacker(createInflateRaw());
    let at = start + HEADER_BYTES;
    for (; !unpacker.isOver; at = Math.min(at + READ_BYTES, size)) {
      const piece = new Uint8Array(Math.min(READ_BYTES, size - at));
      if (piece.length === 0) throw new BadMember('it ends inside a member');
      if ((await file.read(piece, at)) < piece.length) throw new BadMember('it ends inside a member');
      const plain = await unpacker.step(piece).catch((error: unknown) => {
        throw new BadMember((error as Error).message);
      });
      if (!unpacker.isOver) yield { plain, memberBytes: undefined };
      else {
        const memberBytes = HEADER_BYTES + unpacker.taken + TRAILER_BYTES;
        yield { plain, memberBytes };
        start += memberBytes;
      }
    }
  }
}

async function checkHeader(file: DiskFile, at: number): Promise<void> {
  const header = new Uint8Array(HEADER_BYTES);
  const found = await file.read(header, at);
  if (found < HEADER_BYTES || header[0] !== 0x1f || header[1] !== 0x8b || header[2] !== 8 || header[3] !== 0)
    throw new BadMember('a member does not begin as it should');
}
