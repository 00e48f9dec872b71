import { crc32, createInflateRaw } from 'node:zlib';
import { Unpacker } from '../base/unpacker.ts';
import { cutOff, notPacked, type PackedFile } from './packed-file.ts';

/**
 * What was compressed as gzip (RFC 1952): members, one behind the other. Each is unpacked by itself, so that nothing of those
 * that are whole is lost with what is wrong behind them.
 */

/** Compressed bytes of a step; deflate makes at the most 1032 times as many of them. */
const STEP_BYTES = 16 * 1024;
/** What comes out at once. */
const PIECE_BYTES = 64 * 1024;

const MAGIC = [0x1f, 0x8b, 0x08];
const Flag = { headerSum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;

/** Rejects where it is no gzip, or is wrong; what came before that is out. */
export async function* unpackGzip(file: PackedFile): AsyncGenerator<Uint8Array, void, void> {
  do {
    await passHeader(file);
    let [sum, length] = [0, 0];
    for await (const piece of inflated(file)) {
      sum = crc32(piece, sum);
      length += piece.length;
      yield piece;
    }
    const trailer = await file.bytes(8);
    if (trailer.readUInt32LE(0) !== sum) throw new Error('incorrect data check');
    if (trailer.readUInt32LE(4) !== length % 2 ** 32) throw new Error('incorrect length check');
  } while (await hasMore(file));
}

/** Whether there is another member. Zeros at the end are no part of anything: tapes have them. */
async function hasMore(file: PackedFile): Promise<boolean> {
  const end = file.at;
  for (let ahead = await file.ahead(); ahead.length > 0; ahead = await file.ahead()) {
    if (file.at === end && ahead[0] !== 0) return true;
    if (ahead.some(byte => byte !== 0)) throw notPacked(end);
    file.pass(ahead.length);
  }
  return false;
}

async function passHeader(file: PackedFile): Promise<void> {
  const start = file.at;
  // One by one: what is no member is not one that is cut off.
  for (const byte of MAGIC) if ((await file.byte()) !== byte) throw notPacked(start);
  let sum = crc32(Uint8Array.from(MAGIC));
  const pass = async (length: number): Promise<Buffer> => {
    const bytes = await file.bytes(length);
    sum = crc32(bytes, sum);
    return bytes;
  };
  const flags = (await pass(7))[0]!;
  if ((flags & Flag.reserved) !== 0) throw new Error('unknown header flags set');
  if ((flags & Flag.extra) !== 0) await pass((await pass(2)).readUInt16LE());
  for (const text of [Flag.name, Flag.comment]) {
    if ((flags & text) === 0) continue;
    while ((await pass(1))[0] !== 0) continue;
  }
  const headerSum = sum & 0xffff;
  if ((flags & Flag.headerSum) !== 0 && (await pass(2)).readUInt16LE() !== headerSum) {
    throw new Error('header crc mismatch');
  }
}

/** What is compressed in the member whose header was passed. */
async function* inflated(file: PackedFile): AsyncGenerator<Uint8Array, void, void> {
  const start = file.at;
  let given = 0;
  const reached = { offset: start };
  try {
    for await (const piece of inflateFrom(file, () => STEP_BYTES, reached)) {
      given += piece.length;
      yield piece;
    }
    return;
  } catch (error) {
    if (!isDataError(error)) throw error;
  }
  // Once more, and byte by byte where it is wrong: so all comes out that stands before that.
  file.goTo(start);
  const wrongFrom = reached.offset;
  const stepBytes = (): number => (file.at < wrongFrom ? Math.min(STEP_BYTES, wrongFrom - file.at) : 1);
  for await (const piece of inflateFrom(file, stepBytes, reached)) {
    const known = Math.min(given, piece.length);
    given -= known;
    if (known < piece.length) yield piece.subarray(known);
  }
}

/** Tells how far it has come without an error. */
async function* inflateFrom(
  file: PackedFile,
  stepBytes: () => number,
  reached: { offset: number },
): AsyncGenerator<Uint8Array, void, void> {
  const start = file.at;
  const unpacker = new Unpacker(createInflateRaw({ chunkSize: PIECE_BYTES }));
  try {
    while (!unpacker.isOver) {
      const ahead = await file.ahead(stepBytes());
      if (ahead.length === 0) throw cutOff();
      const pieces = await unpacker.step(ahead);
      file.pass(ahead.length);
      reached.offset = file.at;
      yield* pieces;
    }
    file.goTo(start + unpacker.taken);
  } finally {
    unpacker.close();
  }
}

function isDataError(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'Z_DATA_ERROR';
}
