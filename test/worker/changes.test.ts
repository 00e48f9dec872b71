import { describe, expect, test } from 'vitest';
import { EDITS_FROM, EDITS_TAKEN } from '../../src/kernel/edits.ts';
import { run } from './batch-runs.ts';
import { ENGINES, type EngineName } from './slots.ts';

/** What becomes of a line whose event the handler changed, of which it was given a part. ways.test.ts tries it at random. */

async function changed(engine: EngineName, body: string, lines: readonly string[]): Promise<string> {
  const handler = `export default event => { ${body}; return event }`;
  const { output, account, letters } = await run(engine, lines, { handler });
  expect(letters).toEqual([]);
  expect(account.inPart).toBe(lines.length);
  return output;
}

/** What a handler does, and lines with what they become by it. */
const CHANGES: readonly (readonly [body: string, ...(readonly [line: string, becomes: string])[]])[] = [
  [
    'event.x = 1',
    [
      '{"n":9223372036854775807,"f":2230.0,"b":1e400}',
      '{"n":9223372036854775807,"f":2230.0,"b":1e400,"x":1}',
    ],
    [' { "s" : "\\u00e9" , "x" : 0.0 } \r', '{ "s" : "\\u00e9" , "x" : 1 }'],
    ['{"x":1.0}', '{"x":1.0}'],
    ['{}', '{"x":1}'],
    ['{ }\t', '{"x":1 }'],
    ['{"x":"\\u0061","a":{"x":5}}', '{"x":1,"a":{"x":5}}'],
    ['{"x":[1,{"x":2}]}', '{"x":1}'],
    ['{"a":[1.0] }', '{"a":[1.0],"x":1 }'],
  ],
  // What was there is kept as it was spelt where it is set to what it was.
  [
    'event.a = event.b',
    ['{"a":2230.0,"b":2230}', '{"a":2230.0,"b":2230}'],
    ['{"a":"\\u0061","b":"a"}', '{"a":"\\u0061","b":"a"}'],
  ],
  ['event.a = -0', ['{"a":0}', '{"a":0}'], ['{"a":-0}', '{"a":-0}'], ['{"a":1}', '{"a":0}']],
  ['event.a = "€"', ['{"é":1,"a":"x","b":"😀"}', '{"é":1,"a":"€","b":"😀"}']],
  // Nothing was set: not a byte is touched.
  [
    'if (event.no) event.a = 1',
    [' {"a" : 1.0 }\r', ' {"a" : 1.0 }\r'],
    ['{"a":{"b":1.0}}', '{"a":{"b":1.0}}'],
  ],
  [
    'if (event.a.b > 5) event.a = 1',
    ['{"a":{"b":1.0,"c":[2.0]}}', '{"a":{"b":1.0,"c":[2.0]}}'],
    ['{"a":{"b":6.0,"c":1}}', '{"a":1}'],
  ],
  [
    'if (event.a.b > 5) delete event.a; if (event.c) delete event.d',
    ['{"a":{"b":1,"z":2.0},"c":1,"d":3}', '{"a":{"b":1,"z":2.0},"c":1}'],
  ],
  [
    'if (event.a) delete event.b; else event.b.c = 1',
    ['{"a":0,"b":{"d":1.0}}', '{"a":0,"b":{"d":1.0,"c":1}}'],
    ['{"b":{"d":1},"a":1.0}', '{"a":1.0}'],
  ],
  // Set, but to nothing that JSON has.
  ['event.a = undefined', ['{"b":1.0,"a":1}', '{"b":1.0}'], ['{"b":1.0}', '{"b":1.0}']],
  ['event.a = () => 1; event.b = Symbol("s"); event.x = 1', ['{"b":1,"c":2.0}', '{"c":2.0,"x":1}']],
  ['event.a = NaN; event.b = 1 / 0', ['{"a":1.0}', '{"a":null,"b":null}']],
  // Several are added in the order in which they are set.
  [
    'if (event.k) { event.y = 1; event.x = 2 } else { event.x = 2; event.y = 1 }',
    ['{"k":1.0}', '{"k":1.0,"y":1,"x":2}'],
    ['{"k":0.0}', '{"k":0.0,"x":2,"y":1}'],
    ['{"k":1,"x":0}', '{"k":1,"x":2,"y":1}'],
  ],
  // Further inside, everything else keeps its spelling.
  [
    'event.a.b = 1',
    ['{"a":{ "c":2.0 ,"b":5}, "d":1e400}', '{"a":{ "c":2.0 ,"b":1}, "d":1e400}'],
    ['{"a":[1.0]}', '{"a":[1.0]}'],
  ],
  ['event.a.push(1); event.x = 2', ['{"a":[2.0],"d":1.0}', '{"a":[2.0,1],"d":1.0,"x":2}']],
  ['event.a = { ...event.a, x: 1 }', ['{"a":{"b": 2.0},"c":1.0}', '{"a":{"b": 2.0,"x":1},"c":1.0}']],
  [
    'event.a = event.b',
    ['{"a":{"c": 2.0},"b":{"c":2}}', '{"a":{"c": 2.0},"b":{"c":2}}'],
    ['{"a":[1],"b":{"c":2.0}}', '{"a":{"c":2},"b":{"c":2.0}}'],
  ],
  // Members that JSON.parse gives in another order, or of which it gives only the last.
  ['event.x = 1', ['{"b":2.0,"0":1.0}', '{"0":1.0,"b":2.0,"x":1}'], ['{"b":1,"b":2.0}', '{"b":2.0,"x":1}']],
  ['event.b = 1', ['{"b":5,"c":1.0,"b":1.0}', '{"b":5,"c":1.0,"b":1.0}']],
  [
    'event.x = new Date(0); event.y = { toJSON: name => name }',
    ['{"x":0}', '{"x":"1970-01-01T00:00:00.000Z","y":"y"}'],
  ],
];

function deep(depth: number, inside: string): string {
  return '{"a":'.repeat(depth) + inside + '}'.repeat(depth);
}

describe.each(ENGINES)('a changed event, by the %s engine', engine => {
  test.each(CHANGES.map(([does, ...lines]) => ({ does, lines })))(
    'where the handler does $does is its line with nothing but the changes',
    async ({ does, lines }) => {
      const output = await changed(
        engine,
        does,
        lines.map(([line]) => line),
      );
      expect(output).toBe(lines.map(([, becomes]) => `${becomes}\n`).join(''));
    },
  );

  test('takes no more room than its changes', async () => {
    const line = `{"a":"${'x'.repeat(10_000)}","b":1,"c":"${'y'.repeat(10_000)}"}`;
    const handler = 'export default event => { event.b = 2; event.d = 3; return event }';
    const { output, slot } = await run(engine, [line], { handler });
    expect(output).toBe(`${line.replace('"b":1', '"b":2').slice(0, -1)},"d":3}\n`);
    expect(slot.edits[EDITS_TAKEN]! - EDITS_FROM).toBeLessThan(150);
  });

  test.each([true, false])(
    'that cannot be written tells of the first reason in the order of its members: in part %s',
    async inPart => {
      const handler =
        'export default event => { event.y = 1n; event.b = 1n; event.a = {}; event.a.self = event.a; return event }';
      const { letters, output } = await run(engine, ['{"a":1,"b":2}', '{"b":2,"a":1}', '{"y":1}'], {
        handler,
        inPart,
      });
      expect(output).toBe('');
      const reasons = letters.map(
        letter => (JSON.parse(letter) as { error: { message: string } }).error.message,
      );
      expect(reasons.map(reason => reason.replace(/^.*: /, ''))).toEqual([
        'Converting circular structure to JSON',
        'Do not know how to serialize a BigInt',
        'Do not know how to serialize a BigInt',
      ]);
    },
  );

  test('that is set to something very deep is written as it would be if all of it had been decoded', async () => {
    const handler =
      'export default event => { let at = event.a; while (typeof at.a === "object") at = at.a; at.a = 2; event.a = event.a; return event }';
    // The lines are canonical but for a number at the bottom, on both sides of any bound.
    const lines = [90, 110, 240, 248, 249, 250, 251, 252, 260].map(depth => deep(depth, '{"n":1.0,"a":1}'));
    const inPart = await run(engine, lines, { handler, inPart: true });
    expect(inPart.account.inPart).toBe(lines.length);
    expect(inPart.output).toBe((await run(engine, lines, { handler, inPart: false })).output);
    expect(inPart.output.split('\n')[0]).toBe(deep(90, '{"n":1.0,"a":2}'));
  });
});
