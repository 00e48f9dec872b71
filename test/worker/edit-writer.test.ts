import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Outcome } from '../../src/kernel/line-table.ts';
import { EditWriter } from '../../src/worker/edit-writer.ts';
import type { SlotView } from '../../src/worker/slot-view.ts';
import { type Laid, lay, placeOf, slotOf } from './slots.ts';

/** What is written for lines must be what a merge puts together, wherever it found room. */

const place = placeOf('wasm');
const EDITS_BYTES_MAX = 200_000;
const LINE = '{"a":"é","b":[1,2]}';

interface Edit {
  /** Which characters of the line's bytes are copied. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly isShared?: boolean;
}

/** What is made of a line: nothing but an outcome, or edits, which may be taken back. */
type Fate =
  | 'passed'
  | 'dropped'
  | 'dead'
  | { readonly edits: readonly Edit[]; readonly events: number; readonly isAbandoned: boolean };

const someAscii = fc.constantFrom('', ',', '{"a":1}\n', 'x'.repeat(300), 'y'.repeat(33_000));
const someText = fc.oneof(someAscii, fc.constantFrom('é', '€\n', '"😀"', '😀'.repeat(9000)));
const lineBytes = Buffer.byteLength(LINE);
const editOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Edit> =>
  fc.tuple(fc.nat(lineBytes), fc.nat(lineBytes), text, fc.boolean()).map(([one, other, added, isShared]) => {
    return { from: Math.min(one, other), to: Math.max(one, other), text: added, isShared };
  });
const fateOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Fate> =>
  fc.oneof(fc.constantFrom('passed', 'dropped', 'dead'), {
    weight: 4,
    arbitrary: fc.record({
      edits: fc.array(editOf(text), { minLength: 1, maxLength: 4 }),
      events: fc.integer({ min: 1, max: 9 }),
      isAbandoned: fc.nat(4).map(choice => choice === 0),
    }),
  });
const someFates = fc.oneof(
  fc.array(fateOf(someAscii), { maxLength: 25 }),
  fc.array(fateOf(someText), { maxLength: 25 }),
);
const someRoom = fc.constantFrom(16, 48, 1024, 40_000, 100_000, EDITS_BYTES_MAX);

/** Does to a line what it is fated to; returns its output. */
function play(writer: EditWriter, line: number, start: number, fate: Fate): string | undefined {
  if (fate === 'passed') writer.pass(line);
  else if (fate === 'dropped') writer.drop(line);
  else if (fate === 'dead') writer.dead(line);
  if (typeof fate !== 'object') return fate === 'passed' ? `${LINE}\n` : undefined;
  for (const { from, to, text, isShared } of fate.edits) {
    if (isShared) writer.sharedEdit(start + from, start + to, text);
    else writer.edit(start + from, start + to, text);
  }
  if (fate.isAbandoned) {
    writer.abandon();
    writer.dead(line);
    return undefined;
  }
  writer.endLine(line, fate.events);
  return outputOf(fate.edits);
}

function outputOf(edits: readonly Edit[]): string {
  // As bytes, because an edit may cut a character.
  const bytes = Buffer.from(LINE);
  const pieces = edits.flatMap(({ from, to, text }) => [bytes.subarray(from, to), Buffer.from(text)]);
  return Buffer.concat(pieces).toString('latin1');
}

/** The output of a line as whoever merges finds it. */
function merged(
  slot: SlotView,
  writers: readonly EditWriter[],
  line: number,
): [output: string, events: number] {
  if (slot.table.outcomes[line] !== Outcome.overflow) {
    const { bytes, written } = place.merger.merge(slot, line, line + 1);
    return [Buffer.from(place.merger.out.subarray(0, bytes)).toString('latin1'), written];
  }
  for (const { lines, ends, events, bytes } of writers.flatMap(({ overflow }) => overflow)) {
    const at = lines.indexOf(line);
    if (at < 0) continue;
    const from = at === 0 ? 0 : ends[at - 1]!;
    return [Buffer.from(bytes.subarray(from, ends[at])).toString('latin1'), events[at]!];
  }
  throw new Error(`the output of line ${line} is nowhere`);
}

function layLines(slot: SlotView, count: number): Laid {
  const laid = lay(
    slot,
    Array.from({ length: count }, () => LINE),
    3,
  );
  for (const [line, start] of laid.starts.entries()) slot.table.starts[line] = start;
  for (const [line, end] of laid.ends.entries()) slot.table.ends[line] = end;
  return laid;
}

describe('EditWriter', () => {
  test('writes what becomes of each line, into the slot as far as there is room, also from two threads', () => {
    const behind = slotOf(place).editBytes;
    fc.assert(
      fc.property(someFates, someRoom, fc.boolean(), (fates, editsBytes, isShared) => {
        const slot = slotOf(place, { editsBytes });
        const { starts } = layLines(slot, fates.length);
        behind.fill(0x5a, editsBytes, EDITS_BYTES_MAX + 100_000);
        const writers = [new EditWriter(slot), new EditWriter(slot)];
        const outputs = fates.map((fate, line) =>
          play(writers[isShared ? line % 2 : 0]!, line, starts[line]!, fate),
        );
        for (const writer of writers) writer.flush();
        for (const [line, fate] of fates.entries()) {
          const output = outputs[line];
          const outcome = slot.table.outcomes[line]!;
          if (output === undefined) {
            expect(outcome).toBe(fate === 'dropped' ? Outcome.dropped : Outcome.dead);
            continue;
          }
          if (fate === 'passed') expect(outcome).toBe(Outcome.passed);
          const expected = Buffer.from(output, fate === 'passed' ? 'utf8' : 'latin1').toString('latin1');
          expect(merged(slot, writers, line)).toEqual([expected, typeof fate === 'object' ? fate.events : 1]);
        }
        const untouched = behind.subarray(editsBytes, EDITS_BYTES_MAX + 100_000);
        expect(untouched.every(byte => byte === 0x5a)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('uses the room that there is before it keeps anything aside', () => {
    const slot = slotOf(place, { editsBytes: 100_000 });
    const { starts } = layLines(slot, 5);
    const writer = new EditWriter(slot);
    for (const [line, start] of starts.entries()) {
      play(writer, line, start, {
        edits: [{ from: 0, to: 3, text: 'x'.repeat(40_000) }],
        events: 1,
        isAbandoned: false,
      });
    }
    writer.flush();
    expect([...slot.table.outcomes.subarray(0, 5)].map(outcome => outcome > 0)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(writer.overflow.flatMap(({ lines }) => lines)).toEqual([2, 3, 4]);
  });

  test('gathers many lines, of which none is done before it is written', () => {
    const slot = slotOf(place);
    const { starts } = layLines(slot, 1500);
    const writer = new EditWriter(slot);
    const output = { edits: [{ from: 0, to: 1, text: '\n' }], events: 1, isAbandoned: false };
    for (const line of [0, 1, 2]) play(writer, line, starts[line]!, output);
    expect(new Set(slot.table.outcomes.subarray(0, 3))).toEqual(new Set([Outcome.pending]));
    // Lines without much text are not gathered for ever.
    const four = { ...output, edits: Array.from({ length: 4 }, () => output.edits[0]!) };
    for (let line = 3; line < 1500; line++) play(writer, line, starts[line]!, four);
    expect(slot.table.outcomes[0]).toBeGreaterThan(0);
    writer.flush();
    expect(slot.table.outcomes.subarray(0, 1500).every(outcome => outcome > 0)).toBe(true);
    expect(merged(slot, [writer], 1499)).toEqual(['{\n{\n{\n{\n', 1]);
    const outcomes = [...slot.table.outcomes.subarray(0, 1500)];
    writer.flush();
    expect([...slot.table.outcomes.subarray(0, 1500)]).toEqual(outcomes);
  });

  test('keeps the lines before one whose text is longer than a string can be', () => {
    const slot = slotOf(place);
    const { starts } = layLines(slot, 2);
    const writer = new EditWriter(slot);
    writer.edit(starts[0]!, starts[0]!, '"kept"\n');
    writer.endLine(0, 1);
    writer.edit(starts[1]!, starts[1]!, 'taken back');
    expect(() => writer.edit(0, 0, 'x'.repeat(2 ** 29 - 24))).toThrow(RangeError);
    writer.abandon();
    writer.dead(1);
    writer.flush();
    expect(merged(slot, [writer], 0)).toEqual(['"kept"\n', 1]);
    expect(slot.table.outcomes[1]).toBe(Outcome.dead);
  });
});
