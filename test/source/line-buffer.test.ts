import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countLines, LineBuffer } from '../../src/source/line-buffer.ts';

/** Text of short lines, cut into pieces anywhere. */
const lines = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'b', 'ü'), maxLength: 12 }).map(text => `${text}\n`),
  { maxLength: 30 },
);
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 40 });

function piecesOf(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...at.filter(cut => cut < bytes.length), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

function takeAll(buffer: LineBuffer, pieceBytes = 1000): Buffer {
  const pieces: Buffer[] = [];
  for (;;) {
    const into = Buffer.alloc(pieceBytes);
    const taken = buffer.take(into);
    if (taken === 0) return Buffer.concat(pieces);
    pieces.push(into.subarray(0, taken));
  }
}

describe('a line buffer', () => {
  test('gives the whole lines as they came, in whatever pieces they come and are taken', () => {
    fc.assert(
      fc.property(
        lines,
        fc.string({ unit: fc.constantFrom('x', 'y'), maxLength: 9 }),
        cuts,
        fc.array(fc.nat({ max: 40 })),
        (whole, rest, at, takes) => {
          const text = Buffer.from(whole.join('') + rest);
          const buffer = new LineBuffer(100);
          const taken: Buffer[] = [];
          for (const piece of piecesOf(text, at)) {
            buffer.add(piece);
            const into = Buffer.alloc(takes.shift() ?? 0);
            taken.push(into.subarray(0, buffer.take(into)));
          }
          taken.push(takeAll(buffer, 7));
          expect(Buffer.concat(taken).toString()).toBe(whole.join(''));
          expect(buffer.wholeBytes).toBe(0);
          expect(buffer.partialBytes).toBe(rest.length);
          buffer.end();
          expect(takeAll(buffer).toString()).toBe(rest === '' ? '' : `${rest}\n`);
        },
      ),
    );
  });

  test('gives no more than to the end of the first line where that is asked for', () => {
    fc.assert(
      fc.property(lines, cuts, fc.integer({ min: 1, max: 20 }), (whole, at, pieceBytes) => {
        const buffer = new LineBuffer(100);
        for (const piece of piecesOf(Buffer.from(whole.join('')), at)) buffer.add(piece);
        for (const line of whole) {
          const length = Buffer.byteLength(line);
          const bytes = Buffer.alloc(length);
          for (let filled = 0; filled < length; ) {
            const into = Buffer.alloc(pieceBytes);
            const taken = buffer.take(into, true);
            into.copy(bytes, filled, 0, taken);
            filled += taken;
            expect(filled).toBeLessThanOrEqual(length);
          }
          expect(bytes.toString()).toBe(line);
        }
        expect(buffer.wholeBytes).toBe(0);
      }),
    );
  });

  test('skips whole lines, and drops all but the rest of one that was cut', () => {
    fc.assert(
      fc.property(lines, cuts, fc.nat({ max: 35 }), fc.nat({ max: 60 }), (whole, at, skip, take) => {
        const buffer = new LineBuffer(100);
        for (const piece of piecesOf(Buffer.from(`${whole.join('')}rest`), at)) buffer.add(piece);
        expect(buffer.skip(skip)).toBe(Math.min(skip, whole.length));
        const left = Buffer.from(whole.slice(skip).join(''));
        const into = Buffer.alloc(take);
        const taken = buffer.take(into);
        expect(into.subarray(0, taken)).toEqual(left.subarray(0, taken));
        buffer.dropWhole();
        const isCut = taken > 0 && into[taken - 1] !== 0x0a;
        const lineEnd = left.indexOf('\n', taken) + 1;
        expect(takeAll(buffer)).toEqual(isCut ? left.subarray(taken, lineEnd) : Buffer.alloc(0));
        expect(buffer.partialBytes).toBe(4);
        buffer.add(Buffer.from('!\n'));
        expect(takeAll(buffer).toString()).toBe('rest!\n');
      }),
    );
  });

  test('keeps of a line that is too long one byte more than is allowed, and all of the next', () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 20_000 }), cuts, (length, at) => {
        const buffer = new LineBuffer(10);
        let most = 0;
        for (const piece of piecesOf(Buffer.from('x'.repeat(length)), [...at, 1, 2, 3])) {
          buffer.add(piece);
          most = Math.max(most, buffer.partialBytes);
        }
        expect(most).toBe(11);
        buffer.add(Buffer.from('y\nnext\n'));
        expect(takeAll(buffer).toString()).toBe(`${'x'.repeat(11)}\nnext\n`);
      }),
    );
  });

  test('copies a small piece, so that what it came with can be given up', () => {
    const buffer = new LineBuffer(1e6);
    const large = Buffer.alloc(65_536, 'a');
    large[10] = 0x0a;
    buffer.add(large.subarray(0, 15));
    buffer.add(large.subarray(20, 10_000));
    large.fill('?');
    buffer.add(Buffer.from('\n'));
    expect(takeAll(buffer).toString()).toBe(`${'a'.repeat(10)}\n${'a'.repeat(4 + 9980)}\n`);
  });

  test('counts the lines that end in some bytes', () => {
    fc.assert(
      fc.property(lines, whole => {
        expect(countLines(Buffer.from(`${whole.join('')}x`))).toBe(whole.length);
      }),
    );
  });
});
