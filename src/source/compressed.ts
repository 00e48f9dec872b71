import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { UNPACK_RATIO_FROM_BYTES } from '../base/limits.ts';
import type { ZlibStream } from '../base/unpacker.ts';
import {
  AT_START,
  type Position,
  type Positions,
  type Reached,
  type Source,
  type SourceSpec,
} from './contract.ts';
import { checkFile } from './file.ts';
import { unpackGzip } from './gzip-members.ts';
import { PackedFile } from './packed-file.ts';
import { Fingerprint, type Identity, identityOf, type Prints } from './fingerprint.ts';
import { openError } from '../base/open-error.ts';
import { StreamedInput } from './streamed.ts';
import { unpackZstd } from './zstd-frames.ts';

/**
 * A compressed file (`.gz` with any number of members, `.zst`), read as what was compressed.
 *
 * Positions are those of the plain bytes, so to go on it is unpacked from its start and what was read before is passed
 * over. How much may come out of it is bounded, in all and by how much goes in: a small file can hold more than any disk.
 */

export interface UnpackLimits {
  /** Plain bytes that one file may hold. */
  readonly bytesMax: number;
  /** Plain bytes for each compressed byte, once there are enough of them to judge. */
  readonly ratioMax: number;
}

interface Format {
  readonly ending: string;
  readonly command: string;
  /** Undefined where this Node cannot unpack it. */
  readonly unpack: ((file: PackedFile) => AsyncGenerator<Uint8Array, void, void>) | undefined;
}

/** Not in every Node that millrace runs on. */
const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: () => ZlibStream };

const FORMATS: readonly Format[] = [
  { ending: '.gz', command: 'zcat', unpack: unpackGzip },
  {
    ending: '.zst',
    command: 'zstdcat',
    unpack: createZstdDecompress && (file => unpackZstd(file, createZstdDecompress)),
  },
];

export function isCompressed(name: string): boolean {
  return formatOf(name) !== undefined;
}

function formatOf(name: string): Format | undefined {
  return FORMATS.find(({ ending }) => name.endsWith(ending));
}

export function compressedSource(name: string, limits: UnpackLimits): SourceSpec {
  const path = resolve(name);
  const format = formatOf(name)!;
  return {
    name,
    id: path,
    live: false,
    check: async () => {
      await checkFile(name, path);
      if (format.unpack === undefined) throw cannotUnpack(name, format);
      // How many plain bytes there are is not known before they are read.
      return undefined;
    },
    open: positions =>
      openCompressed(name, path, format, limits, positions[path] as PackedPosition | undefined),
  };
}

function cannotUnpack(name: string, { ending, command }: Format): MillraceError {
  return new MillraceError(
    'MILLRACE_SOURCE_FORMAT',
    `cannot unpack "${name}": this Node (${process.version}) has no support for ${ending}`,
    { hint: `use Node 22.15 or later, or <(${command} "${name}")` },
  );
}

/** The prints are those of the compressed file, of `packedBytes` bytes. */
interface PackedPosition extends Position, Identity, Prints {
  readonly packedBytes: number;
}

async function openCompressed(
  name: string,
  path: string,
  format: Format,
  limits: UnpackLimits,
  position: PackedPosition | undefined,
): Promise<Source> {
  try {
    const known = await identify(path, position, name);
    const file = new PackedFile(await open(path, 'r'));
    return new CompressedSource(name, path, format, limits, { known, file }, position ?? AT_START);
  } catch (error) {
    throw error instanceof MillraceError ? error : openError(name, error);
  }
}

type Known = Identity & Prints & Pick<PackedPosition, 'packedBytes'>;

/** What the file is known again by; rejects where it is not the one that `position` was kept for. */
async function identify(path: string, position: PackedPosition | undefined, name: string): Promise<Known> {
  const file = await open(path, 'r');
  try {
    const found = await stat(path, { bigint: true });
    const packedBytes = Number(found.size);
    const identity = identityOf(found);
    if (position !== undefined) {
      const packed = { ...position, offset: position.packedBytes };
      const difference = await Fingerprint.differenceOf(file, packedBytes, identity, packed);
      if (difference !== undefined) throw changed(name, position.offset, difference);
    }
    return { ...identity, ...(await Fingerprint.of(file, packedBytes)), packedBytes };
  } finally {
    await file.close();
  }
}

function changed(name: string, offset: number, difference: string): MillraceError {
  return new MillraceError(
    'MILLRACE_SOURCE_CHANGED',
    `"${name}" is not the file that this job has read up to plain byte ${offset}: ${difference}`,
    { hint: 'start the job over with --fresh, or begin another one with --job NAME --to TOPIC' },
  );
}

class CompressedSource implements Source {
  readonly start: Reached;
  readonly #name: string;
  readonly #id: string;
  readonly #known: Known;
  readonly #limits: UnpackLimits;
  readonly #file: PackedFile;
  readonly #plain: StreamedInput;
  #plainBytes = 0;
  /** Why no more is unpacked. */
  #bomb: MillraceError | undefined;

  constructor(
    name: string,
    path: string,
    format: Format,
    limits: UnpackLimits,
    { known, file }: { readonly known: Known; readonly file: PackedFile },
    start: Reached,
  ) {
    this.#name = name;
    this.#id = path;
    this.#known = known;
    this.#limits = limits;
    this.start = { offset: start.offset, line: start.line, unfinished: start.unfinished };
    this.#file = file;
    const plain = Readable.from(closing(file, format.unpack!), { objectMode: false });
    this.#plain = new StreamedInput(plain, `"${name}"`);
  }

  readable(): Promise<void> | undefined {
    return this.#plain.readable();
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    if (this.#bomb !== undefined) throw this.#bomb;
    // What was read in an earlier run is unpacked as well, and passed over.
    const passing = this.start.offset - this.#plainBytes;
    const length = await this.#plain
      .read(passing > 0 ? into.subarray(0, passing) : into)
      .catch((error: unknown) => {
        throw unpackError(this.#name, this.#plainBytes, error);
      });
    if (length === 'end') {
      if (passing > 0) throw changed(this.#name, this.start.offset, `it holds ${this.#plainBytes} bytes`);
      return 'end';
    }
    this.#plainBytes += length;
    this.#bomb = this.#beyondLimits();
    if (this.#bomb !== undefined) throw this.#bomb;
    return passing > 0 ? 0 : length;
  }

  async positions(reached: Reached): Promise<Positions> {
    return { [this.#id]: { ...reached, ...this.#known } };
  }

  async close(): Promise<void> {
    await this.#plain.close();
    await this.#file.close();
  }

  #beyondLimits(): MillraceError | undefined {
    const { bytesMax, ratioMax } = this.#limits;
    const packedBytes = this.#file.at;
    if (this.#plainBytes > bytesMax) {
      return bomb(this.#name, `more than ${bytesMax} bytes came out of it`, '--max-unpacked');
    }
    if (this.#plainBytes > UNPACK_RATIO_FROM_BYTES && this.#plainBytes > packedBytes * ratioMax) {
      const found = `${this.#plainBytes} bytes came out of ${packedBytes}, more than ${ratioMax} for each`;
      return bomb(this.#name, found, '--max-unpack-ratio');
    }
    return undefined;
  }
}

/** What is unpacked; closes the file at its end. */
async function* closing(
  file: PackedFile,
  unpack: NonNullable<Format['unpack']>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* unpack(file);
  } finally {
    await file.close();
  }
}

function bomb(name: string, found: string, flag: string): MillraceError {
  return new MillraceError('MILLRACE_SOURCE_UNPACKED', `stopped unpacking "${name}": ${found}`, {
    hint: `if it is what it claims to be, allow more with ${flag}, which "run" and "inspect" have, or unpack it first`,
  });
}

function unpackError(name: string, plainBytes: number, error: unknown): MillraceError {
  const cause = error instanceof MillraceError ? error.cause : error;
  return new MillraceError(
    'MILLRACE_SOURCE_READ',
    `cannot unpack "${name}" beyond its plain byte ${plainBytes}: ${reasonOf(cause)}`,
    { hint: 'what came before is in the output; check the file with "gzip -t" or "zstd -t"', cause: error },
  );
}
