import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LineTable } from '../../src/kernel/line-table.ts';
import { linesOf } from '../../src/worker/lines.ts';
import type { BatchLines } from '../../src/worker/protocol.ts';
import { splitAt } from '../../src/worker/split-lines.ts';

const LANE = 1;

interface Chunk {
  readonly bytes: Buffer;
  readonly table: LineTable;
}

function chunkOf(lines: readonly (readonly [text: string, lane: number])[]): Chunk {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const [text] of lines) {
    starts.push(at);
    ends.push(at + text.length);
    at += text.length + 1;
  }
  return {
    bytes: Buffer.from(lines.map(([text]) => `${text}\n`).join('')),
    table: {
      starts: Int32Array.from(starts),
      ends: Int32Array.from(ends),
      lanes: Uint8Array.from(lines.map(([, lane]) => lane)),
      rows: new Int32Array(lines.length),
    },
  };
}

/** Starts of the lines that a batch has. */
function startsOf({ bytes, table }: Chunk, lines: BatchLines | undefined): number[] {
  if (lines === undefined) return [];
  const starts: number[] = [];
  for (const walk = linesOf(bytes, table, lines, 'ascii'); walk.next(); ) starts.push(walk.start);
  expect(starts).not.toEqual([]);
  return starts;
}

describe('splitAt', () => {
  test('takes one line out of a batch, and leaves those before and after in their order', () => {
    const someLines = fc.array(fc.tuple(fc.constantFrom('', '1', '{"a":1}'), fc.nat(2)), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(someLines, fc.boolean(), fc.nat(), (lines, listed, choice) => {
        const chunk = chunkOf(lines);
        const batch: BatchLines = listed
          ? { kind: 'listed', lane: LANE, from: 0, to: lines.length }
          : { kind: 'range', from: 0, to: chunk.bytes.length };
        fc.pre(!listed || lines.some(([, lane]) => lane === LANE));
        const all = startsOf(chunk, batch);
        const start = all[choice % all.length]!;
        const split = splitAt(batch, start, chunk.bytes, chunk.table);
        expect(startsOf(chunk, split.event)).toEqual([start]);
        expect(startsOf(chunk, split.before)).toEqual(all.filter(other => other < start));
        expect(startsOf(chunk, split.after)).toEqual(all.filter(other => other > start));
        expect(split.start).toBe(start);
        expect(split.end).toBe(chunk.bytes.indexOf(0x0a, start));
        if (listed) expect(chunk.table.starts[split.line]).toBe(start);
      }),
    );
  });
});
