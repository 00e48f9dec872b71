import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLANK, LineTable } from '../../src/kernel/line-table.ts';
import { parsePath } from '../../src/kernel/path.ts';
import { PathScanner, ValueKind } from '../../src/kernel/scan.ts';
import { allocateSlots } from '../../src/kernel/slot-memory.ts';
import { Assigner } from '../../src/partition/assigner.ts';
import { groupOfHash } from '../../src/partition/key-groups.ts';
import { murmur2 } from '../../src/partition/murmur2.ts';

/** Both engines on the same bytes: the WebAssembly one in shared memory, the plain one beside it. */

const SLOT_BYTES = 64 * 1024;
const LINES = 4096;
const { slots, memory } = allocateSlots(2, SLOT_BYTES, LINES);

function slotWith(index: number, text: string) {
  const shared = slots[index]!;
  const bytes = new Uint8Array(shared.buffer, shared.bytesAt, shared.bytesLength);
  bytes.fill(0x5a);
  bytes.set(Buffer.from(text, 'utf8'));
  return { shared, bytes, table: new LineTable(shared) };
}

function assigned(path: string, lanes: number, text: string, engine: 'wasm' | 'plain') {
  const assigner = new Assigner(parsePath(path), lanes, engine === 'wasm' ? memory : undefined);
  // Settles which group is whose in both in the same way, and brings the module in.
  assigner.assign(slotWith(0, '{"a":"first","b":{"c":"first"}}\n'), 0, 32);
  const slot = slotWith(1, text);
  const count = assigner.assign(slot, 0, Buffer.byteLength(text));
  const { starts, ends, lanes: laneOf } = slot.table;
  return {
    count,
    starts: [...starts.subarray(0, count)],
    ends: [...ends.subarray(0, count)],
    lanes: [...laneOf.subarray(0, count)],
    laneBytes: [...assigner.laneBytes],
    keyed: keyedLanes(path, slot, count),
  };
}

/** The lanes of the lines that have a key; any lane may have the others. */
function keyedLanes(path: string, slot: ReturnType<typeof slotWith>, count: number): (number | undefined)[] {
  const scanner = new PathScanner(parsePath(path));
  return Array.from({ length: count }, (_, line) => {
    scanner.scanLine(slot.bytes, slot.table.starts[line]!);
    return scanner.kind === ValueKind.none ? undefined : slot.table.lanes[line];
  });
}

const names = fc.constantFrom(
  '"a"',
  '"b"',
  '"c"',
  '"\\u0061"',
  '"\\u0062"',
  '"ab"',
  '""',
  '"long enough to be read in two steps"',
);
const scalars = fc.oneof(
  fc.constantFrom(
    'null',
    'true',
    '0',
    '-1.5e3',
    '9223372036854775807',
    '""',
    '"x"',
    '"\\\\"',
    '"\\""',
    '"\\u0041"',
    '"{[,:]}"',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map(text => JSON.stringify(text)),
);
const space = fc.constantFrom('', '', '', ' ', '\t', '\r', '  ');
const documents = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc
      .array(fc.tuple(space, names, space, tie('value'), space), { maxLength: 5 })
      .map(members => `{${members.map(([s, n, t, v, u]) => `${s}${n}${t}:${s}${v}${u}`).join(',')}}`),
    fc
      .array(fc.tuple(space, tie('value')), { maxLength: 4 })
      .map(items => `[${items.map(item => item.join('')).join(',')}]`),
  ),
})).value;
const validLines = fc.array(
  fc.tuple(space, documents, space).map(parts => parts.join('')),
  { minLength: 1, maxLength: 12 },
);
/** Lines with a piece cut out or put in somewhere, which may no longer be JSON. */
const damagedLines = fc
  .tuple(
    validLines,
    fc.nat(),
    fc.nat(20),
    fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '\n', '\u0000', '"\\'),
  )
  .map(([lines, at, length, piece]) => {
    const text = lines.join('\n');
    const from = at % (text.length + 1);
    return (text.slice(0, from) + piece + text.slice(from + length)).split('\n');
  });
const paths = fc.constantFrom('a', 'b.c', 'a.b.c', '/long enough to be read in two steps', 'a.0', 'ab');

function group(text: string): number {
  return groupOfHash(murmur2(Buffer.from(text)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('Assigner', () => {
  it('gives lines with a key the same lanes with the WebAssembly engine as with the plain one', () => {
    expect(memory).toBeDefined();
    fc.assert(
      fc.property(validLines, paths, fc.integer({ min: 1, max: 9 }), (lines, path, lanes) => {
        const text = `${lines.join('\n')}\n`;
        fc.pre(Buffer.byteLength(text) < SLOT_BYTES);
        const wasm = assigned(path, lanes, text, 'wasm');
        const plain = assigned(path, lanes, text, 'plain');
        expect([wasm.starts, wasm.ends, wasm.keyed]).toEqual([plain.starts, plain.ends, plain.keyed]);
        expect(sum(wasm.laneBytes)).toBe(sum(plain.laneBytes));
      }),
      { numRuns: 3000 },
    );
  });

  it('finds the same lines in text that is not JSON, and leaves no line out', () => {
    fc.assert(
      fc.property(damagedLines, paths, (lines, path) => {
        const text = `${lines.join('\n')}\n`;
        fc.pre(Buffer.byteLength(text) < SLOT_BYTES);
        const wasm = assigned(path, 3, text, 'wasm');
        const plain = assigned(path, 3, text, 'plain');
        expect([wasm.count, wasm.starts, wasm.ends]).toEqual([plain.count, plain.starts, plain.ends]);
        expect(wasm.count).toBe(text.split('\n').length - 1);
        expect(wasm.lanes.map(lane => lane === BLANK)).toEqual(plain.lanes.map(lane => lane === BLANK));
        for (const lane of wasm.lanes) expect(lane < 3 || lane === BLANK).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('gives lines of one key to one lane, by murmur2 of the key, however the key is spelt', () => {
    const lines = [
      '{"a":"key"}',
      '{ "a" : "\\u006bey" }',
      '{"a":1,"\\u0061":"key"}',
      '{"a":{"b":0},"a":"key"}',
    ];
    const { lanes } = assigned('a', 256 - 3, `${lines.join('\n')}\n`, 'wasm');
    expect(new Set(lanes).size).toBe(1);
    expect(lanes[0]).toBe(((group('key') - group('first') + 256) % 256) % 253);
  });

  it('spreads lines without a key over all lanes', () => {
    const { lanes, laneBytes } = assigned('a', 4, '{"b":1}\n'.repeat(40), 'wasm');
    expect(new Set(lanes).size).toBe(4);
    expect(new Set(laneBytes).size).toBe(1);
  });

  it('stays inside a chunk of nothing but newlines, and one of a single line', () => {
    expect(assigned('a', 2, '\n'.repeat(1000), 'wasm').lanes.every(lane => lane === BLANK)).toBe(true);
    const long = `{"x":"${'y'.repeat(SLOT_BYTES - 40)}","a":"k"}\n`;
    expect(assigned('a', 2, long, 'wasm')).toEqual(assigned('a', 2, long, 'plain'));
  });
});
