import { describe, expect, test } from 'vitest';
import { run } from './batch-runs.ts';

/** What dead letters say of handlers that fail. */

interface Letter {
  readonly reason: string;
  readonly error: { readonly name?: string; readonly message: string; readonly stack?: string };
  readonly event?: string;
}

function lettersIn({ letters }: { readonly letters: readonly string[] }): Letter[] {
  return letters.map(letter => JSON.parse(letter) as Letter);
}

describe('a dead letter', () => {
  test('says what a thrown value was, whatever it was', async () => {
    const thrown = [
      'text',
      null,
      undefined,
      5n,
      Symbol('s'),
      { a: 1 },
      new Uint8Array(3),
      new RangeError('far'),
    ];
    const handler = (at: number): never => {
      throw thrown[at];
    };
    const errors = lettersIn(
      await run(
        'wasm',
        thrown.map((_, at) => String(at)),
        { handler },
      ),
    ).map(({ error }) => error);
    expect(errors.map(({ message }) => message)).toEqual([
      'the handler threw "text"',
      'the handler threw null',
      'the handler threw undefined',
      'the handler threw 5n',
      'the handler threw Symbol(s)',
      'the handler threw {"a":1}',
      'the handler threw 3 bytes',
      'far',
    ]);
    expect(errors.at(-1)).toMatchObject({ name: 'RangeError' });
  });

  test('is made of an error that cannot be described, too', async () => {
    const outcome = await run('plain', ['1', '2'], {
      handler: event => {
        if (event === 1) throw strange();
        return true;
      },
    });
    expect(outcome.output).toBe('2\n');
    expect(lettersIn(outcome)).toMatchObject([{ reason: 'handler-threw', event: '1' }]);
  });

  test('is made of a result whose "then" throws, which is no promise', async () => {
    const outcome = await run('plain', ['1'], {
      handler: () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- what an old library may return
        get then() {
          throw new Error('then');
        },
      }),
    });
    expect(lettersIn(outcome)).toMatchObject([{ reason: 'handler-threw', error: { message: 'then' } }]);
  });

  test.each([
    ['export default event => Symbol("s")', 'the handler returned a symbol, which cannot be written as JSON'],
    ['export default event => -Infinity', 'the handler returned -Infinity, which JSON does not have'],
    ['export default event => NaN', 'the handler returned NaN, which JSON does not have'],
    [
      'export default event => ({ a: 1n })',
      'the handler returned a value that cannot be written as JSON: Do not know how to serialize a BigInt',
    ],
    [
      'export default event => ({ toJSON() { throw new Error("first\\nsecond") } })',
      'the handler returned a value that cannot be written as JSON: first',
    ],
    [
      'export default event => { event["toJSON"] = () => undefined; return event }',
      'the handler returned an event whose toJSON gives nothing',
    ],
  ])('says what is wrong with a result: %s', async (handler, message) => {
    for (const spelling of [0, 2] as const) {
      const letters = lettersIn(await run('wasm', ['{"a":1}'], { handler, spelling }));
      expect(letters).toMatchObject([{ reason: 'bad-result', error: { message }, event: '{"a":1}' }]);
    }
  });

  test('leaves nothing of the line in the output, and all of the lines around it', async () => {
    const handler = 'export default event => event.a ? [event.a, event.b ? Symbol("s") : 2] : event';
    const lines = ['{"a":1}', '{"a":3,"b":1}', '{"x":1.0}', '{"a":5}'];
    const { output, letters, account } = await run('wasm', lines, { handler });
    expect(output).toBe('1\n2\n{"x":1.0}\n5\n2\n');
    expect(letters).toHaveLength(1);
    expect(account).toMatchObject({ read: 4, kept: 3, dead: 1, written: 5 });
  });
});

/** An error that throws another when somebody looks where it comes from. */
function strange(): Error {
  const error = new Error('strange');
  Object.defineProperty(error, 'stack', {
    get: () => {
      throw new Error('no stack');
    },
  });
  return error;
}
