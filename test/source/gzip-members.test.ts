import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Found, PLAIN, readPacked } from './packed-files.ts';

let directory: string;
let path: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-gzip-'));
  path = join(directory, 'in.ndjson.gz');
});

afterAll(() => rm(directory, { recursive: true }));

function unpack(packed: Uint8Array): Promise<Found> {
  return readPacked(path, packed);
}

/** All that Node makes of a file that is cut off. */
function before(packed: Uint8Array): Buffer {
  return zlib.gunzipSync(packed, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
}

/** How many bytes of the file Node takes without an error. */
function lastThatCanBe(packed: Buffer): number {
  let [good, bad] = [0, packed.length + 1];
  while (bad - good > 1) {
    const length = (good + bad) >> 1;
    try {
      before(packed.subarray(0, length));
      good = length;
    } catch {
      bad = length;
    }
  }
  return good;
}

interface GzipHeader {
  readonly extra?: string;
  readonly name?: string;
  readonly comment?: string;
  readonly headerSum?: true | 'wrong';
  readonly flags?: number;
}

/** A member whose header has what gzip(1) and others write into it. */
function packedBy({ extra, name, comment, headerSum, flags = 0 }: GzipHeader, plain: string): Buffer {
  const packed = zlib.gzipSync(plain);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(extra?.length ?? 0);
  const parts = [Buffer.from(packed.subarray(0, 10))];
  if (extra !== undefined) parts.push(length, Buffer.from(extra));
  for (const text of [name, comment]) if (text !== undefined) parts.push(Buffer.from(`${text}\0`));
  parts[0]![3] = [headerSum && 2, extra && 4, name && 8, comment && 16, flags]
    .map(Number)
    .filter(flag => flag > 0)
    .reduce((all, flag) => all | flag, 0);
  const header = Buffer.concat(parts);
  const sum = Buffer.alloc(headerSum === undefined ? 0 : 2);
  const right = zlib.crc32(header) & 0xffff;
  if (headerSum !== undefined) sum.writeUInt16LE(headerSum === 'wrong' ? right ^ 1 : right);
  return Buffer.concat([header, sum, packed.subarray(10)]);
}

describe('a .gz file', () => {
  test('reads all members of a file as one', async () => {
    const members = ['one\n', '', 'two\nth', 'ree\n'].map(text => zlib.gzipSync(text));
    const { plain, error } = await unpack(Buffer.concat(members));
    expect([plain.toString(), error]).toEqual(['one\ntwo\nthree\n', undefined]);
  });

  test('does not mind zeros behind the last member, as tapes have them', async () => {
    const { plain, error } = await unpack(Buffer.concat([zlib.gzipSync('one\n'), Buffer.alloc(1000)]));
    expect([plain.toString(), error]).toEqual(['one\n', undefined]);
  });

  test('gives what came before the place where a file is cut off, and says where that is', async () => {
    const packed = zlib.gzipSync(PLAIN);
    for (const length of [packed.length - 1, packed.length - 9, Math.floor(packed.length / 2), 5]) {
      const { plain, bytes, error } = await unpack(packed.subarray(0, length));
      expect(plain.equals(before(packed.subarray(0, length)))).toBe(true);
      expect(error).toMatchObject({
        code: 'MILLRACE_SOURCE_READ',
        message: `cannot unpack "${path}" beyond its plain byte ${bytes}: unexpected end of file`,
      });
    }
  });

  test('refuses what is no gzip', async () => {
    expect((await unpack(Buffer.from('{"no":"gzip"}\n'))).error).toMatchObject({
      code: 'MILLRACE_SOURCE_READ',
      message: `cannot unpack "${path}" beyond its plain byte 0: incorrect header check`,
    });
  });

  test.each([
    ['garbage', Buffer.from('garbage')],
    ['a byte that a member begins with, and garbage', Buffer.from('\x1f{"a":1}\n', 'latin1')],
    ['zeros and garbage', Buffer.concat([Buffer.alloc(300_000), Buffer.from('x')])],
    ['zeros and a member', Buffer.concat([Buffer.alloc(7), zlib.gzipSync('more\n')])],
  ])('gives all of the members before %s, and says where that begins', async (_, rest) => {
    for (const plain of [Buffer.from('one\n'), PLAIN]) {
      const members = [zlib.gzipSync(plain), zlib.gzipSync('two\n')];
      const whole = Buffer.concat(members);
      const found = await unpack(Buffer.concat([whole, rest]));
      expect(found.plain.equals(Buffer.concat([plain, Buffer.from('two\n')]))).toBe(true);
      const why = `what stands behind its byte ${whole.length} is not compressed`;
      expect(found.error).toMatchObject({
        code: 'MILLRACE_SOURCE_READ',
        message: `cannot unpack "${path}" beyond its plain byte ${plain.length + 4}: ${why}`,
      });
    }
  });

  test('gives all of the members before one that is cut off in its header, wherever that is', async () => {
    const one = zlib.gzipSync('one\n');
    const next = packedBy(
      { extra: 'some', name: 'in.ndjson', comment: 'of today', headerSum: true },
      'two\n',
    );
    const header = next.length - (zlib.gzipSync('two\n').length - 10);
    for (let length = 1; length <= header; length++) {
      const { plain, error } = await unpack(Buffer.concat([one, next.subarray(0, length)]));
      expect(plain.toString()).toBe('one\n');
      expect(error).toMatchObject({ message: expect.stringContaining('unexpected end of file') as string });
    }
    const { plain, error } = await unpack(Buffer.concat([one, next]));
    expect([plain.toString(), error]).toEqual(['one\ntwo\n', undefined]);
  });

  test.each([
    ['its sum is another', { headerSum: 'wrong' }, 'header crc mismatch'],
    ['it has flags that nobody knows', { flags: 0x20 }, 'unknown header flags set'],
  ] as const)('refuses a header where %s', async (_, header, why) => {
    const packed = Buffer.concat([zlib.gzipSync('one\n'), packedBy(header, 'two\n')]);
    const { plain, error } = await unpack(packed);
    expect(plain.toString()).toBe('one\n');
    expect(error).toMatchObject({ message: expect.stringContaining(why) as string });
  });

  test('gives all that stands before a place where the bytes cannot be, wherever that is', async () => {
    const text = Buffer.from(Array.from({ length: 40_000 }, (__, at) => `{"n":${at * 7919}}\n`).join(''));
    const sound = zlib.gzipSync(text);
    // Before the eight bytes of the sums stands one whose last bits may mean nothing.
    const last = sound.length - 10;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 10, max: last }), fc.nat(7), async (at, bit) => {
        const packed = Buffer.from(sound);
        packed[at]! ^= 1 << bit;
        const { plain, bytes, error } = await unpack(packed);
        expect(error).toMatchObject({ code: 'MILLRACE_SOURCE_READ' });
        // What comes out of its bytes up to the last one that can be.
        const whole = before(packed.subarray(0, lastThatCanBe(packed)));
        expect(bytes).toBeGreaterThanOrEqual(whole.length);
        expect(plain.subarray(0, whole.length).equals(whole)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  test('stops at a member that was changed', async () => {
    const packed = zlib.gzipSync(PLAIN);
    packed[packed.length - 6]! ^= 1;
    const { bytes, error } = await unpack(packed);
    expect(bytes).toBeLessThanOrEqual(PLAIN.length);
    expect(error).toMatchObject({ message: expect.stringContaining('incorrect data check') as string });
  });
});
