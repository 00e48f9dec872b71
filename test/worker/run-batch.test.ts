import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Handler } from '../../src/index.ts';
import { Outcome } from '../../src/kernel/line-table.ts';
import { LINES, run } from './batch-runs.ts';
import { ENGINES } from './slots.ts';

const LINE_BYTES_MAX = 60;

/** Lines, with what `handler` makes of them: its outputs, or the reason for which it is dead. Each byte is a character. */
const BEHAVIOURS: readonly (readonly [line: string, fate: readonly string[] | { readonly dead: string }])[] =
  [
    ['', []],
    [' \t\r', []],
    ['{"do":"pass", "n":9223372036854775807}', ['{"do":"pass", "n":9223372036854775807}']],
    ['{"do":"pass"}\r', ['{"do":"pass"}\r']],
    ['{"do":"drop"}', []],
    ['{"do":"replace","n":1}', ['{"n":1}']],
    ['{"do":"replace","n":"\\u20ac"}', ['{"n":"\xe2\x82\xac"}']],
    ['{"do":"each","n":2.0}', ['2', '{"do":"each","n":2.0}', '[2]']],
    ['{"do":"none"}', []],
    ['{"do":"same" , "n":1e400}', ['{"do":"same" , "n":1e400}']],
    ['{"do":"twice" , "n":1.0} ', ['{"do":"twice" , "n":1.0}', '{"do":"twice" , "n":1.0}']],
    ['{"do":"change" , "n":2.0}', ['{"do":"change" , "n":2.0,"x":1}']],
    ['{"do":"bigint"}', { dead: 'bad-result' }],
    ['{"do":"half"}', { dead: 'bad-result' }],
    ['{"do":"infinite"}', { dead: 'bad-result' }],
    ['{"do":"throw"}', { dead: 'handler-threw' }],
    ['{"do":"reject"}', { dead: 'handler-threw' }],
    ['{"do":"later","n":3}', ['{"later":3}']],
    ['{"do":"then","n":4}', ['4']],
    // What is no object is given as it is, and may be what is returned.
    ['2230.0', ['2230.0']],
    [' 1e400 ', [' 1e400 ']],
    ['"\\u0061"', ['"\\u0061"']],
    ['[1.0, 2]', ['[1.0, 2]']],
    ['true', ['true']],
    ['null', []],
    ['{oops', { dead: 'invalid-json' }],
    ['"\xff"', { dead: 'invalid-utf8' }],
    [`"${'x'.repeat(LINE_BYTES_MAX)}"`, { dead: 'line-too-long' }],
    // Whatever else it is.
    [`\xff${'x'.repeat(LINE_BYTES_MAX)}`, { dead: 'line-too-long' }],
    [' '.repeat(LINE_BYTES_MAX + 1), []],
  ];

async function later(n: number): Promise<unknown> {
  await new Promise(setImmediate);
  return { later: n };
}

const handler: Handler = event => {
  switch (event?.do) {
    case 'pass':
      return true;
    case 'drop':
      return undefined;
    case 'replace':
      return { n: event.n };
    case 'each':
      return [event.n, true, null, [event.n], false];
    case 'none':
      return [];
    case 'twice':
      return [event, event];
    case 'change':
      event.x = 1;
      return event;
    case 'bigint':
      return 5n;
    case 'half':
      return ['written', () => 'not'];
    case 'infinite':
      return 1 / 0;
    case 'throw':
      throw new Error('thrown');
    case 'reject':
      return Promise.reject(new Error('rejected'));
    case 'later':
      return later(event.n);
    case 'then':
      // oxlint-disable-next-line unicorn/no-thenable -- what an old library may return
      return { then: (resolve: (value: unknown) => void) => resolve(event.n) };
    default:
      return event;
  }
};

function reasonsOf(letters: readonly string[]): string[] {
  return letters.map(letter => (JSON.parse(letter) as { reason: string }).reason);
}

describe.each(ENGINES)('runBatch, by the %s engine', engine => {
  test.each(LINES)('gives for each line, in order, what the handler made of it, lines %s', async kind => {
    const someLines = fc.array(fc.constantFrom(...BEHAVIOURS), { maxLength: 12 });
    const someRoom = fc.constantFrom({}, { editsBytes: 16 }, { editsBytes: 100, recordsBytes: 100 });
    await fc.assert(
      fc.asyncProperty(someLines, someRoom, async (behaviours, room) => {
        const bytes = behaviours.map(([line]) => Buffer.from(line, 'latin1'));
        const setting = { handler, lines: kind, room, lineBytesMax: LINE_BYTES_MAX };
        const { output, letters, account, laid } = await run(engine, bytes, setting);
        const outputs = behaviours.flatMap(([, fate]) => ('dead' in fate ? [] : fate));
        expect(Buffer.from(output).toString('latin1')).toBe(outputs.map(text => `${text}\n`).join(''));
        const dead = behaviours.flatMap(([, fate], line) =>
          'dead' in fate ? [{ line: line + 1, offset: 1000 + laid.starts[line]!, reason: fate.dead }] : [],
        );
        expect(letters.map(letter => JSON.parse(letter) as unknown)).toEqual(
          dead.map(letter => expect.objectContaining(letter) as unknown),
        );
        const kept = behaviours.filter(([, fate]) => !('dead' in fate) && fate.length > 0).length;
        const blank = behaviours.filter(([line]) => line.trim() === '').length;
        const read = behaviours.length - blank;
        expect(account).toMatchObject({
          read,
          blank,
          kept,
          dead: dead.length,
          dropped: read - kept - dead.length,
          written: outputs.length,
        });
      }),
    );
  });

  test.each(LINES)('ends at the first dead line where the run is to stop at it, lines %s', async kind => {
    const lines = ['{"do":"pass"}', '{"do":"throw"}', '{"do":"pass"}', 'oops'];
    // One key, so that one lane has them all.
    const keyed = lines.map(line => line.replace('}', ',"id":1}'));
    const setting = { handler, lines: kind, onError: 'stop' } as const;
    const { output, account, slot, results } = await run(engine, keyed, setting);
    expect(output).toBe(`${keyed[0]}\n`);
    expect(account).toMatchObject({ read: 1, kept: 1, dead: 0 });
    expect(slot.table.outcomes[2]).toBe(Outcome.pending);
    const [, ...others] = results;
    expect(others.flatMap(({ dead }) => dead.map(({ line }) => line))).toContain(1);
  });

  test('tells how many events were decoded in part, and how many whole', async () => {
    const lines = ['{"a":1}', '{"a":"x"}', '[1]', '', 'oops', '{"\\u0061":1}'];
    const some = await run(engine, lines, { handler: 'export default event => [event.a]' });
    expect(some.account).toMatchObject({ inPart: 2, whole: 2 });
    const none = await run(engine, lines, { handler: 'export default event => event.a > 0' });
    // The kernel has decided about the first line alone.
    expect(none.account).toMatchObject({ inPart: 0, whole: 3 });
  });

  test('needs no handler', async () => {
    const lines = ['{"a":1, "b":2}', '{"a":0}', '', 'oops', '{"\\u0061":1}', '{"a":"1"}'];
    const { output, letters, account } = await run(engine, lines, { where: 'a > 0' });
    expect(output).toBe('{"a":1, "b":2}\n{"\\u0061":1}\n{"a":"1"}\n');
    expect(reasonsOf(letters)).toEqual(['invalid-json']);
    expect(account).toMatchObject({ read: 5, blank: 1, kept: 3, dropped: 1, dead: 1, written: 3 });
  });

  test('asks the handler about what --where lets through, and selects of what that gives', async () => {
    const lines = ['{"a":1,"b":2.0}', '{"a":0,"b":1}', '{"a":2}', '{"a":3,"b":[4.0]}'];
    const setting = {
      where: 'a',
      select: 'b,x',
      handler: 'export default event => event.a !== 3 ? true : [true, { x: 1 }]',
    };
    const { output, account } = await run(engine, lines, setting);
    expect(output).toBe('{"b":2.0}\n{}\n{"b":[4.0]}\n{"x":1}\n');
    expect(account).toMatchObject({ read: 4, kept: 3, dropped: 1, written: 4 });
  });
});
