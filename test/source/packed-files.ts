import { writeFile } from 'node:fs/promises';
import { UNPACK_RATIO_MAX } from '../../src/base/limits.ts';
import { compressedSource, type UnpackLimits } from '../../src/source/compressed.ts';
import type { Source } from '../../src/source/contract.ts';
import { expect } from 'vitest';

/** Compressed files as a source reads them: all that comes out, and what was wrong at the end. */

export const LIMITS: UnpackLimits = { bytesMax: 1e9, ratioMax: UNPACK_RATIO_MAX };

/** Cannot be compressed, so that it is more than one piece also in the file. */
export const PLAIN = Buffer.from(
  Uint32Array.from({ length: 100_000 }, (_, at) => Math.imul(at, 2654435761)).buffer,
);

export interface Found {
  readonly bytes: number;
  readonly plain: Buffer;
  readonly error: unknown;
}

/** Reads to the end or to a failure. */
export async function readOut(source: Source): Promise<Found> {
  const into = new Uint8Array(50_000);
  const pieces: Buffer[] = [];
  let error: unknown;
  try {
    for (let length: number | 'end' = 0; length !== 'end'; length = await source.read(into)) {
      if (length > 0) pieces.push(Buffer.from(into.subarray(0, length)));
      for (let wait = source.readable(); wait !== undefined; wait = source.readable()) await wait;
    }
  } catch (thrown) {
    error = thrown;
    // It is told again to whoever asks again.
    await expect(source.read(into)).rejects.toMatchObject({ message: (thrown as Error).message });
  }
  await source.close();
  const plain = Buffer.concat(pieces);
  return { bytes: plain.length, plain, error };
}

/** What is read of a file with these bytes. */
export async function readPacked(path: string, packed: Uint8Array, limits = LIMITS): Promise<Found> {
  await writeFile(path, packed);
  return readOut(await compressedSource(path, limits).open({}));
}
