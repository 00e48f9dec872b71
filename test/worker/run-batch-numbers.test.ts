import { describe, expect, test, vi } from 'vitest';
import { SpellingCheck } from '../../src/kernel/program.ts';
import { AS_THEY_COME } from '../../src/worker/work-options.ts';
import { runBatch } from '../../src/worker/run-batch.ts';
import { environmentOf, LINES, run } from './batch-runs.ts';
import { ENGINES, lay, placeOf, slotOf } from './slots.ts';

/** Numbers that a handler has not touched keep their digits in what it returns in the place of its event. */

const EVENTS = [
  '{"id":"a","n":9223372036854775807,"user":{"m":2230.0,"k":1},"list":[1.0,{"big":1e400}]}',
  '{"id":"a","n":1,"user":{"m":2,"k":1},"list":[1.5]}',
  ' { "id" : "b\\u0061" , "n" : 1 , "user" : { "m" : -0 } , "n" : 5.0 , "list" : [ ] }',
];

/** A handler, and what the events give by it. */
const EXPECTED: readonly (readonly [handler: string, output: readonly string[]])[] = [
  [
    'event => ({ ...event, x: 1 })',
    [
      '{"id":"a","n":9223372036854775807,"user":{"m":2230.0,"k":1},"list":[1.0,{"big":1e400}],"x":1}',
      '{"id":"a","n":1,"user":{"m":2,"k":1},"list":[1.5],"x":1}',
      // A copy is patched as the event would be, so that all bytes stay.
      '{"id":"b\\u0061","n":5.0,"user":{ "m" : -0 },"list":[ ],"x":1}',
    ],
  ],
  [
    'event => ({ x: 1, ...event })',
    [
      '{"x":1,"id":"a","n":9223372036854775807,"user":{"m":2230.0,"k":1},"list":[1.0,{"big":1e400}]}',
      '{"x":1,"id":"a","n":1,"user":{"m":2,"k":1},"list":[1.5]}',
      '{"x":1,"id":"ba","n":5.0,"user":{"m":-0},"list":[]}',
    ],
  ],
  [
    'event => ({ user: event.user, n: event.n })',
    [
      '{"user":{"m":2230.0,"k":1},"n":9223372036854775807}',
      '{"user":{"m":2,"k":1},"n":1}',
      '{"user":{"m":-0},"n":5.0}',
    ],
  ],
  [
    'async event => { await null; return { list: [...event.list, 7], m: event.user.m } }',
    ['{"list":[1.0,{"big":1e400},7],"m":2230}', '{"list":[1.5,7],"m":2}', '{"list":[7],"m":0}'],
  ],
  [
    'event => [{ n: event.n }, event.user, true, { user: { m: event.user.m } }]',
    [
      '{"n":9223372036854775807}',
      '{"m":2230,"k":1}',
      EVENTS[0]!,
      '{"user":{"m":2230.0}}',
      '{"n":1}',
      '{"m":2,"k":1}',
      EVENTS[1]!,
      '{"user":{"m":2}}',
      '{"n":5.0}',
      '{"m":0}',
      EVENTS[2]!,
      '{"user":{"m":-0}}',
    ],
  ],
  [
    'event => { event.x = 1; return event.n === 1 ? { ...event } : [event, { ...event, x: 2.0 }] }',
    [
      '{"id":"a","n":9223372036854775807,"user":{"m":2230.0,"k":1},"list":[1.0,{"big":1e400}],"x":1}',
      '{"id":"a","n":9223372036854775807,"user":{"m":2230.0,"k":1},"list":[1.0,{"big":1e400}],"x":2}',
      '{"id":"a","n":1,"user":{"m":2,"k":1},"list":[1.5],"x":1}',
      '{"id":"b\\u0061","n":5.0,"user":{ "m" : -0 },"list":[ ],"x":1}',
      '{"id":"ba","n":5.0,"user":{"m":-0},"list":[],"x":2}',
    ],
  ],
];

describe.each(ENGINES)('the %s engine', engine => {
  test.each(EXPECTED)('keeps digits in what is returned by %s', async (handler, expected) => {
    for (const lines of LINES) {
      for (const spelling of [undefined, ...Object.values(SpellingCheck)]) {
        for (const inPart of [true, false]) {
          const setting = { handler: `export default ${handler}`, lines, spelling, inPart };
          const { output } = await run(engine, EVENTS, setting);
          const found = output.trimEnd().split('\n');
          expect(
            found.map(line => line.trim()),
            JSON.stringify(setting),
          ).toEqual(expected.map(line => line.trim()));
        }
      }
    }
  });

  test('decodes a line once for all that is emitted for it', async () => {
    const items = Array.from({ length: 300 }, (_, id) => ({ id, text: 'x'.repeat(20) }));
    const line = JSON.stringify({ items });
    const handler =
      'export default (event, { emit }) => { for (const item of event.items) emit("t", item); }';
    const decode = vi.spyOn(Buffer.prototype, 'toString');
    const { emitted } = await run(engine, [line], { handler, topics: ['t'] });
    const decoded = decode.mock.results.filter(({ value }) => value === line).length;
    decode.mockRestore();
    expect(emitted.map(([, text]) => text).join('')).toBe(
      items.map(item => `${JSON.stringify(item)}\n`).join(''),
    );
    expect(decoded).toBeLessThan(5);
  });

  test('keeps digits in what is emitted', async () => {
    const handler =
      'export default (event, { emit }) => { emit("t", event); emit("t", { list: event.list, n: event.n }); }';
    for (const work of [undefined, { ...AS_THEY_COME, concurrency: 2 }]) {
      const { emitted } = await run(engine, EVENTS, { handler, topics: ['t'], work });
      expect(emitted.map(([, text]) => text).join('')).toBe(
        `${EVENTS[0]!}
{"list":[1.0,{"big":1e400}],"n":9223372036854775807}
${EVENTS[1]!}
{"list":[1.5],"n":1}
{"id":"ba","n":5.0,"user":{"m":-0},"list":[]}
{"list":[],"n":5.0}
`,
      );
    }
  });

  test('keeps digits where fields of the result are selected', async () => {
    const handler = 'export default event => ({ ...event, x: 1.0 })';
    const { output } = await run(engine, EVENTS, { handler, select: 'x,user.m,n' });
    expect(output).toBe(
      '{"x":1,"user":{"m":2230.0},"n":9223372036854775807}\n{"x":1,"user":{"m":2},"n":1}\n{"x":1,"user":{"m":-0},"n":5.0}\n',
    );
  });

  test('lets a result that cannot be written die as before, whatever the line is like', async () => {
    const handler = 'export default event => ({ ...event, x: 1n })';
    const { output, letters } = await run(engine, EVENTS, { handler });
    expect([output, letters.length]).toEqual(['', 3]);
    expect(letters[0]).toContain('Do not know how to serialize a BigInt');
  });

  test('remembers whether lines have to be looked at', async () => {
    const place = placeOf(engine);
    const looks = async (handler: string, spelling?: SpellingCheck): Promise<boolean> => {
      const slot = slotOf(place);
      const { range } = lay(slot, [EVENTS[1]!, EVENTS[1]!]);
      const env = environmentOf(place, slot, 0, { handler: `export default ${handler}`, spelling });
      await runBatch(env, { slot: 0, source: 's', base: 0, number: 1, attempt: 1, lines: range });
      return env.ways.returnsOthers;
    };
    expect(await looks('event => ({ x: 1, ...event })')).toBe(true);
    expect(await looks('event => [event.n, { n: event.n }]')).toBe(true);
    expect(await looks('event => ({ n: event.n })')).toBe(true);
    // The kernel has looked.
    expect(await looks('event => ({ n: event.n })', SpellingCheck.numbers)).toBe(false);
    expect(await looks('event => ({ x: 1, ...event })', SpellingCheck.all)).toBe(false);
    expect(await looks('event => event.n > 0')).toBe(false);
    expect(await looks('event => event.n')).toBe(false);
  });
});
