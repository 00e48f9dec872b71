import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineState, Outcome } from '../../src/kernel/line-table.ts';
import { type LaneKernel, loadKernel } from '../../src/kernel/load.ts';
import { parsePath } from '../../src/kernel/path.ts';
import { FIELD_WORDS, RECORD_WORDS, RecordWord } from '../../src/kernel/records.ts';
import { PathScanner } from '../../src/kernel/scan.ts';
import { parseSelect } from '../../src/query/select.ts';
import { parseWhere } from '../../src/query/where.ts';
import { SlotText } from '../../src/worker/line-text.ts';
import { makePlan, type Plan } from '../../src/worker/plan.ts';
import { decodeField } from '../../src/worker/projection.ts';
import type { LineRange, ListedLines } from '../../src/worker/protocol.ts';
import { scanChunk } from '../../src/worker/scan-chunk.ts';
import { ScannedLines } from '../../src/worker/scanned-lines.ts';
import type { SlotView } from '../../src/worker/slot-view.ts';
import { ENGINES, type EngineName, LANES, lay, placeOf, SLOT_BYTES, slotOf } from './slots.ts';

const LINE_BYTES_MAX = 100_000;

interface Line {
  readonly bytes: string | Buffer;
  /** What the kernel finds it to be where `n > 0` is asked for. */
  readonly state: number;
  /** The value `n` of its record; undefined without one. */
  readonly n?: unknown;
}

const LINES: readonly Line[] = [
  { bytes: '', state: LineState.blank },
  { bytes: ' \t\r', state: LineState.blank },
  { bytes: '{"k":"a","n":1}', state: LineState.valid, n: 1 },
  { bytes: '{"k":"b","n":1.5,"x":"é"}', state: LineState.valid, n: 1.5 },
  { bytes: ' { "k" : 3 , "n" : 1e1 } ', state: LineState.valid, n: 10 },
  { bytes: '{"k":"d","n":0}', state: LineState.dropped },
  { bytes: '{"k":"e","n":-1,"x":"€"}', state: LineState.dropped },
  { bytes: '{"k":"f","n":"5"}', state: LineState.unsure, n: '5' },
  { bytes: '{"n":[2,3],"k":"\\u0061"}', state: LineState.unsure, n: [2, 3] },
  { bytes: '{"\\u006e":1,"k":"a"}', state: LineState.rare },
  { bytes: '{"n":1', state: LineState.invalid },
  { bytes: 'oops', state: LineState.invalid },
  { bytes: Buffer.from('{"n":1,"k":"\xff"}', 'latin1'), state: LineState.notText },
  { bytes: Buffer.from('{"n":0,"k":"\xff"}', 'latin1'), state: LineState.notText },
];
const ASCII = LINES.filter(({ bytes }) => typeof bytes === 'string' && !/[é€]/.test(bytes));
const ENORMOUS: readonly Line[] = [
  { bytes: `{"k":"c","n":7,"x":"${'y'.repeat(60_000)}"}`, state: LineState.valid, n: 7 },
  { bytes: `"${'z'.repeat(LINE_BYTES_MAX)}"`, state: LineState.invalid },
];
const linesOf = (lines: readonly Line[]): fc.Arbitrary<Line[]> =>
  fc.array(
    fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom(...lines) },
      { weight: 1, arbitrary: fc.constantFrom(...ENORMOUS) },
    ),
    { maxLength: 60, size: 'max' },
  );
const someLines = fc
  .oneof(linesOf(LINES), linesOf(ASCII), fc.array(fc.constantFrom(...LINES.slice(0, 2))))
  .filter(lines => lines.reduce((sum, { bytes }) => sum + Buffer.from(bytes).length + 1, 0) < SLOT_BYTES / 2);
/** With so many fields in each record, all records fit at once, or few of them. */
const someFields = fc.constantFrom(1, 60, 250);

/** A plan that finds `n` and so many other fields in a line. */
function planWith(fields: number, key: string | undefined): Plan {
  const select = parseSelect(['n', ...Array.from({ length: fields - 1 }, (_, at) => `f${at}`)].join(','));
  const where = parseWhere('n > 0');
  const lineBytesMax = LINE_BYTES_MAX;
  return makePlan({ key, where, select, hasHandler: true, reading: undefined, lineBytesMax });
}

interface Visit {
  readonly line: number;
  readonly n: unknown;
}

/** All lines that are given, some at a time as far as their records stay at hand. */
function visit(lines: ScannedLines, slot: SlotView, plan: Plan): Visit[] {
  const text = new SlotText(slot.bytes, lines.text, slot.bytes.length);
  const visits: Visit[] = [];
  for (;;) {
    const window: { readonly line: number; readonly record: number }[] = [];
    for (let isFound = lines.next(true); isFound; isFound = lines.next(false)) {
      window.push({ line: lines.line, record: lines.record });
    }
    if (window.length === 0) return visits;
    const { records, floats } = lines;
    for (const { line, record } of window) {
      if (record >= 0) expect(records[record + RecordWord.line]).toBe(line);
      // The engines do not look for lines that are no text, and may have made a record of them.
      const hasRecord = record >= 0 && slot.table.states[line] !== LineState.notText;
      const at = record + RECORD_WORDS + FIELD_WORDS * plan.selectFields[0]!;
      visits.push({
        line,
        n: hasRecord ? decodeField(records[at]!, at, { records, floats, text }) : undefined,
      });
    }
  }
}

function visitsOf(lines: readonly Line[], isWanted: (line: number) => boolean): Visit[] {
  return lines.flatMap(({ state, n }, line) => {
    const isPending = state !== LineState.blank && state !== LineState.dropped;
    return isPending && isWanted(line) ? [{ line, n }] : [];
  });
}

/** The kernel of a lane, in the place of the one that it had before. */
function kernelOf(engine: EngineName, lane: number, plan: Plan): LaneKernel {
  return loadKernel(placeOf(engine).wasm, lane + 1, plan.program, LANES);
}

describe.each(ENGINES)('ScannedLines, by the %s engine', engine => {
  const place = placeOf(engine);
  const slot = slotOf(place);

  test('finds the lines of a range, and gives those that somebody must look at with their records', () => {
    fc.assert(
      fc.property(someLines, someFields, fc.constantFrom(0, 5), fc.nat(3), (lines, fields, from, first) => {
        const plan = planWith(fields, undefined);
        const laid = lay(
          slot,
          lines.map(({ bytes }) => bytes),
          from,
        );
        const range: LineRange = { ...laid.range, line: first };
        const scanned = new ScannedLines(kernelOf(engine, 0, plan), plan.recordWords, slot, range);
        const expected = visitsOf(lines, () => true);
        expect(visit(scanned, slot, plan)).toEqual(
          expected.map(({ line, n }) => ({ line: line + first, n })),
        );
        expect(scanned.to).toBe(first + lines.length);
        expect(scanned.next(true)).toBe(false);
        const { states, starts, ends, outcomes } = slot.table;
        for (const [line, { state }] of lines.entries()) {
          const at = line + first;
          expect([states[at], starts[at], ends[at]]).toEqual([state, laid.starts[line], laid.ends[line]]);
          const isDropped = state === LineState.blank || state === LineState.dropped;
          expect(outcomes[at]).toBe(isDropped ? Outcome.dropped : Outcome.pending);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('gives of lines that were scanned those of its lane, also where there was no room for all records', () => {
    const scanner = new PathScanner(parsePath('k'));
    const laneOfGroup = Uint8Array.from({ length: 256 }, (_, group) => group % LANES);
    fc.assert(
      fc.property(
        someLines,
        someFields,
        fc.nat(20),
        fc.nat(70),
        fc.nat(70),
        (lines, fields, room, one, other) => {
          const plan = planWith(fields, 'k');
          const recordBytes = plan.recordWords * 4;
          const narrow = slotOf(place, { recordsBytes: (room + 1) * recordBytes });
          const { range } = lay(
            narrow,
            lines.map(({ bytes }) => bytes),
          );
          const scans = { kernel: kernelOf(engine, LANES - 1, plan), slots: [narrow], scanner };
          const scan = scanChunk(scans, { slot: 0, ...range, laneOfGroup, loads: new Uint32Array(LANES) });
          const { lanes } = narrow.table;
          const from = Math.min(one, other, lines.length);
          const to = Math.min(Math.max(one, other), lines.length);
          for (let lane = 0; lane < LANES; lane++) {
            const listed: ListedLines = { kind: 'listed', lane, from, to, ...textAndRecords(scan) };
            const scanned = new ScannedLines(kernelOf(engine, lane, plan), plan.recordWords, narrow, listed);
            const own = visitsOf(lines, line => line >= from && line < to && lanes[line] === lane);
            expect(visit(scanned, narrow, plan)).toEqual(own);
            expect(scanned.to).toBe(to);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('leaves out lines that are settled already, as after the death of a thread', () => {
    fc.assert(
      fc.property(
        someLines,
        someFields,
        fc.array(fc.boolean(), { minLength: 1 }),
        (lines, fields, settled) => {
          const plan = planWith(fields, undefined);
          const kernel = kernelOf(engine, 0, plan);
          const { range } = lay(
            slot,
            lines.map(({ bytes }) => bytes),
          );
          visit(new ScannedLines(kernel, plan.recordWords, slot, range), slot, plan);
          const isSettled = (line: number): boolean => settled[line % settled.length]!;
          const settlements = [Outcome.passed, Outcome.dropped, 64];
          for (const line of lines.keys()) {
            if (isSettled(line)) slot.table.outcomes[line] = settlements[line % settlements.length]!;
          }
          const listed: ListedLines = {
            kind: 'listed',
            lane: 0,
            from: 0,
            to: lines.length,
            text: 'bytes',
            records: 0,
            recordsTo: 0,
          };
          const scanned = new ScannedLines(kernel, plan.recordWords, slot, listed);
          expect(visit(scanned, slot, plan)).toEqual(visitsOf(lines, line => !isSettled(line)));
        },
      ),
      { numRuns: 200 },
    );
  });
});

function textAndRecords({ text, records, recordsTo }: ReturnType<typeof scanChunk>) {
  return { text, records, recordsTo };
}
