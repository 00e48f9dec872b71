import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { EDIT_LIST_WORDS, EDIT_WORDS, takeEdits } from '../../src/kernel/edits.ts';
import { LineState, Outcome } from '../../src/kernel/line-table.ts';
import type { Merged } from '../../src/kernel/merger.ts';
import { outputOf, piecesOf } from '../../src/kernel/merger.ts';
import type { SlotView } from '../../src/worker/slot-view.ts';
import { ENGINES, type Laid, lay, placeOf, slotOf } from '../worker/slots.ts';

/** Both mergers against each other, and against outputs that are put together piece by piece. */

interface Edit {
  /** Which bytes of the chunk are copied, as shares of it. */
  readonly from: number;
  readonly length: number;
  readonly text: string;
}

/** What became of a line. */
type Fate =
  | 'passed'
  | 'dropped'
  | 'blank'
  | 'dead'
  | 'pending'
  | 'overflow'
  | { readonly edits: readonly Edit[]; readonly events: number };

const someText = fc.constantFrom('', ',"x":1', '\n', 'é€😀', '{"a":1}\n', 'y'.repeat(70));
const someEdits = fc.array(fc.record({ from: fc.nat(), length: fc.nat(40), text: someText }), {
  maxLength: 5,
});
const someFate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 5, arbitrary: fc.constant('passed' as const) },
  { weight: 3, arbitrary: fc.record({ edits: someEdits, events: fc.nat(3) }) },
  fc.constantFrom('dropped', 'blank', 'dead', 'pending', 'overflow'),
);
const someLine = fc.constantFrom('', '1', '{"a":1}', '{ "é" : "€" }\r', `"${'x'.repeat(60)}"`);
const someLines = fc.array(fc.tuple(someLine, someFate), { maxLength: 30 });

const OUTCOMES = {
  passed: Outcome.passed,
  dropped: Outcome.dropped,
  blank: Outcome.dropped,
  dead: Outcome.dead,
  pending: Outcome.pending,
  overflow: Outcome.overflow,
};

/** Writes what became of a line into the slot; returns its output, if it has some that is there. */
function settle(slot: SlotView, laid: Laid, line: number, fate: Fate): Buffer | undefined {
  const { table, bytes } = slot;
  table.starts[line] = laid.starts[line]!;
  table.ends[line] = laid.ends[line]!;
  table.states[line] = fate === 'blank' ? LineState.blank : LineState.valid;
  if (typeof fate === 'object') return writeEdits(slot, laid, line, fate);
  table.outcomes[line] = OUTCOMES[fate];
  return fate === 'passed' ? Buffer.from(bytes.subarray(laid.starts[line], laid.ends[line]! + 1)) : undefined;
}

function writeEdits(
  slot: SlotView,
  { range }: Laid,
  line: number,
  { edits, events }: Exclude<Fate, string>,
): Buffer {
  const output: Buffer[] = [];
  const at = takeEdits(slot.edits, 1024) >> 2;
  let text = (at + EDIT_LIST_WORDS + edits.length * EDIT_WORDS) * 4;
  for (const [index, edit] of edits.entries()) {
    const from = range.from + (edit.from % (range.to - range.from));
    const to = Math.min(range.to, from + edit.length);
    const textBytes = Buffer.from(edit.text);
    textBytes.copy(slot.editBytes, text);
    slot.edits.set([from, to, text, text + textBytes.length], at + EDIT_LIST_WORDS + index * EDIT_WORDS);
    text += textBytes.length;
    output.push(Buffer.from(slot.bytes.subarray(from, to)), textBytes);
  }
  const whole = Buffer.concat(output);
  slot.edits.set([whole.length, events, edits.length], at);
  slot.table.outcomes[line] = at * 4;
  return whole;
}

/** What a merge of the lines from `line` to before `to` must tell and write, where there is room for so many bytes. */
function expectedOf(
  fates: readonly Fate[],
  outputs: readonly (Buffer | undefined)[],
  line: number,
  to: number,
  room: number,
): readonly [Merged, Buffer] {
  const merged = { line, bytes: 0, blank: 0, dropped: 0, kept: 0, written: 0, dead: 0, pending: 0 };
  const written: Buffer[] = [];
  for (; merged.line < to; merged.line++) {
    const fate = fates[merged.line]!;
    const output = outputs[merged.line];
    if (fate === 'overflow') break;
    if (output === undefined) {
      merged[fate as 'dropped' | 'blank' | 'dead' | 'pending']++;
      continue;
    }
    if (merged.bytes + output.length > room) break;
    written.push(output);
    merged.bytes += output.length;
    merged.kept++;
    merged.written += typeof fate === 'object' ? fate.events : 1;
  }
  return [merged, Buffer.concat(written)];
}

describe.each(ENGINES)('the merger of the %s engine', engine => {
  const place = placeOf(engine);
  const slot = slotOf(place);
  const { merger } = place;
  const { out } = merger;
  afterEach(() => Object.assign(merger, { out }));

  test('writes the outputs of lines in their order, counts them, and stops where there is no room', () => {
    fc.assert(
      fc.property(someLines, fc.nat(300), fc.nat(30), fc.nat(30), (lines, room, first, count) => {
        const laid = lay(slot, [...lines.map(([line]) => line), '"behind"'], 5);
        const fates = lines.map(([, fate]) => fate);
        const outputs = fates.map((fate, line) => settle(slot, laid, line, fate));
        Object.assign(merger, { out: out.subarray(0, room) });
        const to = Math.min(lines.length, first + count);
        for (let line = Math.min(first, to); line < to; ) {
          const [merged, written] = expectedOf(fates, outputs, line, to, room);
          expect(merger.merge(slot, line, to)).toEqual(merged);
          expect(Buffer.from(merger.out.subarray(0, merged.bytes)).equals(written)).toBe(true);
          // A line that no room would be enough for is left to whoever calls.
          line = Math.max(merged.line, line + 1);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test('tells where nothing is to be merged that nothing was', () => {
    const none = { line: 3, bytes: 0, blank: 0, dropped: 0, kept: 0, written: 0, dead: 0, pending: 0 };
    expect(merger.merge(slot, 3, 3)).toEqual(none);
  });

  test('leaves a line alone whose output is longer than all of its room, and has room for a chunk of outputs', () => {
    const laid = lay(slot, [`"${'x'.repeat(400_000)}"`, '1', '2']);
    const all = { from: 0, length: 400_000, text: '\n' };
    const fates: Fate[] = [{ edits: [all, all, all], events: 1 }, { edits: [all, all], events: 2 }, 'passed'];
    const outputs = fates.map((fate, line) => settle(slot, laid, line, fate));
    expect(merger.merge(slot, 0, 3)).toMatchObject({ line: 0, bytes: 0, kept: 0 });
    expect(merger.merge(slot, 1, 3)).toMatchObject({ line: 3, bytes: 800_004, kept: 2, written: 3 });
    const expected = Buffer.concat([outputs[1]!, outputs[2]!]);
    expect(Buffer.from(merger.out.subarray(0, 800_004)).equals(expected)).toBe(true);
  });

  test('writes of each line what is told of it alone', () => {
    fc.assert(
      fc.property(someLines, lines => {
        const laid = lay(slot, [...lines.map(([line]) => line), '"behind"'], 5);
        for (const [line, [, fate]] of lines.entries()) {
          const output = settle(slot, laid, line, fate);
          if (output === undefined) continue;
          const events = typeof fate === 'object' ? fate.events : 1;
          expect(outputOf(slot, line)).toEqual({ bytes: output.length, events });
          expect(Buffer.concat(piecesOf(slot, line)).equals(output)).toBe(true);
          const { bytes } = merger.merge(slot, line, line + 1);
          expect(Buffer.from(merger.out.subarray(0, bytes)).equals(output)).toBe(true);
        }
      }),
    );
  });
});
