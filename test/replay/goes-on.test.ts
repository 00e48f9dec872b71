import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePath } from '../../src/kernel/path.ts';
import type { Input } from '../../src/replay/inputs.ts';
import { type Stretch, WHOLE } from '../../src/replay/pieces.ts';
import { memoryInput, pacedOptions, pacedRun, topicInput } from './paced-runs.ts';

/** A replay that was killed goes on as if it had not been: whatever was chosen on the way is kept with the positions. */

const FROM: Stretch = { ...WHOLE, fromMs: Date.UTC(2025, 0) };

function inputsOf(texts: readonly string[]): Input[] {
  return texts.map((text, n) => memoryInput(`f${n}`, text, 90));
}

/** What comes of it where the first run has committed so many lines. */
async function cut(
  texts: readonly string[],
  lines: number,
  part: Partial<Parameters<typeof pacedOptions>[0]>,
) {
  const first = await pacedRun(inputsOf(texts), pacedOptions(part), undefined, lines);
  return pacedRun(inputsOf(texts), pacedOptions(part), first);
}

describe('the time field', () => {
  const WHEN = '{"when":"2026-01-01T00:00:10Z"}\n';
  const BOTH = '{"ts":"2020-01-01T00:00:00Z","when":"2026-01-01T00:00:11Z"}\n';

  test.each([
    ['in an input', [WHEN.repeat(4) + BOTH.repeat(6)]],
    ['over several inputs', [WHEN.repeat(4), BOTH.repeat(6)]],
    ['behind a blank one', ['\n\n', WHEN, BOTH.repeat(7)]],
  ])('stays the one that was chosen first: %s', async (_, texts) => {
    for (let lines = 1; lines <= 10; lines++) {
      const { events } = await cut(texts, lines, { stretch: FROM });
      expect(events).toEqual(texts.join('').trim().split('\n'));
    }
  });

  test('is that of these inputs, and not one that was chosen for another', async () => {
    const first = await pacedRun([memoryInput('other', WHEN)], pacedOptions({ stretch: FROM }));
    const { events } = await pacedRun(inputsOf([BOTH]), pacedOptions({ stretch: FROM }), first);
    expect(events).toHaveLength(1);
  });

  test('is chosen where the position of an earlier version says nothing of it', async () => {
    const positions = { f0: { offset: WHEN.length, line: 1, unfinished: false } };
    const before = { events: [], positions };
    const { events } = await pacedRun(inputsOf([WHEN.repeat(3)]), pacedOptions({ stretch: FROM }), before);
    expect(events).toHaveLength(2);
  });
});

describe('an event without a time goes with the one before it', () => {
  const INSIDE = '{"ts":"2026-01-01T00:00:10Z"}\n';
  const OUTSIDE = '{"ts":"2020-01-01T00:00:00Z"}\n';
  const options = { stretch: FROM, timeField: parsePath('ts') };

  test('also where that was read by an earlier run', async () => {
    for (const [first, count] of [
      [INSIDE, 4],
      [OUTSIDE, 0],
    ] as const) {
      for (let lines = 1; lines <= 4; lines++) {
        const { events } = await cut([`${first}${'{"i":1}\n'.repeat(3)}`], lines, options);
        expect(events).toHaveLength(count);
      }
    }
  });

  test('also where that was the last one of an input that was finished', async () => {
    for (let lines = 1; lines <= 5; lines++) {
      const texts = [OUTSIDE + INSIDE, '{"i":1}\n', `{"i":2}\n${OUTSIDE}`];
      expect((await cut(texts, lines, options)).events).toHaveLength(3);
    }
  });

  test('wherever commits fall, of any number of runs', async () => {
    const line = fc.constantFrom(INSIDE, OUTSIDE, '{"i":1}\n', '{"i":2}\n', '\n', 'no JSON\n');
    const text = fc.tuple(fc.array(line, { maxLength: 8 }), fc.boolean()).map(textOf);
    const stretch = fc.constantFrom<Stretch>(FROM, { ...WHOLE, toMs: FROM.fromMs });
    const commits = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 4 }), stretch, commits, async (texts, part, all) => {
        const some = { stretch: part, timeField: parsePath('ts') };
        const expected = await pacedRun(inputsOf(texts), pacedOptions(some));
        let before: Awaited<ReturnType<typeof pacedRun>> | undefined;
        for (const lines of [...all, Number.POSITIVE_INFINITY]) {
          before = await pacedRun(inputsOf(texts), pacedOptions(some), before, lines);
        }
        expect(before).toEqual(expected);
      }),
    );
  });

  test('and is told of as at the start where the position of an earlier version says nothing', async () => {
    const before = { events: [], positions: { f0: { offset: INSIDE.length, line: 1, unfinished: false } } };
    const inputs = inputsOf([`${INSIDE}{"i":1}\n${INSIDE}{"i":2}\n`]);
    expect((await pacedRun(inputs, pacedOptions(options), before)).events).toHaveLength(2);
  });
});

/** The lines, of which the last one may lack its newline. */
function textOf([lines, isEnded]: [string[], boolean]): string {
  const text = lines.join('');
  return isEnded ? text : text.slice(0, -1);
}

describe('where nothing of a topic was committed so late yet', () => {
  const FIRST = { text: 'a\n', time: 100 };
  const EARLY = { text: 'b\n', time: 200 };
  const LATE = { text: 'c\n', time: 300 };
  const stretch = { ...WHOLE, fromMs: 300 };

  test.each([
    [[FIRST], [FIRST, EARLY], [FIRST, EARLY, LATE]],
    [[], [FIRST, EARLY, LATE], [FIRST, EARLY, LATE]],
  ])('the replay has not begun, and looks for its start again', async (...all) => {
    let before: Awaited<ReturnType<typeof pacedRun>> | undefined;
    for (const commits of all) {
      before = await pacedRun([topicInput('t', commits)], pacedOptions({ stretch }), before);
    }
    expect(before?.events).toEqual(['c']);
  });

  test('and what is committed too early while it reads is no part of it', async () => {
    const input = topicInput('t', [FIRST], [EARLY, LATE]);
    expect((await pacedRun([input], pacedOptions({ stretch }))).events).toEqual(['c']);
  });

  test('also where that was read when the run was killed', async () => {
    const before = { text: 'a\nb\n', time: 200 };
    for (const lines of [0, 1, 2, 3]) {
      const inputs = [topicInput('t', [FIRST], [before, LATE])];
      const first = await pacedRun(inputs, pacedOptions({ stretch }), undefined, lines);
      expect((await pacedRun(inputs, pacedOptions({ stretch }), first)).events).toEqual(['c']);
    }
  });
});
