import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeadReport } from '../../src/cli/dead-report.ts';
import { deadTable } from '../../src/cli/dead-table.ts';
import { columnsOf } from '../../src/cli/text-columns.ts';

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 60 }));
const TIME = '2026-01-02T03:04:05.678Z';

const report: fc.Arbitrary<DeadReport> = fc.record({
  topic: fc.constant('errors'),
  letters: fc.integer({ min: 1, max: 1e6 }),
  retriedBefore: fc.nat({ max: 1e6 }),
  reasons: fc.array(
    fc.record({
      reason: fc.constantFrom('handler-threw', 'line-continued'),
      count: fc.nat({ max: 1e6 }),
      first: fc.constant(TIME),
      last: fc.constant(TIME),
      messages: fc.array(fc.record({ message: text, count: fc.nat({ max: 1e6 }) }), { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
  last: fc.array(
    fc.record({
      offset: fc.nat({ max: 1e6 }),
      time: fc.constant(TIME),
      retried: fc.boolean(),
      source: text,
      line: fc.integer({ min: 1, max: 1e6 }),
      reason: fc.constantFrom('handler-threw', 'line-continued'),
      message: text,
    }),
    { maxLength: 5 },
  ),
});

test('the table of dead letters is 80 columns wide, with nothing in it that steers a terminal', () => {
  fc.assert(
    fc.property(report, some => {
      const table = deadTable(some);
      // oxlint-disable-next-line no-control-regex -- that is what it is about
      expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      for (const line of table.split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(80);
      const perReason = some.reasons.reduce((rows, { messages }) => rows + 1 + messages.length, 0);
      const letters = some.last.length === 0 ? 0 : some.last.length + 2;
      expect(table.split('\n')).toHaveLength(1 + 2 + perReason + letters + 1);
    }),
  );
});

test('what is cut off a message on 80 columns is there on more', () => {
  const row = { time: TIME, retried: false, source: 'in.ndjson', line: 3, reason: 'handler-threw' };
  const last = [{ ...row, offset: 7, message: `${'x'.repeat(60)}end` }];
  const some: DeadReport = { topic: 'a', letters: 1, retriedBefore: 0, reasons: [], last };
  expect(deadTable(some)).toMatch(/x…\n$/);
  expect(deadTable(some, 200)).toMatch(/ in\.ndjson:3 {2}handler-threw {2}x{60}end\n$/);
});
