import { isAscii, isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LineTable } from '../../src/kernel/line-table.ts';
import { linesOf } from '../../src/worker/lines.ts';
import type { BatchLines, TextKind } from '../../src/worker/protocol.ts';

interface Seen {
  readonly start: number;
  readonly end: number;
  readonly text: string | undefined;
}

interface Expected extends Seen {
  readonly lane: number;
}

function kindOf(bytes: Uint8Array): TextKind {
  if (isAscii(bytes)) return 'ascii';
  return isUtf8(bytes) ? 'utf8' : 'bytes';
}

/** All kinds that are true of `bytes`: a chunk may be described less exactly than it could be. */
function kindsOf(bytes: Uint8Array): TextKind[] {
  return (['ascii', 'utf8', 'bytes'] as const).slice(['ascii', 'utf8', 'bytes'].indexOf(kindOf(bytes)));
}

function see(
  bytes: Buffer,
  table: LineTable,
  lines: BatchLines,
  kind: TextKind,
  skip: (at: number) => boolean,
): Seen[] {
  const seen: Seen[] = [];
  const walk = linesOf(bytes, table, lines, kind);
  for (let at = 0; walk.next(); at++) {
    const { start, end } = walk;
    if (lines.kind === 'listed')
      expect([table.starts[walk.line], table.ends[walk.line]]).toEqual([start, end]);
    // Blank lines and those that are too long are never asked for their text.
    seen.push({ start, end, text: skip(at) ? undefined : walk.text() });
  }
  expect(walk.next()).toBe(false);
  return seen;
}

const someText = fc.oneof(
  fc.constantFrom('', ' ', '{"a":1}', 'x'.repeat(40_000), 'y'.repeat(70_000)).map(text => Buffer.from(text)),
  fc.constantFrom('é', '€'.repeat(30_000)).map(text => Buffer.from(text)),
  fc.constant(Buffer.from([0xff, 0x41])),
);
const someAscii = fc
  .constantFrom('', ' ', '{"a":1}', 'x'.repeat(40_000), 'y'.repeat(65_535), 'z'.repeat(65_536))
  .map(text => Buffer.from(text));
const someLines = fc.oneof(
  fc.array(fc.tuple(someText, fc.nat(2)), { maxLength: 10 }),
  fc.array(fc.tuple(someAscii, fc.nat(2)), { maxLength: 10 }),
);

describe('linesOf', () => {
  test('gives every line of a range, and every line that a lane has, with its bounds and its text', () => {
    fc.assert(
      fc.property(
        someLines,
        fc.constantFrom(0, 5),
        fc.nat(3),
        fc.boolean(),
        (lines, before, first, skipping) => {
          const bytes = Buffer.concat([
            Buffer.alloc(before, 'q'),
            ...lines.flatMap(([text]) => [text, Buffer.from('\n')]),
            Buffer.from('behind the chunk\n'),
          ]);
          const expected: Expected[] = [];
          let at = before;
          for (const [text, lane] of lines) {
            const end = at + text.length;
            expected.push({ start: at, end, text: isUtf8(text) ? text.toString() : undefined, lane });
            at = end + 1;
          }
          const table = {
            starts: Int32Array.from([...expected.map(({ start }) => start), 999]),
            ends: Int32Array.from([...expected.map(({ end }) => end), 999]),
            lanes: Uint8Array.from([...expected.map(({ lane }) => lane), 0]),
            rows: new Int32Array(lines.length + 1),
          } satisfies LineTable;
          const skip = (index: number): boolean => skipping && index % 2 === 0;
          const wanted = (of: readonly Expected[]): Seen[] =>
            of.map(({ start, end, text }, index) => ({ start, end, text: skip(index) ? undefined : text }));
          for (const kind of kindsOf(bytes.subarray(before, at))) {
            expect(see(bytes, table, { kind: 'range', from: before, to: at }, kind, skip)).toEqual(
              wanted(expected),
            );
            for (const lane of [0, 1, 2]) {
              const from = Math.min(first, lines.length);
              const own = expected.slice(from).filter(line => line.lane === lane);
              expect(see(bytes, table, { kind: 'listed', lane, from, to: lines.length }, kind, skip)).toEqual(
                wanted(own),
              );
            }
          }
        },
      ),
    );
  });
});
