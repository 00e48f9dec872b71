import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePath } from '../../src/kernel/path.ts';
import type { Input } from '../../src/replay/inputs.ts';
import { type Stretch, WHOLE } from '../../src/replay/pieces.ts';
import type { PacedOptions } from '../../src/replay/replayed-source.ts';
import { replay } from '../../src/replay/replay.ts';
import { memoryInput, pacedOptions, pacedRun } from './paced-runs.ts';

/** A replay has the same events with a handler and without. */

type Options = Partial<Pick<PacedOptions, 'timeField' | 'timeUnit'>> & { readonly stretch: Stretch };

/** The events of a replay without a handler; white space is no event. */
async function played(inputs: readonly Input[], options: Options): Promise<string[]> {
  const { timeField, timeUnit, pacer, stopped, onShare } = pacedOptions(options);
  const texts: string[] = [];
  const sink = {
    closed: false,
    write: async (bytes: Uint8Array) => void texts.push(Buffer.from(bytes).toString('latin1')),
    end: async () => undefined,
    abort: () => undefined,
  };
  const filters = { where: undefined, select: undefined, onInvalid: () => undefined };
  const hooks = { stopped, pacer, tell: () => undefined, onShare };
  await replay({ inputs, stretch: options.stretch, timeField, timeUnit, filters }, sink, hooks);
  const lines = texts.join('').split('\n');
  return lines.map(line => line.trim()).filter(line => line !== '');
}

async function handled(inputs: readonly Input[], options: Options): Promise<readonly string[]> {
  return (await pacedRun(inputs, pacedOptions(options))).events;
}

function inputsOf(texts: readonly string[], readBytes?: number): Input[] {
  return texts.map((text, n) => memoryInput(`f${n}`, text, readBytes));
}

const FROM: Stretch = { ...WHOLE, fromMs: Date.UTC(2026, 0, 1, 0, 0, 5) };
const LATER = '2026-01-01T00:00:10Z';

describe('several inputs are played as if they were one', () => {
  test.each<[string, string[], Options, number]>([
    [
      'an event without a time goes with the last one of the input before',
      [`{"ts":"${LATER}","i":0}\n`, `{"i":1}\n{"ts":"2026-01-01T00:00:11Z","i":2}\n`],
      { stretch: FROM, timeField: parsePath('ts') },
      3,
    ],
    [
      'the first events say what the time is in all of them',
      [`{"ts":"${LATER}","i":0}\n`, `{"time":"${LATER}","i":5}\n`, '{"i":6}\n'],
      { stretch: FROM },
      3,
    ],
    [
      'blank inputs say nothing of it',
      ['\n \n', '', `{"ts":"${LATER}","i":0}\n`, `{"time":"${LATER}"}\n`],
      { stretch: FROM },
      2,
    ],
  ])('%s', async (_, texts, options, count) => {
    const events = await played(inputsOf(texts), options);
    expect(events).toHaveLength(count);
    expect(await handled(inputsOf(texts), options)).toEqual(events);
  });

  test('also where no field looks like a time', async () => {
    for (const way of [played, handled]) {
      const failing = way(inputsOf(['\n', '{"a":1}\n', `{"ts":"${LATER}"}\n`]), { stretch: FROM });
      await expect(failing).rejects.toMatchObject({ code: 'MILLRACE_NO_TIME' });
    }
  });

  test('whatever the events are, and however they are read', async () => {
    const line = fc.oneof(
      fc.integer({ min: 0, max: 9 }).map(second => `{"ts":"2026-01-01T00:00:0${second}Z"}`),
      fc.integer({ min: 0, max: 9 }).map(second => `{"when":"2026-01-01T00:00:0${second}Z"}`),
      fc.constantFrom('{"a":1}', 'no JSON', '', '  '),
    );
    const text = fc
      .tuple(fc.array(line, { maxLength: 6 }), fc.boolean())
      .map(([lines, isEnded]) => lines.join('\n') + (isEnded && lines.length > 0 ? '\n' : ''));
    const stretch = fc.constantFrom<Stretch>(FROM, { ...WHOLE, toMs: FROM.fromMs }, WHOLE);
    const texts = fc.array(text, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        texts,
        stretch,
        fc.boolean(),
        fc.integer({ min: 1, max: 90 }),
        async (all, part, isNamed, size) => {
          const options = { stretch: part, ...(isNamed ? { timeField: parsePath('ts') } : {}) };
          const ways = [played, handled].map(way => way(inputsOf(all, size), options).catch(codeOf));
          const [without, withHandler] = await Promise.all(ways);
          expect(withHandler).toEqual(without);
        },
      ),
    );
  });
});

function codeOf(error: unknown): string {
  return (error as { code: string }).code;
}

test('the field is chosen from the first events of the range', async () => {
  const early = `{"when":"${LATER}"}\n`.repeat(3);
  const texts = [`${early}${`{"ts":"${LATER}","when":"2020-01-01T00:00:00Z"}\n`.repeat(3)}`];
  const stretch = { ...WHOLE, fromOffset: 3, toMs: Date.UTC(2025, 0) };
  for (const way of [played, handled]) expect(await way(inputsOf(texts), { stretch })).toEqual([]);
});

test('offsets are the numbers that the lines have in the input, whose first ones may be gone', async () => {
  const stretch = { ...WHOLE, fromOffset: 6, toOffset: 8 };
  const inputs = [memoryInput('in', '5\n6\n7\n8\n', 3, 5)];
  for (const way of [played, handled]) expect(await way(inputs, { stretch })).toEqual(['6', '7']);
});
