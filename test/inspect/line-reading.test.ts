import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LINE_BYTES_MAX } from '../../src/base/limits.ts';
import { LineReading } from '../../src/inspect/line-reading.ts';
import { AT_START, type Source } from '../../src/source/contract.ts';

/** A source that gives `bytes` in pieces of these lengths, by turns, and is not readable at once before each. */
function sourceOf(bytes: Uint8Array, pieces: readonly number[]): Source {
  let at = 0;
  let turn = 0;
  let waits = false;
  return {
    start: AT_START,
    readable: () => {
      waits = !waits;
      return waits ? Promise.resolve() : undefined;
    },
    read: async into => {
      if (at === bytes.length) return 'end';
      const piece = bytes.subarray(at, at + Math.min(into.length, pieces[turn++ % pieces.length]!));
      into.set(piece);
      at += piece.length;
      return piece.length;
    },
    positions: async () => ({}),
    close: async () => undefined,
  };
}

/** The lines of `text`, read in `pieces`; those that are too long as their lengths. */
async function read(text: string | Uint8Array, pieces: readonly number[], most = 1e9) {
  const lines: (string | number)[] = [];
  await new LineReading(new AbortController().signal).read(sourceOf(Buffer.from(text), pieces), {
    lines: (bytes, from, to) => {
      expect(bytes[to - 1]).toBe(0x0a);
      lines.push(...bytes.toString('utf8', from, to - 1).split('\n'));
      return lines.length < most;
    },
    tooLong: length => {
      lines.push(length);
      return lines.length < most;
    },
  });
  return lines;
}

const MARK = '\uFEFF';

describe('LineReading', () => {
  test('gives the lines of a text, in whatever pieces it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('', 'a', 'bcd', '{"e":"é"}', MARK), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (lines, ends, pieces) => {
          fc.pre(pieces.some(length => length > 0));
          const text = `${lines.join('\n')}${ends ? '\n' : ''}`;
          const expected = text.replace(MARK, match => (text.startsWith(match) ? '' : match)).split('\n');
          if (text.endsWith('\n') || text === '') expected.pop();
          expect(await read(text, pieces)).toEqual(expected);
        },
      ),
    );
  });

  test('passes over lines that are too long, and knows how long they were', async () => {
    const most = 'm'.repeat(LINE_BYTES_MAX);
    for (const pieces of [[1e9], [65_536], [700_001, 3]]) {
      expect(await read(`a\n${most}\nb\n${most}${most}${most}x\nc\n`, pieces)).toEqual([
        'a',
        most,
        'b',
        3 * LINE_BYTES_MAX + 1,
        'c',
      ]);
      expect(await read(`${most}${most}${most}`, pieces)).toEqual([3 * LINE_BYTES_MAX]);
      expect(await read(`${MARK}${most}\n${most}${most}\n`, pieces)).toEqual([most, 2 * LINE_BYTES_MAX]);
    }
  });

  test('reads no further once enough was read', async () => {
    expect(await read('a\nb\nc\n', [2], 2)).toEqual(['a', 'b']);
  });

  test('ends when it is interrupted while it waits', async () => {
    const controller = new AbortController();
    const silent: Source = {
      ...sourceOf(new Uint8Array(0), [1]),
      readable: () => {
        queueMicrotask(() => controller.abort());
        return new Promise(() => undefined);
      },
    };
    const taker = { lines: () => true, tooLong: () => true };
    await expect(new LineReading(controller.signal).read(silent, taker)).resolves.toBeUndefined();
  });
});
