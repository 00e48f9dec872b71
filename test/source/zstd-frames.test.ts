import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Found, PLAIN, readPacked } from './packed-files.ts';

interface Zstd {
  readonly constants: Readonly<Record<string, number>>;
  readonly zstdCompressSync: (bytes: Uint8Array, options?: object) => Buffer;
}

/** Not in every Node that millrace runs on; there no such file is read at all. */
const { zstdCompressSync: compress, constants } = zlib as unknown as Zstd;

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-zstd-'));
});

afterAll(() => rm(directory, { recursive: true }));

function unpack(packed: Uint8Array): Promise<Found> {
  return readPacked(join(directory, 'in.ndjson.zst'), packed);
}

/** A frame, with its checksum or without. */
function frame(plain: string | Buffer, checksum = false): Buffer {
  const flag = constants['ZSTD_c_checksumFlag']!;
  return compress(Buffer.from(plain), { params: { [flag]: Number(checksum) } });
}

/** A frame of something else, as pzstd and others write them. */
function skippable(bytes: number, kind = 0): Buffer {
  const header = Buffer.of(0x50 + kind, 0x2a, 0x4d, 0x18, 0, 0, 0, 0);
  header.writeUInt32LE(bytes, 4);
  return Buffer.concat([header, Buffer.alloc(bytes, 'x')]);
}

describe.skipIf(compress === undefined)('a .zst file', () => {
  test('is read with all frames as one, and without those that are of something else', async () => {
    const lines = Buffer.from('{"a":1}\n'.repeat(100_000));
    const frames = [
      ['one\n', frame('one\n')],
      ['', skippable(300_000)],
      [PLAIN, frame(PLAIN, true)],
      ['', frame('')],
      [lines, frame(lines)],
      ['', skippable(0, 15)],
    ] as const;
    const { plain, error } = await unpack(Buffer.concat(frames.map(([, packed]) => packed)));
    expect(error).toBeUndefined();
    expect(plain.equals(Buffer.concat(frames.map(([text]) => Buffer.from(text))))).toBe(true);
  });

  test('that is cut off inside a later frame is told, wherever that is, and all before it is read', async () => {
    const one = frame('one\n');
    for (const next of [frame('two\n', true), frame('2'.repeat(70_000)), skippable(9)]) {
      for (let length = 1; length < next.length; length++) {
        const { plain, error } = await unpack(Buffer.concat([one, next.subarray(0, length)]));
        expect(plain.subarray(0, 4).toString()).toBe('one\n');
        expect(error).toMatchObject({
          code: 'MILLRACE_SOURCE_READ',
          message: expect.stringContaining('unexpected end of file') as string,
        });
      }
    }
    expect((await unpack(Buffer.alloc(0))).error).toMatchObject({ code: 'MILLRACE_SOURCE_READ' });
  });

  test('that goes on with what is no frame is told, and all before it is read', async () => {
    const whole = Buffer.concat([frame('one\n'), frame(PLAIN)]);
    for (const rest of ['3\n', '\x28no', '\x50\x2a', '\0'].map(text =>
      Buffer.from(`${text}{}\n`, 'latin1'),
    )) {
      const { bytes, error } = await unpack(Buffer.concat([whole, rest]));
      expect(bytes).toBe(PLAIN.length + 4);
      expect(error).toMatchObject({
        code: 'MILLRACE_SOURCE_READ',
        message: expect.stringContaining(`what stands behind its byte ${whole.length} is not`) as string,
      });
    }
    expect((await unpack(Buffer.from('{"no":"zstd"}\n'))).error).toMatchObject({
      message: expect.stringContaining('incorrect header check') as string,
    });
  });

  test('that was changed is told, and whole blocks before that are read', async () => {
    const sound = frame(PLAIN, true);
    for (const at of [sound.length - 1, sound.length - 200_000]) {
      const packed = Buffer.from(sound);
      packed[at]! ^= 1;
      const { bytes, plain, error } = await unpack(packed);
      expect(error).toMatchObject({ code: 'MILLRACE_SOURCE_READ' });
      if (at === sound.length - 1) expect(plain.equals(PLAIN)).toBe(true);
      else expect(bytes).toBeGreaterThanOrEqual(128 * 1024);
    }
    // A block that is longer than there are any.
    const block = Buffer.of(0xff, 0xff, 0xff);
    const { error } = await unpack(Buffer.concat([sound.subarray(0, 6), block, Buffer.alloc(300_000)]));
    expect(error).toMatchObject({ code: 'MILLRACE_SOURCE_READ' });
  });
});
