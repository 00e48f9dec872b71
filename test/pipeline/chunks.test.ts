import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Gate } from '../../src/base/gate.ts';
import { CHUNK_BYTES, DEAD_EXCERPT_BYTES } from '../../src/base/limits.ts';
import { ChunkPool } from '../../src/pipeline/chunk-pool.ts';
import { type Chunk, ChunkReader, type ChunkReaderOptions, slotBytesFor } from '../../src/pipeline/chunks.ts';
import type { Reached, Source } from '../../src/source/contract.ts';

/** Gives `bytes` in pieces of the lengths that `pieces` tells, over and over, and waits between two where it is live. */
class FakeSource implements Source {
  readonly start: Reached;
  readonly #bytes: Uint8Array;
  readonly #pieces: readonly number[];
  readonly #live: boolean;
  reads = 0;
  #at: number;
  #hasMore = true;
  #waiting: Promise<void> | undefined;

  constructor(
    bytes: Uint8Array,
    pieces: readonly number[],
    live = false,
    start: Reached = { offset: 0, line: 0, unfinished: false },
  ) {
    this.#bytes = bytes;
    this.#pieces = pieces;
    this.#live = live;
    this.start = start;
    this.#at = start.offset;
  }

  readable(): Promise<void> | undefined {
    if (!this.#live || this.#hasMore) return undefined;
    this.#waiting ??= new Promise<void>(resolve => {
      setImmediate(() => {
        this.#hasMore = true;
        this.#waiting = undefined;
        resolve();
      });
    });
    return this.#waiting;
  }

  async read(into: Uint8Array): Promise<number> {
    expect(into.length).toBeGreaterThan(0);
    const wanted = this.#pieces[this.reads++ % this.#pieces.length]!;
    const piece = this.#bytes.subarray(this.#at, this.#at + Math.min(wanted, into.length));
    into.set(piece);
    this.#at += piece.length;
    this.#hasMore = false;
    return piece.length;
  }

  position(): never {
    throw new Error('not asked for');
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

/** A line as the reader gives it: whole, or refused with what is known of it. */
interface Line {
  readonly offset: number;
  readonly text: string;
  readonly refused?: string;
  readonly lengthBytes?: number;
}

interface Reading {
  readonly lines: Line[];
  readonly end: Reached | undefined;
}

type Options = Partial<ChunkReaderOptions> & { readonly lineBytesMax: number };

/** Reads `source` to its end; the lines of its chunks are gathered, or left to `onChunk`. */
async function readAll(
  source: Source,
  pool: ChunkPool,
  options: Options,
  onChunk?: (chunk: Chunk) => void,
): Promise<Reading> {
  const reader = new ChunkReader(source, pool, {
    takeRest: true,
    stopped: () => false,
    hasRoom: () => true,
    gate: new Gate(),
    ...options,
  });
  const lines: Line[] = [];
  let end: Reached | undefined;
  for await (const chunk of reader.chunks()) {
    onChunk?.(chunk);
    if (onChunk === undefined) lines.push(...linesIn(chunk));
    end = { offset: chunk.endOffset, line: 0, unfinished: chunk.unfinished };
    pool.give(chunk.slot);
  }
  return { lines, end };
}

function linesIn({ slot, from, to, base, refused }: Chunk): Line[] {
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
function linesOf(input: string, offset = 0): Line[] {
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
function expectLines(found: readonly Line[], expected: readonly Line[], lineBytesMax: number): void {
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

const someInput = fc
  .tuple(
    fc.array(
      fc.constantFrom('', '1', '{"a":1}', '\r', ' ', 'x'.repeat(9), 'y'.repeat(30), 'z'.repeat(3000)),
      { maxLength: 20 },
    ),
    fc.boolean(),
  )
  .map(([lines, finished]) => lines.join('\n') + (finished && lines.length > 0 ? '\n' : ''));
const somePieces = fc.array(fc.constantFrom(1, 2, 3, 7, 10, 11, 29, 31, 1000, CHUNK_BYTES), {
  minLength: 1,
  maxLength: 6,
});
/** Some are shorter than the excerpt of a refused line. */
const SHORT_LIMITS = [1, 9, 10, 30];
const LONG_LIMITS = [2999, 3000, 5000];
const LINE_LIMITS = [...SHORT_LIMITS, ...LONG_LIMITS];
/** One for each limit, and used again and again, so that slots hold what was there before. */
const pools = new Map(LINE_LIMITS.map(limit => [limit, new ChunkPool(3, slotBytesFor(limit), 1)]));

/** That a reader gives all lines of its source, for any of these limits. */
function allLines(limits: readonly number[]): Promise<void> {
  return fc.assert(
    fc.asyncProperty(
      someInput,
      somePieces,
      fc.constantFrom(...limits),
      fc.boolean(),
      async (input, pieces, lineBytesMax, live) => {
        const source = new FakeSource(Buffer.from(input), pieces, live);
        const { lines, end } = await readAll(source, pools.get(lineBytesMax)!, { lineBytesMax });
        expectLines(lines, linesOf(input), lineBytesMax);
        if (input !== '')
          expect(end).toMatchObject({ offset: input.length, unfinished: !input.endsWith('\n') });
      },
    ),
    { numRuns: 300 },
  );
}

/** That a reader takes what follows an unfinished line for its rest, for any of these limits. */
function restOfLine(limits: readonly number[]): Promise<void> {
  return fc.assert(
    fc.asyncProperty(
      someInput,
      somePieces,
      fc.nat(),
      fc.constantFrom(...limits),
      async (input, pieces, choice, lineBytesMax) => {
        const offset = choice % (input.length + 1);
        const source = new FakeSource(Buffer.from(input), pieces, false, {
          offset,
          line: 1,
          unfinished: true,
        });
        const { lines, end } = await readAll(source, pools.get(lineBytesMax)!, { lineBytesMax });
        const [rest, ...others] = linesOf(input, offset);
        const [first] = lines;
        if (rest === undefined) {
          expect(lines).toEqual([]);
          return;
        }
        if (first?.refused === 'line-continued') {
          expect(first).toMatchObject({
            offset,
            lengthBytes: rest.text.length,
            text: rest.text.slice(0, DEAD_EXCERPT_BYTES),
          });
          expectLines(lines.slice(1), others, lineBytesMax);
        } else {
          expect(rest.text.trim()).toBe('');
          expectLines(lines, others, lineBytesMax);
        }
        expect(end).toMatchObject({ offset: input.length, unfinished: !input.endsWith('\n') });
      },
    ),
    { numRuns: 300 },
  );
}

describe('ChunkReader', () => {
  test('gives all lines of its source, however the bytes come', () => allLines(LONG_LIMITS));

  test('gives all lines of its source, however short a line must be', () => allLines(SHORT_LIMITS));

  test('takes what follows an unfinished line for its rest, and lets no handler see it', () =>
    restOfLine(LONG_LIMITS));

  test('takes what follows an unfinished line for its rest, however short a line must be', () =>
    restOfLine(SHORT_LIMITS));

  test('goes on from any line end as if it had never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(someInput, somePieces, fc.nat(), async (input, pieces, choice) => {
        const ends = [0, ...[...input.matchAll(/\n/g)].map(({ index }) => index + 1)];
        const offset = ends[choice % ends.length]!;
        const source = new FakeSource(Buffer.from(input), pieces, false, {
          offset,
          line: 0,
          unfinished: false,
        });
        const { lines } = await readAll(source, pools.get(5000)!, { lineBytesMax: 5000 });
        expectLines(lines, linesOf(input, offset), 5000);
      }),
    );
  });

  test('leaves a byte order mark out at the start of a source, and nowhere else', async () => {
    await fc.assert(
      fc.asyncProperty(someInput, somePieces, fc.boolean(), async (input, pieces, live) => {
        const mark = '\xef\xbb\xbf';
        const bytes = Buffer.from(`${mark}${input}\n${mark}5\n`, 'latin1');
        const { lines } = await readAll(new FakeSource(bytes, pieces, live), pools.get(5000)!, {
          lineBytesMax: 5000,
        });
        expectLines(lines, linesOf(bytes.toString('latin1'), 3), 5000);
      }),
    );
  });

  test('has no mark to leave out where it goes on in the middle of a source', async () => {
    const bytes = Buffer.from('1\n\xef\xbb\xbf2\n', 'latin1');
    const source = new FakeSource(bytes, [100], false, { offset: 2, line: 1, unfinished: false });
    const { lines } = await readAll(source, pools.get(5000)!, { lineBytesMax: 5000 });
    expect(lines).toEqual([{ offset: 2, text: '\xef\xbb\xbf2' }]);
  });

  test('counts the length of a first line without its byte order mark, however the bytes come', async () => {
    const bytes = Buffer.from('\xef\xbb\xbf12345678\n', 'latin1');
    for (const pieces of [[100], [10]]) {
      const { lines } = await readAll(new FakeSource(bytes, pieces), pools.get(9)!, { lineBytesMax: 9 });
      expect(lines).toEqual([{ offset: 3, text: '12345678' }]);
    }
  });

  test('says of a blank line that it is blank, however long it is and however the bytes come', async () => {
    const bytes = Buffer.from(`${' '.repeat(12)}\n1\n`);
    const read = async (piece: number) =>
      (await readAll(new FakeSource(bytes, [piece]), pools.get(9)!, { lineBytesMax: 9 })).lines;
    // In one piece the line is passed on, and the worker sees that it is blank.
    expect((await read(100))[0]).toEqual({ offset: 0, text: ' '.repeat(12) });
    expect((await read(5))[0]).toMatchObject({ offset: 0, refused: 'blank', lengthBytes: 12 });
  });

  test('keeps no more of a line in memory than a slot holds, however long it is', async () => {
    const length = 5 * CHUNK_BYTES + 123;
    const bytes = Buffer.concat([Buffer.from('1\n'), Buffer.alloc(length, 'x'), Buffer.from('\n2')]);
    const pool = new ChunkPool(2, slotBytesFor(100), 1);
    const { lines } = await readAll(new FakeSource(bytes, [CHUNK_BYTES]), pool, { lineBytesMax: 100 });
    expect(lines.map(({ text, refused, lengthBytes }) => [text.slice(0, 3), refused, lengthBytes])).toEqual([
      ['1', undefined, undefined],
      ['xxx', 'line-too-long', length],
      ['2', undefined, undefined],
    ]);
  });

  test('takes a line of exactly the longest length, as large as a chunk or larger', async () => {
    for (const lineBytesMax of [CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 5]) {
      const pool = new ChunkPool(2, slotBytesFor(lineBytesMax), 1);
      const longest = Buffer.alloc(lineBytesMax, 'x');
      const bytes = Buffer.concat([longest, Buffer.from('\n'), longest, Buffer.from('\n'), longest]);
      const { lines } = await readAll(new FakeSource(bytes, [CHUNK_BYTES, 77_777]), pool, { lineBytesMax });
      expect(lines.map(({ text, refused }) => [text.length, refused])).toEqual(
        Array.from({ length: 3 }, () => [lineBytesMax, undefined]),
      );
    }
  });

  test('has no more lines in a chunk than a table holds', async () => {
    const bytes = Buffer.alloc(4 * CHUNK_BYTES, '\n');
    const gate = new Gate();
    let chunks = 0;
    // Room only after a while: what comes meanwhile is gathered into one chunk.
    const hasRoom = (): boolean => {
      setImmediate(gate.open);
      return chunks++ % 3 === 2;
    };
    let lines = 0;
    const pool = new ChunkPool(2, slotBytesFor(CHUNK_BYTES), 1);
    await readAll(
      new FakeSource(bytes, [77_777, CHUNK_BYTES]),
      pool,
      { lineBytesMax: CHUNK_BYTES, gate, hasRoom },
      ({ from, to, slot }) => {
        expect(to - from).toBeLessThanOrEqual(slot.table.starts.length);
        lines += to - from;
      },
    );
    expect(lines).toBe(bytes.length);
  });

  test('gathers what a live source brings while no lane has room, and passes it on as soon as one has', async () => {
    const gate = new Gate();
    let room = false;
    const source = new FakeSource(Buffer.from('1\n2\n3\n4\n'), [2], true);
    const chunks: number[] = [];
    const reading = readAll(
      source,
      pools.get(10)!,
      { lineBytesMax: 10, gate, hasRoom: () => room },
      ({ from, to }) => {
        chunks.push((to - from) / 2);
      },
    );
    while (source.reads < 3) await new Promise(setImmediate);
    expect(chunks).toEqual([]);
    room = true;
    gate.open();
    await reading;
    expect(chunks[0]).toBeGreaterThanOrEqual(3);
    expect(chunks.reduce((sum, lines) => sum + lines, 0)).toBe(4);
  });

  test('that is stopped leaves an unfinished line to the next run, or takes it where it cannot be read again', async () => {
    for (const takeRest of [false, true]) {
      let stopped = false;
      const gate = new Gate();
      const source = new FakeSource(Buffer.from('1\n2\n3 and more\n'), [5], false);
      const lines: Line[] = [];
      const options = { lineBytesMax: 30, takeRest, gate, stopped: () => stopped };
      const { end } = await readAll(source, pools.get(30)!, options, chunk => {
        lines.push(...linesIn(chunk));
        stopped = true;
      });
      expect(lines.map(({ text }) => text)).toEqual(takeRest ? ['1', '2', '3'] : ['1', '2']);
      expect(end).toMatchObject({ offset: takeRest ? 5 : 4, unfinished: takeRest });
    }
  });

  test('that is stopped in the middle of an endless line gives it up where it can be read again', async () => {
    let reads = 0;
    const source = new FakeSource(Buffer.alloc(100_000, 'x'), [10], false);
    const { lines } = await readAll(source, pools.get(9)!, {
      lineBytesMax: 9,
      takeRest: false,
      stopped: () => reads++ > 20,
    });
    expect(lines).toEqual([]);
  });

  test('gives its slot back when its source fails, and when nobody wants more', async () => {
    const pool = new ChunkPool(2, slotBytesFor(10), 1);
    const failing = new FakeSource(Buffer.from('1\n'), [2]);
    failing.read = () => Promise.reject(new Error('broken'));
    await expect(readAll(failing, pool, { lineBytesMax: 10 })).rejects.toThrow('broken');
    const reader = new ChunkReader(new FakeSource(Buffer.from('1\n2\n'), [2]), pool, {
      lineBytesMax: 10,
      takeRest: false,
      stopped: () => false,
      hasRoom: () => true,
      gate: new Gate(),
    });
    for await (const chunk of reader.chunks()) {
      pool.give(chunk.slot);
      break;
    }
    const slots = [await pool.take(), await pool.take()];
    expect(new Set(slots).size).toBe(2);
  });
});
