import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSelect } from '../../src/query/select.ts';
import { selectText } from '../../src/worker/select-text.ts';
import { someEvent, someName, someSpelling, write } from '../kernel/documents.ts';
import { run } from './batch-runs.ts';
import { ENGINES, type EngineName } from './slots.ts';

/** What `--select` gives of lines, from their own bytes. */

async function selected(engine: EngineName, lines: readonly string[], select: string): Promise<string[]> {
  const { output, letters } = await run(engine, lines, { select });
  expect(letters).toEqual([]);
  return output.split('\n').slice(0, -1);
}

/** Lists of paths, none of which is another one or leads into it. */
const someSelect = fc
  .array(fc.array(someName, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 })
  .map(paths =>
    paths
      .filter(names => names.every(name => !name.includes(',')))
      .filter((names, at) => !paths.some((other, index) => index !== at && clashes(names, other, at < index)))
      .map(names => names.map(name => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''))
      .join(','),
  )
  .filter(text => text !== '');

function clashes(names: readonly string[], other: readonly string[], isEarlier: boolean): boolean {
  const isInside = other.every((name, at) => names[at] === name);
  return isInside && (other.length < names.length || !isEarlier);
}

describe.each(ENGINES)('--select, by the %s engine', engine => {
  test('gives the fields that picking them from the parsed event gives, in the same order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(someEvent, someSpelling), { minLength: 1, maxLength: 6 }),
        someSelect,
        async (events, select) => {
          const lines = events.map(([event, spelling]) => write(event, spelling));
          const { pick, tree } = parseSelect(select);
          const outputs = await selected(engine, lines, select);
          expect(outputs.length).toBe(lines.length);
          for (const [at, output] of outputs.entries()) {
            expect(selectText(lines[at]!, tree)).toBe(output);
            const [found, expected]: unknown[] = [JSON.parse(output), pick(JSON.parse(lines[at]!))];
            expect(JSON.stringify(found)).toBe(JSON.stringify(expected));
            // Also what JSON.stringify does not tell apart.
            expect(isDeepStrictEqual(found, expected)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('keeps the spelling of values, and nothing of what is around them', async () => {
    const line =
      ' { "x" : 1 , "n" : 9223372036854775807 ,"f":2230.0,"big":1e400, "s" : "\\u00e9\\/" , "o" : { "deep" : [ 1.0 , 2 ] , "no" : 1 } }\r';
    expect(await selected(engine, [line], 'big,n,s,o.deep,f')).toEqual([
      '{"big":1e400,"n":9223372036854775807,"s":"\\u00e9\\/","o":{"deep":[ 1.0 , 2 ]},"f":2230.0}',
    ]);
  });

  test('keeps it also where the kernel has left the line to JavaScript', async () => {
    const line = '{"\\u006e":9223372036854775807,"f":2230.0,"o":{"a":1.0,"b":1e400}}';
    expect(await selected(engine, [line], 'n,o.b')).toEqual(['{"n":9223372036854775807,"o":{"b":1e400}}']);
    const lines = [
      '{"\\u006f":1,"x":[ 1e400 , [2.0]],"o":{"d":{}}} ',
      ' ["\\u006f",{"\\u006f":-0}]',
      '"\\u006f"',
    ];
    const handler = 'export default event => [true]';
    const { output } = await run(engine, lines, { handler, select: 'o.d,x.1,x.0,1.o' });
    expect(output).toBe('{"o":{"d":{}},"x":{"0":1e400,"1":[2.0]}}\n{"1":{"o":-0}}\n{}\n');
  });

  test('is taken of what a handler gives, in the spelling that has', async () => {
    const lines = ['{"a":2230.0,"b":{"c":1e400,"d":1}}', ' { "b" : { "c" : "\\u0061" } } ', '[1.0]'];
    const select = 'x,b.c,0';
    const changed = await run(engine, lines, {
      handler: 'export default event => { event.x = 1.0; return event }',
      select,
    });
    expect(changed.output).toBe('{"x":1,"b":{"c":1e400}}\n{"x":1,"b":{"c":"\\u0061"}}\n{"0":1.0}\n');
    const several = await run(engine, lines, {
      handler: 'export default event => [true, event.b, { x: event.a }]',
      select,
    });
    expect(several.output.split('\n').slice(0, 3)).toEqual(['{"b":{"c":1e400}}', '{}', '{"x":2230}']);
  });

  test('leaves out what is missing, with the objects around it, and keeps null', async () => {
    const lines = [
      '{"a":null,"b":{"c":{}}}',
      '{"b":{"x":1}}',
      '{"b":5,"d":[7,{"e":1.50}]}',
      '[1]',
      '"a"',
      '{}',
    ];
    expect(await selected(engine, lines, 'a,b.c.d,b.x,d.1.e')).toEqual([
      '{"a":null}',
      '{"b":{"x":1}}',
      '{"d":{"1":{"e":1.50}}}',
      '{}',
      '{}',
      '{}',
    ]);
  });

  test('puts names that are indices first, and escapes names', async () => {
    expect(await selected(engine, ['{"a\\"b":1,"é":2,"10":3,"9":4}'], '/é,/10,/9')).toEqual([
      '{"9":4,"10":3,"é":2}',
    ]);
    expect(await selected(engine, ['{"a/b":1,"x":{"~":2.0}}'], '/a~1b,/x/~0')).toEqual([
      '{"a/b":1,"x":{"~":2.0}}',
    ]);
  });
});
