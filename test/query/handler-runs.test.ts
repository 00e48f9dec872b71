import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EventReading, readHandler } from '../../src/query/handler-reader.ts';
import { type HandlerProgram, someHandlerProgram } from './handler-programs.ts';
import { compileBody, runPartial, runWhole } from './handler-worlds.ts';

/** Members in a random order, missing as often as not, and rarely what a handler expects. */
const someName = fc.constantFrom(
  'a',
  'b',
  'c',
  'user',
  'name',
  'items',
  'a',
  'b',
  'c',
  'user',
  'name',
  'items',
  'toString',
  'length',
  'then',
  'valueOf',
  '0',
  'a-b',
  'toJSON',
  '__proto__',
  'other',
  'hasOwnProperty',
);
const someLine = fc
  .letrec<{ value: string }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('null', '1', '0', '-2.5', 'true', 'false', '"a"', '""', '"name"', '"ab"'),
      fc.array(tie('value'), { maxLength: 3 }).map(items => `[${items.join(',')}]`),
      fc
        .array(fc.tuple(someName, tie('value')), { maxLength: 6 })
        .map(members => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
    ),
  }))
  .value.chain(value =>
    fc.oneof(
      { weight: 1, arbitrary: fc.constant(value) },
      {
        weight: 9,
        arbitrary: fc
          .array(
            fc.tuple(
              someName,
              fc.constantFrom(
                value,
                '1',
                'null',
                '{"name":"a","a":{"b":[1]},"c":0}',
                '[{"a":1},2]',
                '{"user":{"name":{}}}',
                '{"toString":1,"valueOf":2,"name":[]}',
              ),
            ),
            { minLength: 3, maxLength: 9 },
          )
          .map(members => `{${members.map(([name, json]) => `"${name}":${json}`).join(',')}}`),
      },
    ),
  );

async function expectSameRuns(program: HandlerProgram, reading: EventReading, line: string): Promise<void> {
  const make = compileBody(program.body)!;
  const whole = await runWhole(make, line);
  const { returnedEvent, ...partial } = await runPartial(make, line, reading);
  expect(partial).toEqual(whole);
  if (returnedEvent) expect(reading.returnsEvent).toBe(true);
}

describe('readHandler', () => {
  test('makes no difference to any run of any handler that it reads', async () => {
    let read = 0;
    let written = 0;
    let copied = 0;
    const numRuns = Number(process.env['RUNS'] ?? 4000);
    await fc.assert(
      fc.asyncProperty(
        someHandlerProgram,
        fc.array(someLine, { minLength: 4, maxLength: 4 }),
        async (program, lines) => {
          const make = compileBody(program.body);
          const reading = readHandler(`${program.body}\nexport { handler_default as default };`, 'millrace');
          if (make === undefined || reading === undefined) return;
          read++;
          if (reading.writes.length > 0 || reading.deletes.length > 0) written++;
          if (reading.returnsCopy) copied++;
          expect(String(make(() => undefined))).toBe(reading.source);
          for (const line of lines) await expectSameRuns(program, reading, line);
        },
      ),
      { numRuns },
    );
    // So that the test is about readings, and not about handlers that are left alone.
    expect(read).toBeGreaterThan(numRuns / 10);
    expect(written).toBeGreaterThan(numRuns / 50);
    expect(copied).toBeGreaterThan(numRuns / 200);
  });
});
