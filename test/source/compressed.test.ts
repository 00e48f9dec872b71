import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MiB, UNPACK_RATIO_FROM_BYTES, UNPACK_RATIO_MAX } from '../../src/base/limits.ts';
import { compressedSource, isCompressed, type UnpackLimits } from '../../src/source/compressed.ts';
import type { Positions, Source } from '../../src/source/contract.ts';

const hasZstd = 'zstdCompressSync' in zlib;
const LIMITS: UnpackLimits = { bytesMax: 1e9, ratioMax: UNPACK_RATIO_MAX };
/** Cannot be compressed, so that it is more than one piece also in the file. */
const PLAIN = Buffer.from(Uint32Array.from({ length: 100_000 }, (_, at) => Math.imul(at, 2654435761)).buffer);

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

interface Found {
  readonly bytes: number;
  readonly plain: Buffer;
  readonly error: unknown;
}

/** Reads to the end or to a failure. */
async function readOut(source: Source): Promise<Found> {
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

test.skipIf(!hasZstd)('what stands behind the last frame of .zst, and is none, is told', async () => {
  const { zstdCompressSync } = zlib as unknown as { zstdCompressSync: (bytes: Uint8Array) => Buffer };
  const zst = join(directory, 'in.ndjson.zst');
  const [one, two] = [zstdCompressSync(Buffer.from('1\n')), zstdCompressSync(Buffer.from('2\n'))];
  const read = async (packed: Buffer): Promise<Found> => {
    await writeFile(zst, packed);
    return readOut(await compressedSource(zst, LIMITS).open({}));
  };
  expect(await read(Buffer.concat([one, two]))).toMatchObject({ bytes: 4, error: undefined });
  const { bytes, error } = await read(Buffer.concat([one, two, Buffer.from('3\n')]));
  expect(bytes).toBe(4);
  expect(error).toMatchObject({
    code: 'MILLRACE_SOURCE_READ',
    message: expect.stringContaining(`what stands behind its byte ${one.length + two.length}`) as string,
  });
});

async function unpack(packed: Uint8Array, limits = LIMITS): Promise<Found> {
  await writeFile(path, packed);
  return readOut(await compressedSource(path, limits).open({}));
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
  test('reads all members of a file as one', async () => {
    const members = ['one\n', '', 'two\nth', 'ree\n'].map(text => zlib.gzipSync(text));
    const { plain, error } = await unpack(Buffer.concat(members));
    expect([plain.toString(), error]).toEqual(['one\ntwo\nthree\n', undefined]);
  });

  test('does not mind zeros behind the last member, as tapes have them', async () => {
    const { plain, error } = await unpack(Buffer.concat([zlib.gzipSync('one\n'), Buffer.alloc(1000)]));
    expect([plain.toString(), error]).toEqual(['one\n', undefined]);
  });

  test('finds nothing in what was made of nothing, and an error in a file without a byte', async () => {
    expect(await unpack(zlib.gzipSync(''))).toMatchObject({ bytes: 0, error: undefined });
    expect(await unpack(Buffer.alloc(0))).toMatchObject({
      bytes: 0,
      error: { code: 'MILLRACE_SOURCE_READ', message: expect.stringContaining(`"${path}"`) as string },
    });
  });

  test('gives what came before the place where a file is cut off, and says where that is', async () => {
    const packed = zlib.gzipSync(PLAIN);
    for (const length of [packed.length - 1, packed.length - 9, Math.floor(packed.length / 2), 5]) {
      const { plain, bytes, error } = await unpack(packed.subarray(0, length));
      expect(plain.equals(PLAIN.subarray(0, bytes))).toBe(true);
      // All but what the unpacker had not made bytes of.
      expect(bytes).toBeGreaterThan(length - 100_000);
      expect(error).toMatchObject({
        code: 'MILLRACE_SOURCE_READ',
        message: `cannot unpack "${path}" beyond its plain byte ${bytes}: unexpected end of file`,
      });
    }
  });

  test.each([
    ['garbage', Buffer.from('{"no":"gzip"}\n')],
    ['a member and garbage', Buffer.concat([zlib.gzipSync('one\n'), Buffer.from('garbage')])],
  ])('refuses %s', async (_, packed) => {
    expect((await unpack(packed)).error).toMatchObject({
      code: 'MILLRACE_SOURCE_READ',
      message: `cannot unpack "${path}" beyond its plain byte 0: incorrect header check`,
    });
  });

  test('stops at a member that was changed', async () => {
    const packed = zlib.gzipSync(PLAIN);
    packed[packed.length - 6]! ^= 1;
    const { bytes, error } = await unpack(packed);
    expect(bytes).toBeLessThanOrEqual(PLAIN.length);
    expect(error).toMatchObject({ message: expect.stringContaining('incorrect data check') as string });
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
