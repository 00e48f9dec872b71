import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MiB, UNPACK_RATIO_FROM_BYTES, UNPACK_RATIO_MAX } from '../../src/base/limits.ts';
import { compressedSource, isCompressed } from '../../src/source/compressed.ts';
import type { Positions } from '../../src/source/contract.ts';
import { type Found, LIMITS, PLAIN, readOut, readPacked } from './packed-files.ts';

const hasZstd = 'zstdCompressSync' in zlib;

let directory: string;
let path: string;
/** 64 MiB of zeros. */
let bomb: Buffer;

beforeAll(() => {
  bomb = zlib.gzipSync(Buffer.alloc(64 * MiB));
});

afterAll(() => {
  bomb = Buffer.alloc(0);
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-compressed-'));
  path = join(directory, 'in.ndjson.gz');
});

afterEach(() => rm(directory, { recursive: true }));

function unpack(packed: Uint8Array, limits = LIMITS): Promise<Found> {
  return readPacked(path, packed, limits);
}

/** The journal after a run that has read `offset` plain bytes. */
async function leave(offset: number): Promise<Positions> {
  const source = await compressedSource(path, LIMITS).open({});
  const positions = await source.positions({ offset, line: 3, unfinished: false });
  await source.close();
  return JSON.parse(JSON.stringify(positions)) as Positions;
}

/** Puts another file in the place of this one, which stays, so that its inode is not used again. */
async function replace(packed: Uint8Array): Promise<void> {
  await rename(path, `${path}.1`);
  await writeFile(path, packed);
}

describe('compressedSource', () => {
  test('finds nothing in what was made of nothing, and an error in a file without a byte', async () => {
    expect(await unpack(zlib.gzipSync(''))).toMatchObject({ bytes: 0, error: undefined });
    expect(await unpack(Buffer.alloc(0))).toMatchObject({
      bytes: 0,
      error: { code: 'MILLRACE_SOURCE_READ', message: expect.stringContaining(`"${path}"`) as string },
    });
  });

  test('stops at more plain bytes for each compressed one than are allowed, once there are enough to judge', async () => {
    const { bytes, error } = await unpack(bomb);
    expect(error).toMatchObject({
      code: 'MILLRACE_SOURCE_UNPACKED',
      message: expect.stringContaining(`more than ${UNPACK_RATIO_MAX} for each`) as string,
      hint: expect.stringContaining('--max-unpack-ratio') as string,
    });
    expect(bytes).toBeLessThanOrEqual(UNPACK_RATIO_FROM_BYTES);
    expect(bytes).toBeGreaterThan(UNPACK_RATIO_FROM_BYTES - 100_000);
  });

  test('takes the same where it is allowed, and where there is too little to judge', async () => {
    expect(await unpack(bomb, { ...LIMITS, ratioMax: 2000 })).toMatchObject({
      bytes: 64 * MiB,
      error: undefined,
    });
    const little = zlib.gzipSync(Buffer.alloc(UNPACK_RATIO_FROM_BYTES));
    expect(await unpack(little)).toMatchObject({ bytes: UNPACK_RATIO_FROM_BYTES, error: undefined });
  });

  test('stops at more plain bytes than are allowed in all', async () => {
    const packed = zlib.gzipSync(PLAIN);
    const { bytes, error } = await unpack(packed, { ...LIMITS, bytesMax: 60_000 });
    expect(bytes).toBeLessThanOrEqual(60_000);
    expect(error).toMatchObject({
      code: 'MILLRACE_SOURCE_UNPACKED',
      message: `stopped unpacking "${path}": more than 60000 bytes came out of it`,
      hint: expect.stringContaining('--max-unpacked') as string,
    });
    const enough = await unpack(packed, { ...LIMITS, bytesMax: PLAIN.length });
    expect(enough).toMatchObject({ bytes: PLAIN.length, error: undefined });
  });

  test('goes on at any plain byte, also where a member was added since', async () => {
    const half = PLAIN.length / 2;
    await writeFile(path, [zlib.gzipSync(PLAIN.subarray(0, half)), zlib.gzipSync(PLAIN.subarray(half))]);
    await fc.assert(
      fc.asyncProperty(fc.nat(PLAIN.length), async offset => {
        const positions = await leave(offset);
        const source = await compressedSource(path, LIMITS).open(positions);
        expect(source.start).toEqual({ offset, line: 3, unfinished: false });
        const { plain, error } = await readOut(source);
        expect(error).toBeUndefined();
        expect(plain.equals(PLAIN.subarray(offset))).toBe(true);
      }),
      { numRuns: 30 },
    );
    const positions = await leave(PLAIN.length);
    await appendFile(path, zlib.gzipSync('more\n'));
    const { plain } = await readOut(await compressedSource(path, LIMITS).open(positions));
    expect(plain.toString()).toBe('more\n');
  });

  test.each([
    ['written anew', () => writeFile(path, zlib.gzipSync('others\n'.repeat(999))), 'fewer than were read'],
    ['cut off', () => truncate(path, 10_000), 'it has 10000 bytes, fewer than were read'],
    ['replaced', () => replace(zlib.gzipSync(PLAIN)), 'its inode is another'],
    [
      'changed at its start',
      () => writeFile(path, Buffer.from('x'), { flag: 'r+' }),
      'its first bytes are others',
    ],
  ])('refuses a file that was %s since it was read', async (_, change, difference) => {
    await writeFile(path, zlib.gzipSync(PLAIN));
    const positions = await leave(7);
    await change();
    const opening = compressedSource(path, LIMITS).open(positions);
    await expect(opening).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_CHANGED' });
    await expect(opening).rejects.toThrow(new RegExp(`has read up to plain byte 7: .*${difference}`));
  });

  test('refuses to go on behind the end of what comes out', async () => {
    await writeFile(path, zlib.gzipSync(PLAIN));
    const positions = await leave(PLAIN.length + 1);
    const source = await compressedSource(path, LIMITS).open(positions);
    const read = (async () => {
      for (;;) {
        await source.readable();
        await source.read(new Uint8Array(100_000));
      }
    })();
    await expect(read).rejects.toMatchObject({
      code: 'MILLRACE_SOURCE_CHANGED',
      message: expect.stringContaining(`it holds ${PLAIN.length} bytes`) as string,
    });
  });

  test.skipIf(!existsSync('/proc/self/fd'))('gives the file back, also where not all was read', async () => {
    await writeFile(path, zlib.gzipSync(PLAIN));
    const before = readdirSync('/proc/self/fd').length;
    for (const reads of [0, 1, 2]) {
      const source = await compressedSource(path, LIMITS).open({});
      for (let read = 0; read < reads; read++) {
        await source.readable();
        await source.read(new Uint8Array(10));
      }
      await source.close();
    }
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });

  test('says before anything is opened what is wrong with a file', async () => {
    await expect(compressedSource(path, LIMITS).check()).rejects.toMatchObject({
      code: 'MILLRACE_SOURCE_NOT_FOUND',
    });
    await writeFile(path, zlib.gzipSync('1\n'));
    expect(await compressedSource(path, LIMITS).check()).toBeUndefined();
    const zst = join(directory, 'in.zst');
    await writeFile(zst, '');
    const checking = compressedSource(zst, LIMITS).check();
    if (hasZstd) expect(await checking).toBeUndefined();
    else await expect(checking).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_FORMAT' });
  });

  test('is for files whose name ends so', () => {
    expect(['a.gz', 'a.ndjson.zst', 'a.gz.ndjson', 'gz'].map(isCompressed)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
