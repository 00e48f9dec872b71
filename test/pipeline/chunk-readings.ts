import { expect } from 'vitest';
import { Gate } from '../../src/base/gate.ts';
import { CHUNK_BYTES, DEAD_EXCERPT_BYTES } from '../../src/base/limits.ts';
import type { ChunkPool } from '../../src/pipeline/chunk-pool.ts';
import type { Chunk } from '../../src/pipeline/chunk.ts';
import { ChunkReader, type ChunkReaderOptions } from '../../src/pipeline/chunks.ts';
import { AT_START, type Reached, type Source } from '../../src/source/contract.ts';

/** Reads made-up sources to their end, and says which lines they must give. */

/**
 * Gives `bytes` in reads of the lengths that `pieces` tells, over and over. Where it is live, they arrive in these lengths,
 * or in others that it is told, and between two arrivals it has nothing to give.
 */
export class FakeSource implements Source {
  readonly start: Reached;
  reads = 0;
  protected at: number;
  readonly #bytes: Uint8Array;
  readonly #pieces: readonly number[];
  readonly #arrivals: readonly number[];
  #arrived = 0;
  #arrivedTo: number;
  /** Up to where it was read, though the bytes may have been taken back since. */
  #seenTo: number;
  #hasEnd: boolean;
  #waiting: Promise<void> | undefined;

  constructor(
    bytes: Uint8Array,
    pieces: readonly number[],
    live: boolean | readonly number[] = false,
    start: Reached = AT_START,
  ) {
    this.#bytes = bytes;
    this.#pieces = pieces;
    this.#arrivals = Array.isArray(live) ? live : pieces;
    this.#hasEnd = live === false;
    this.#arrivedTo = live !== false ? start.offset : bytes.length;
    this.start = start;
    this.at = start.offset;
    this.#seenTo = start.offset;
  }

  readable(): Promise<void> | undefined {
    if (this.#hasEnd || this.#seenTo < this.#arrivedTo) return undefined;
    this.#waiting ??= new Promise<void>(resolve => {
      setImmediate(() => {
        this.#arrive();
        this.#waiting = undefined;
        resolve();
      });
    });
    return this.#waiting;
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    expect(into.length).toBeGreaterThan(0);
    const wanted = this.#pieces[this.reads++ % this.#pieces.length]!;
    const to = Math.min(this.at + wanted, this.at + into.length, this.#arrivedTo);
    if (to === this.at) return this.#hasEnd ? 'end' : 0;
    const piece = this.#bytes.subarray(this.at, to);
    into.set(piece);
    this.at = to;
    this.#seenTo = Math.max(this.#seenTo, to);
    return piece.length;
  }

  async positions(): Promise<never> {
    throw new Error('not asked for');
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  #arrive(): void {
    if (this.#arrivedTo === this.#bytes.length) this.#hasEnd = true;
    const piece = this.#arrivals[this.#arrived++ % this.#arrivals.length]!;
    this.#arrivedTo = Math.min(this.#bytes.length, this.#arrivedTo + piece);
  }
}

/** Can be read again. */
export class RereadSource extends FakeSource {
  unread(bytes: number): void {
    expect(bytes).toBeGreaterThan(0);
    this.at -= bytes;
    expect(this.at).toBeGreaterThanOrEqual(this.start.offset);
  }
}

/** A line as the reader gives it: whole, or refused with what is known of it. */
export interface Line {
  readonly offset: number;
  readonly text: string;
  readonly refused?: string;
  readonly lengthBytes?: number;
}

export interface Reading {
  readonly lines: Line[];
  readonly end: Reached | undefined;
}

export interface ReadOptions extends Partial<ChunkReaderOptions> {
  readonly lineBytesMax: number;
  /** The bytes of each turn, over and over. */
  readonly turns?: readonly number[];
}

export function readerOf(source: Source, pool: ChunkPool, options: ReadOptions): ChunkReader {
  const gate = new Gate();
  const free = { stopped: () => false, hasRoom: () => true, chunkBytes: () => CHUNK_BYTES };
  return new ChunkReader(source, pool, { ...free, gate, ...options });
}

/** Reads `source` to its end, or until it is stopped; the lines of its chunks are gathered, or left to `onChunk`. */
export async function readAll(
  source: Source,
  pool: ChunkPool,
  options: ReadOptions,
  onChunk?: (chunk: Chunk) => void,
): Promise<Reading> {
  const { turns = [Infinity], stopped = () => false } = options;
  const reader = readerOf(source, pool, options);
  const lines: Line[] = [];
  let end: Reached | undefined;
  for (let turn = 0; !reader.ended && !stopped(); turn++) {
    await source.readable();
    for await (const chunk of reader.turn(turns[turn % turns.length]!)) {
      onChunk?.(chunk);
      if (onChunk === undefined) lines.push(...linesIn(chunk));
      end = { offset: chunk.endOffset, line: 0, unfinished: chunk.unfinished };
      pool.give(chunk.slot);
    }
    expectAllFree(pool);
  }
  return { lines, end };
}

/** That nobody holds a slot. */
export function expectAllFree(pool: ChunkPool): void {
  for (const slot of pool.shared.map(() => pool.takeFree())) pool.give(slot);
}

export function linesIn({ slot, from, to, base, refused }: Chunk): Line[] {
  if (refused !== undefined) {
    const { offset, excerpt, reason, lengthBytes } = refused;
    return [{ offset, text: Buffer.from(excerpt).toString('latin1'), refused: reason, lengthBytes }];
  }
  const lines: Line[] = [];
  for (let at = from; at < to; ) {
    const end = slot.bytes.indexOf(0x0a, at);
    expect(end).toBeLessThan(to);
    lines.push({ offset: base + at, text: Buffer.from(slot.bytes.subarray(at, end)).toString('latin1') });
    at = end + 1;
  }
  return lines;
}

/** The lines of `input` from `offset` on, cut by a program that has all of it. */
export function linesOf(input: string, offset = 0): Line[] {
  const texts = input.slice(offset).split('\n');
  if (texts.at(-1) === '') texts.pop();
  let at = offset;
  return texts.map(text => {
    const line = { offset: at, text };
    at += text.length + 1;
    return line;
  });
}

/** A line that was refused for its length, where the input has the same line, is as good as the line itself. */
export function expectLines(found: readonly Line[], expected: readonly Line[], lineBytesMax: number): void {
  expect(found.map(({ offset }) => offset)).toEqual(expected.map(({ offset }) => offset));
  for (const [at, { text, refused, lengthBytes }] of found.entries()) {
    const whole = expected[at]!.text;
    if (refused === undefined) {
      expect(text).toBe(whole);
    } else {
      expect(refused).toBe('line-too-long');
      expect(whole.length).toBeGreaterThan(lineBytesMax);
      expect(lengthBytes).toBe(whole.length);
      expect(text).toBe(whole.slice(0, DEAD_EXCERPT_BYTES));
    }
  }
}
