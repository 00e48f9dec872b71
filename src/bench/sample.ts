import { createHash } from 'node:crypto';
import { Gate } from '../base/gate.ts';
import { MillraceError } from '../base/errors.ts';
import { CHUNK_BYTES } from '../base/limits.ts';
import { isSpace } from '../base/line-bytes.ts';
import type { SharedSlot, WasmMemory } from '../kernel/slot-memory.ts';
import { ChunkPool } from '../pipeline/chunk-pool.ts';
import { type Chunk, slotBytesFor } from '../pipeline/chunk.ts';
import { Feed } from '../pipeline/feed.ts';
import { SourceBook } from '../pipeline/source-book.ts';
import { Stop } from '../pipeline/stop.ts';
import type { SourceSpec } from '../source/contract.ts';
import type { SampleChunk, SharedSample } from './protocol.ts';

/**
 * The first events of the inputs, in memory that the threads share, cut into chunks as a run would cut them. What is less
 * than a chunk is repeated until it fills one, so that what a batch costs is shared out as in a run.
 */

export interface Sample {
  readonly shared: SharedSample;
  readonly slots: readonly SharedSlot[];
  readonly wasm: WasmMemory | undefined;
  /** Bytes and events that were taken of the inputs. */
  readonly bytes: number;
  readonly events: number;
  /** The bytes of the sample, chunk by chunk. */
  readonly parts: readonly Uint8Array[];
  /** Whether there is more of the inputs. */
  readonly isPart: boolean;
  /** Tells inputs apart. */
  readonly digest: string;
}

export interface SampleOptions {
  readonly specs: readonly SourceSpec[];
  readonly bytesMax: number;
  readonly lineBytesMax: number;
  /** Threads that will work at the same time. */
  readonly threads: number;
}

const NEWLINE = 0x0a;

/** Rejects with MILLRACE_SOURCE_… where an input cannot be read, and with MILLRACE_NO_INPUT where there is no event. */
export async function readSample({ specs, bytesMax, lineBytesMax, threads }: SampleOptions): Promise<Sample> {
  const count = Math.ceil(bytesMax / CHUNK_BYTES) + 2;
  const pool = new ChunkPool(count, slotBytesFor(lineBytesMax), threads);
  const gate = new Gate();
  const stop = new Stop(gate, pool);
  const sources = new SourceBook([]);
  const feed = new Feed({
    specs,
    discovery: undefined,
    positions: {},
    sources,
    pool,
    lineBytesMax,
    hasRoom: () => true,
    chunkBytes: () => CHUNK_BYTES,
    gate,
    stop,
  });
  const chunks: Chunk[] = [];
  let bytes = 0;
  let isPart = false;
  try {
    for await (const fed of feed.all()) {
      if (fed.kind === 'source-end') continue;
      const { chunk } = fed;
      if (chunk.refused !== undefined || chunk.to === chunk.from) {
        pool.give(chunk.slot);
        continue;
      }
      bytes += chunk.to - chunk.from;
      const last = chunks.at(-1);
      if (last !== undefined && last.to - last.from + chunk.to - chunk.from <= CHUNK_BYTES) {
        chunks[chunks.length - 1] = appended(last, chunk);
        pool.give(chunk.slot);
      } else {
        chunks.push(chunk);
      }
      isPart = bytes >= bytesMax || chunks.length >= count - 1;
      if (isPart) break;
    }
  } finally {
    await sources.close();
  }
  const taken = chunks.map(sampleChunk);
  const isRepeated = chunks.length === 1;
  const whole = isRepeated ? [repeated(chunks[0]!)] : chunks;
  const digest = createHash('sha256');
  const parts = whole.map(({ slot, from, to }) => slot.bytes.subarray(from, to));
  for (const part of parts) digest.update(part);
  const shared = isRepeated ? whole.map(sampleChunk) : taken;
  const lines = linesIn(shared);
  if (lines === 0) {
    throw new MillraceError('MILLRACE_NO_INPUT', 'there is no event in the input', {
      hint: 'name a file with events like those that the handler is for: --input access.ndjson',
    });
  }
  const source = specs[0]!.name;
  return {
    shared: { source, chunks: shared, lines },
    slots: pool.shared,
    wasm: pool.wasm,
    bytes,
    events: linesIn(taken),
    parts,
    isPart,
    digest: digest.digest('hex'),
  };
}

/** The chunk with the lines of another one behind its own: a last line without a newline, or a source's end, begins another one. */
function appended(chunk: Chunk, { slot, from, to }: Chunk): Chunk {
  chunk.slot.bytes.set(slot.bytes.subarray(from, to), chunk.to);
  return { ...chunk, to: chunk.to + to - from };
}

/** The chunk with its lines repeated as often as they go whole into one. */
function repeated(chunk: Chunk): Chunk {
  const { slot, from, to } = chunk;
  const length = to - from;
  const times = Math.max(1, Math.floor(CHUNK_BYTES / length));
  for (let time = 1; time < times; time++) slot.bytes.copyWithin(from + time * length, from, to);
  return { ...chunk, to: from + times * length };
}

function linesIn(chunks: readonly SampleChunk[]): number {
  return chunks.reduce((sum, { lines }) => sum + lines, 0);
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!isSpace(bytes[at]!)) return false;
  return true;
}

function sampleChunk({ slot, from, to, base }: Chunk): SampleChunk {
  const nextStarts: number[] = [];
  for (
    let at = slot.bytes.indexOf(NEWLINE, from);
    at >= 0 && at < to;
    at = slot.bytes.indexOf(NEWLINE, at + 1)
  ) {
    // What is no event goes with the one behind it.
    if (!isBlank(slot.bytes, nextStarts.at(-1) ?? from, at)) nextStarts.push(at + 1);
  }
  const shared = new SharedArrayBuffer(nextStarts.length * 4);
  new Int32Array(shared).set(nextStarts);
  return { slot: slot.index, base, from, lines: nextStarts.length, nextStarts: shared };
}
