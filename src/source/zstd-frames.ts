import { type ZlibStream, Unpacker } from '../base/unpacker.ts';
import { cutOff, notPacked, type PackedFile } from './packed-file.ts';

/**
 * What was compressed as Zstandard (RFC 8878): frames, one behind the other. They are unpacked block by block, so that nothing of
 * what is whole is lost with what is wrong behind it; and where they end is read from them, because Node's stream takes a file for
 * whole that is cut off inside the header of a frame.
 */

const FRAME: readonly number[] = [0x28, 0xb5, 0x2f, 0xfd];
/** Frames of anything, to be passed over; the last four bits of the first byte are free. */
const SKIPPABLE: readonly number[] = [0x50, 0x2a, 0x4d, 0x18];

const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const BlockType = { raw: 0, sameByte: 1, compressed: 2, reserved: 3 } as const;
const BLOCK_BYTES_MAX = 128 * 1024;

/** Rejects where it is no Zstandard, or is wrong; what came before that is out. */
export async function* unpackZstd(
  file: PackedFile,
  createDecompress: () => ZlibStream,
): AsyncGenerator<Uint8Array, void, void> {
  const unpacker = new Unpacker(createDecompress());
  try {
    do yield* unpackFrame(file, unpacker);
    while ((await file.ahead()).length > 0);
  } finally {
    unpacker.close();
  }
}

async function* unpackFrame(file: PackedFile, unpacker: Unpacker): AsyncGenerator<Uint8Array, void, void> {
  const magic = await readMagic(file);
  if (!isFrame(magic)) {
    await passOver(file);
    return;
  }
  const { header, hasChecksum } = await readHeader(file);
  let before = Buffer.of(...magic, ...header);
  for (let isLast = false; !isLast; ) {
    const block = await readBlock(file);
    yield* await unpacker.step(Buffer.concat([before, block.bytes]));
    before = Buffer.of();
    ({ isLast } = block);
  }
  if (hasChecksum) yield* await unpacker.step(await file.bytes(4));
}

async function readHeader(file: PackedFile): Promise<{ header: Uint8Array; hasChecksum: boolean }> {
  const descriptor = await file.byte();
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  // A size below 256 has one byte, where there is any.
  const sizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6]! || 1 - windowBytes;
  const rest = await file.bytes(windowBytes + DICTIONARY_BYTES[descriptor & 3]! + sizeBytes);
  return { header: Buffer.of(descriptor, ...rest), hasChecksum: (descriptor & 4) !== 0 };
}

async function readBlock(file: PackedFile): Promise<{ bytes: Uint8Array; isLast: boolean }> {
  const header = Buffer.from(await file.bytes(3));
  const word = header.readUIntLE(0, 3);
  const type = (word >> 1) & 3;
  const size = type === BlockType.sameByte ? 1 : word >> 3;
  if (type === BlockType.reserved || size > BLOCK_BYTES_MAX) throw new Error('a block that cannot be');
  return { bytes: Buffer.concat([header, await file.bytes(size)]), isLast: (word & 1) === 1 };
}

/** The bytes by which a frame is known. */
async function readMagic(file: PackedFile): Promise<readonly number[]> {
  const start = file.at;
  const magic: number[] = [];
  // One by one: what is no frame is not one that is cut off.
  while (magic.length < FRAME.length) {
    magic.push(await file.byte());
    if (!isFrame(magic) && !isSkippable(magic)) throw notPacked(start);
  }
  return magic;
}

function isFrame(magic: readonly number[]): boolean {
  return magic.every((byte, at) => byte === FRAME[at]);
}

function isSkippable(magic: readonly number[]): boolean {
  return magic.every((byte, at) => (at === 0 ? byte & 0xf0 : byte) === SKIPPABLE[at]);
}

async function passOver(file: PackedFile): Promise<void> {
  let left = (await file.bytes(4)).readUInt32LE();
  while (left > 0) {
    const ahead = await file.ahead(left);
    if (ahead.length === 0) throw cutOff();
    file.pass(ahead.length);
    left -= ahead.length;
  }
}
