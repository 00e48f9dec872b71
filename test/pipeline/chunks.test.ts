import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Gate } from '../../src/base/gate.ts';
import { CHUNK_BYTES, DEAD_EXCERPT_BYTES } from '../../src/base/limits.ts';
import { ChunkPool } from '../../src/pipeline/chunk-pool.ts';
import { slotBytesFor } from '../../src/pipeline/chunk.ts';
import { expectLines, FakeSource, linesOf, readAll, RereadSource } from './chunk-readings.ts';

const SHORT_LINES = ['', '1', '{"a":1}', '\r', ' ', 'x'.repeat(9), 'y'.repeat(30)];
const someInput = inputOf(...SHORT_LINES, 'z'.repeat(3000));

function inputOf(...lines: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(fc.constantFrom(...lines), { maxLength: 20 }), fc.boolean())
    .map(([some, finished]) => some.join('\n') + (finished && some.length > 0 ? '\n' : ''));
}

const somePieces = piecesOf(1, 2, 3, 7, 10, 11, 29, 31, 1000, CHUNK_BYTES);
/** For long lines: what is read again with every arrival should not take for ever. */
const someLargePieces = piecesOf(29, 31, 500, 1000, 2999, CHUNK_BYTES);

function piecesOf(...lengths: readonly number[]): fc.Arbitrary<number[]> {
  return fc.array(fc.constantFrom(...lengths), { minLength: 1, maxLength: 6 });
}

const someTurns = fc.array(fc.constantFrom(1, 2, 10, 31, 500, 4000, Infinity), {
  minLength: 1,
  maxLength: 4,
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
      limits === LONG_LIMITS ? someLargePieces : somePieces,
      fc.constantFrom(...limits),
      fc.boolean(),
      fc.constantFrom(FakeSource, RereadSource),
      someTurns,
      async (input, pieces, lineBytesMax, live, kind, turns) => {
        const source = new kind(Buffer.from(input), pieces, live);
        const { lines, end } = await readAll(source, pools.get(lineBytesMax)!, { lineBytesMax, turns });
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
      limits === LONG_LIMITS ? someLargePieces : somePieces,
      fc.nat(),
      fc.constantFrom(...limits),
      fc.boolean(),
      fc.constantFrom(FakeSource, RereadSource),
      someTurns,
      async (input, pieces, choice, lineBytesMax, live, kind, turns) => {
        const offset = choice % (input.length + 1);
        const start = { offset, line: 1, unfinished: true };
        const source = new kind(Buffer.from(input), pieces, live, start);
        const { lines, end } = await readAll(source, pools.get(lineBytesMax)!, { lineBytesMax, turns });
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
  test('gives all lines of its source, however the bytes and the turns come', () => allLines(LONG_LIMITS));

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
      fc.asyncProperty(
        inputOf(...SHORT_LINES),
        somePieces,
        fc.boolean(),
        someTurns,
        async (input, pieces, live, turns) => {
          const mark = '\xef\xbb\xbf';
          const bytes = Buffer.from(`${mark}${input}\n${mark}5\n`, 'latin1');
          const source = new RereadSource(bytes, pieces, live);
          const { lines } = await readAll(source, pools.get(5000)!, { lineBytesMax: 5000, turns });
          expectLines(lines, linesOf(bytes.toString('latin1'), 3), 5000);
        },
      ),
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
});
