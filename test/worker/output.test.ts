import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Row } from '../../src/kernel/line-table.ts';
import { Output } from '../../src/worker/output.ts';

/** What becomes of a line: it is dead, or passed on, or gives events, `true` among them for the line itself. */
type Fate = 'dead' | 'pass' | readonly (string | true)[];

const TEXTS = ['1', '"é"', '"€"', '"😀"', '{"a":"b"}', `"${'x'.repeat(20_000)}"`, `"${'é'.repeat(20_000)}"`];
const someEvents = fc.array(fc.oneof(fc.constantFrom(...TEXTS), fc.constant(true as const)), {
  maxLength: 4,
});
const someFate: fc.Arbitrary<Fate> = fc.oneof(
  fc.constant('dead' as const),
  fc.constant('pass' as const),
  someEvents,
);
const someLines = fc.array(fc.tuple(fc.constantFrom('', '0', '{ "é" : 1 }\r', '"line"'), someFate), {
  maxLength: 12,
});

interface Slot {
  readonly bytes: Buffer;
  readonly bounds: readonly (readonly [start: number, end: number])[];
}

function slotOf(lines: readonly string[]): Slot {
  const bounds: [number, number][] = [];
  let at = 0;
  for (const line of lines) {
    const end = at + Buffer.byteLength(line);
    bounds.push([at, end]);
    at = end + 1;
  }
  return { bytes: Buffer.from(lines.map(line => `${line}\n`).join('')), bounds };
}

function play(
  output: Output,
  row: number,
  fate: Fate,
  [start, end]: readonly [number, number],
  text: string,
): void {
  output.beginLine(row);
  if (fate === 'dead') output.dead();
  else if (fate === 'pass') output.passLine(start, end);
  else {
    for (const event of fate) {
      if (event === true) output.passAmong(start, end, text);
      else output.add(event);
    }
  }
}

/** The events that a line gives, each with its newline. */
function eventsOf(fate: Fate, text: string): string[] {
  if (fate === 'dead') return [];
  if (fate === 'pass') return [`${text}\n`];
  return fate.map(event => `${event === true ? text : event}\n`);
}

describe('Output', () => {
  test('of a range is the events of all lines, one after the other', () => {
    fc.assert(
      fc.property(someLines, fc.constantFrom(0, 10, 100_000), (lines, memoryBytes) => {
        const { bytes, bounds } = slotOf(lines.map(([text]) => text));
        const output = new Output(bytes, undefined, new ArrayBuffer(memoryBytes));
        for (const [at, [text, fate]] of lines.entries()) play(output, 0, fate, bounds[at]!, text);
        const expected = lines.flatMap(([text, fate]) => eventsOf(fate, text));
        expect(Buffer.from(output.finish()).toString()).toBe(expected.join(''));
        expect(output.written).toBe(expected.length);
      }),
    );
  });

  test('of listed lines leaves lines that are passed on in the slot, and says of each how many bytes it gave', () => {
    fc.assert(
      fc.property(someLines, fc.array(fc.nat(3), { minLength: 12, maxLength: 12 }), (lines, gaps) => {
        const { bytes, bounds } = slotOf(lines.map(([text]) => text));
        // Rows of other lanes lie between, and must stay as they are; what was there from an earlier chunk must not count.
        const rowOf = lines.map((_, at) => at + gaps.slice(0, at + 1).reduce((sum, gap) => sum + gap, 0));
        const rows = new Int32Array(64).fill(-77);
        const output = new Output(bytes, rows, new ArrayBuffer(10));
        for (const [at, [text, fate]] of lines.entries()) play(output, rowOf[at]!, fate, bounds[at]!, text);
        const own = lines.map(([text, fate]) => (fate === 'pass' ? '' : eventsOf(fate, text).join('')));
        expect(Buffer.from(output.finish()).toString()).toBe(own.join(''));
        const expected = new Int32Array(64).fill(-77);
        for (const [at, [, fate]] of lines.entries()) {
          const bytesOut = Buffer.byteLength(own[at]!);
          expected[rowOf[at]!] = fate === 'dead' ? Row.dead : fate === 'pass' ? Row.passed : bytesOut;
        }
        expect(rows).toEqual(expected);
        expect(output.written).toBe(lines.flatMap(([text, fate]) => eventsOf(fate, text)).length);
      }),
    );
  });

  test('takes memory that was used before, and all of it', () => {
    const memory = new ArrayBuffer(4);
    new Uint8Array(memory).fill(0xff);
    const output = new Output(Buffer.from('1\n'), undefined, memory);
    output.beginLine(0);
    output.add('1');
    const out = output.finish();
    expect([...out]).toEqual([0x31, 0x0a]);
  });
});
