import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpellingCheck } from '../../src/kernel/program.ts';
import { someEvent, someSpelling, write } from '../kernel/documents.ts';
import { LINES, type Outcome, run, type Setting } from './batch-runs.ts';
import { handlerOf, HANDLERS } from './handler-sources.ts';
import { ENGINES, type EngineName } from './slots.ts';

/**
 * How events are decoded, by which engine, and who found their lines, must never be seen in what is put out: which way is
 * taken depends on times that are measured.
 */

const ODD_LINES = [
  '',
  ' \t\r',
  'oops',
  '{"a":1,',
  Buffer.from('{"a":"\xff"}', 'latin1'),
  '{"a":1e400,"b":9223372036854775807,"c":2230.0,"id":-0}',
  ' {"a" : {"b" : 1.0, "c" : [1e400] }, "id":"\\u0061" , "b":{"c":2230.0}}\t',
  '{"a":[3,1,2.0],"b":{"c":1,"d":9223372036854775807},"c":5.0}',
  '{"b":1,"a":{"b":1},"a":{"c":2,"c":3.0},"b":2.0}',
  '{"\\u0061":1,"b":12345678901234567890}',
  '{"1":1.0,"a":2,"0":3}',
  '{}',
  ' { } ',
  '[1e400,{"a":2.0}]',
  '2230.0',
  '"é"',
  'true',
  'null',
];

const someLine = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(someEvent, someSpelling).map(([event, spelling]) => write(event, spelling)),
  },
  // As JSON.stringify writes them.
  {
    weight: 2,
    arbitrary: someEvent.map(event => JSON.stringify(JSON.parse(write(event, [0])))),
  },
  { weight: 2, arbitrary: fc.constantFrom(...ODD_LINES) },
);
const someLines = fc.array(someLine, { minLength: 1, maxLength: 8 });
const someHandler = fc.constantFrom(undefined, ...HANDLERS, ...HANDLERS, ...HANDLERS);
const someWhere = fc.option(
  fc.constantFrom('a > 1', 'a == b', 'id != null', '!(a && b)', 'a.b', 'c === 5 || this["0"] === 3'),
  { nil: undefined, freq: 2 },
);
const someSelect = fc.option(fc.constantFrom('a', 'b.c,a,id', 'id,a.b,a.c', 'a.0,/a.b,0,x'), {
  nil: undefined,
  freq: 2,
});
const someRoom = fc.constantFrom(undefined, { editsBytes: 400, recordsBytes: 400 }, { editsBytes: 16 });

const WAYS: readonly (readonly [EngineName, Setting])[] = ENGINES.flatMap(engine =>
  LINES.flatMap(lines =>
    [
      { inPart: true },
      { inPart: true, spelling: SpellingCheck.all },
      { inPart: true, spelling: SpellingCheck.numbers },
      { inPart: false },
      { inPart: false, spelling: SpellingCheck.none },
      { inPart: false, spelling: SpellingCheck.all },
      { inPart: false, spelling: SpellingCheck.numbers },
    ].map(way => [engine, { lines, ...way }] as const),
  ),
);

/** All that can be seen of a run, but for how events were decoded. */
function seen({ output, letters, account }: Outcome): object {
  const { read, blank, kept, dropped, dead, written, bytesWritten } = account;
  return { output, letters, counts: { read, blank, kept, dropped, dead, written, bytesWritten } };
}

/** No handler that makes use of it is among these. */
const CONTEXT = undefined as never;

/** What the lines give by the handler, where each is as JSON.stringify writes it; nothing of those that are dead. */
async function outputsOf(lines: readonly string[], handler: string): Promise<string> {
  let output = '';
  for (const line of lines) {
    const event: unknown = JSON.parse(line);
    try {
      const value: unknown = await handlerOf(handler)(event, CONTEXT);
      const values: unknown[] = Array.isArray(value) && value !== event ? value : [value];
      const texts = values
        .filter(one => one !== undefined && one !== null && one !== false)
        .map(one => (one === true ? line : textOf(one)));
      output += texts.map(text => `${text}\n`).join('');
    } catch {
      // It is dead.
    }
  }
  return output;
}

function textOf(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined || (typeof value === 'number' && !Number.isFinite(value)))
    throw new Error('no JSON');
  return text;
}

describe('what a run puts out', () => {
  test('does not depend on how events are decoded, by which engine, and who found the lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        someLines,
        someHandler,
        someWhere,
        someSelect,
        someRoom,
        async (lines, handler, where, select, room) => {
          const setting = { handler, where, select, ...(room === undefined ? {} : { room }) };
          const [[engine, way], ...others] = WAYS as [(typeof WAYS)[0], ...typeof WAYS];
          const expected = seen(await run(engine, lines, { ...setting, ...way }));
          for (const [otherEngine, otherWay] of others) {
            const found = seen(await run(otherEngine, lines, { ...setting, ...otherWay }));
            expect(found, `${otherEngine} ${JSON.stringify(otherWay)}`).toEqual(expected);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each(HANDLERS)('is the same in all ways for odd lines, by %s', async handler => {
    const expected = seen(await run('plain', ODD_LINES, { handler, inPart: false }));
    for (const [engine, way] of WAYS) {
      expect(seen(await run(engine, ODD_LINES, { handler, ...way })), JSON.stringify(way)).toEqual(expected);
    }
  });

  test('is what JSON.stringify makes of what the handler returns, where lines are as it writes them', async () => {
    const someCanonical = someEvent.map(event => JSON.stringify(JSON.parse(write(event, [0]))));
    await fc.assert(
      fc.asyncProperty(
        fc.array(someCanonical, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(...HANDLERS.filter(handler => !/\bid\b[^]*=>|context|others/.test(handler))),
        fc.constantFrom(...WAYS),
        async (lines, handler, [engine, way]) => {
          const { output } = await run(engine, lines, { handler, ...way });
          expect(output).toBe(await outputsOf(lines, handler));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('the handlers of these tests', () => {
  test('are decoded in part, for the most part', async () => {
    let inPart = 0;
    for (const handler of HANDLERS) {
      const { account } = await run('plain', ['{"a":{"b":1},"id":"x"}'], { handler });
      inPart += account.inPart;
    }
    expect(inPart).toBeGreaterThan(30);
  });
});
