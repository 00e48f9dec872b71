import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineState, Outcome } from '../../src/kernel/line-table.ts';
import { loadKernel } from '../../src/kernel/load.ts';
import { makePlan } from '../../src/worker/plan.ts';
import type { LineRange, ListedLines } from '../../src/worker/protocol.ts';
import { ScannedLines } from '../../src/worker/scanned-lines.ts';
import { reopen, splitAt } from '../../src/worker/split-lines.ts';
import { LANES, lay, placeOf, slotOf } from './slots.ts';

const LANE = 1;
const place = placeOf('wasm');
const slot = slotOf(place);
const plan = makePlan({
  key: undefined,
  where: undefined,
  select: undefined,
  hasHandler: true,
  reading: undefined,
  lineBytesMax: 1000,
});
const kernel = loadKernel(place.wasm, 1, plan.program, LANES);

/** Numbers of the lines that somebody would look at. */
function visit(lines: LineRange | ListedLines | undefined): number[] {
  const visited: number[] = [];
  if (lines === undefined) return visited;
  const scanned = new ScannedLines(kernel, plan.recordWords, slot, lines);
  while (scanned.next(true)) {
    do visited.push(scanned.line);
    while (scanned.next(false));
  }
  return visited;
}

const someLines = fc.array(fc.tuple(fc.constantFrom('', ' ', '1', '{"a":1}', 'oops'), fc.nat(LANES - 1)), {
  minLength: 1,
  maxLength: 12,
});

describe('splitAt', () => {
  test('takes one line out of lines that were scanned, and leaves those before and after in their order', () => {
    fc.assert(
      fc.property(someLines, fc.nat(), fc.nat(12), (lines, choice, first) => {
        const { range } = lay(
          slot,
          lines.map(([text]) => text),
        );
        visit(range);
        const { table } = slot;
        for (const [line, [, lane]] of lines.entries()) table.lanes[line] = lane;
        const from = Math.min(first, lines.length - 1);
        const records = { records: 3, recordsTo: 2 };
        const list: ListedLines = {
          kind: 'listed',
          lane: LANE,
          from,
          to: lines.length,
          text: 'utf8',
          ...records,
        };
        const all = visit({ ...list, records: 0, recordsTo: 0 });
        fc.pre(all.length > 0);
        const line = all[choice % all.length]!;
        const { before, event, after } = splitAt(list, line, table);
        const again = (own: ListedLines | LineRange | undefined): number[] =>
          visit(own && { ...(own as ListedLines), records: 0, recordsTo: 0 });
        expect(again(event)).toEqual([line]);
        expect(again(before)).toEqual(all.filter(other => other < line));
        expect(again(after)).toEqual(all.filter(other => other > line));
        // What is known of them stays known.
        expect(event).toMatchObject({ lane: LANE, text: 'utf8', ...records });
        for (const part of [before, after]) {
          if (part === undefined) continue;
          expect(part).toMatchObject({ lane: LANE, ...records });
          expect(table.lanes.subarray((part as ListedLines).from, (part as ListedLines).to)).toContain(LANE);
        }
      }),
    );
  });

  test('takes one line out of lines that were found as far as that one, and leaves the others to be found', () => {
    fc.assert(
      fc.property(someLines, fc.nat(), fc.nat(3), (lines, choice, first) => {
        const laid = lay(
          slot,
          lines.map(([text]) => text),
          5,
        );
        const range = { ...laid.range, line: first };
        const all = visit(range);
        fc.pre(all.length > 0);
        const line = all[choice % all.length]!;
        // What lies behind the line may never have been scanned.
        slot.table.outcomes.fill(Outcome.dead, line + 1, lines.length + first + 5);
        slot.table.starts.fill(-1, line + 1, lines.length + first + 5);
        const { before, event, after } = splitAt(range, line, slot.table);
        expect(visit(event)).toEqual([line]);
        expect(visit(before)).toEqual(all.filter(other => other < line));
        expect(visit(after)).toEqual(all.filter(other => other > line));
        expect(after === undefined).toBe(line === first + lines.length - 1);
        if (after === undefined) return;
        expect(after).toEqual({ ...range, from: laid.ends[line - first]! + 1, line: line + 1 });
      }),
    );
  });
});

describe('reopen', () => {
  test('makes the lines of a lane pending again whose outcome had to be told, and no others', () => {
    const outcomes = [
      Outcome.dead,
      Outcome.overflow,
      Outcome.passed,
      Outcome.dropped,
      Outcome.pending,
      64,
      Outcome.dead,
      Outcome.dead,
      Outcome.overflow,
    ];
    const { range } = lay(
      slot,
      outcomes.map(() => '1'),
    );
    visit(range);
    const { table } = slot;
    table.outcomes.set(outcomes);
    table.lanes.fill(LANE, 0, outcomes.length);
    table.lanes[6] = 0;
    const list = {
      kind: 'listed',
      lane: LANE,
      from: 0,
      to: 8,
      text: 'ascii',
      records: 0,
      recordsTo: 0,
    } as const;
    reopen(list, table, false);
    expect([...table.outcomes.subarray(0, 9)]).toEqual([
      Outcome.pending,
      Outcome.pending,
      Outcome.passed,
      Outcome.dropped,
      Outcome.pending,
      64,
      Outcome.dead,
      Outcome.pending,
      Outcome.overflow,
    ]);
    // Blank lines and those that a predicate has dropped were never the handler's.
    table.states[0] = LineState.blank;
    table.states[2] = LineState.dropped;
    table.outcomes.set(outcomes);
    reopen(list, table, true);
    const reopened = [0, 1, 2, 3, 4, 5, 6, 7, 8].filter(line => table.outcomes[line] === Outcome.pending);
    expect(reopened).toEqual([1, 3, 4, 5, 7]);
  });
});
