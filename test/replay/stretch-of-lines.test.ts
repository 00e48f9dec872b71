import { expect, test } from 'vitest';
import { WHOLE } from '../../src/replay/pieces.ts';
import { memoryInput, pacedOptions, pacedRun } from './paced-runs.ts';

/** Which lines of an input are part of a replay that goes on where it was left. */

function linesTo(end: number): string[] {
  return Array.from({ length: end }, (_, i) => `{"i":${i}}`);
}

test.each([
  [{ toOffset: 5 }, linesTo(5)],
  [{ fromOffset: 1 }, linesTo(9).slice(1)],
  [{ fromOffset: 1, toOffset: 2 }, linesTo(2).slice(1)],
  [{ fromOffset: 2, toOffset: 4 }, linesTo(4).slice(2)],
])('the rest of a line that was unfinished has the number of that one: %o', async (part, expected) => {
  const all = `${linesTo(9).join('\n')}\n`;
  const options = (): ReturnType<typeof pacedOptions> => pacedOptions({ stretch: { ...WHOLE, ...part } });
  const early = await pacedRun([memoryInput('in', linesTo(2).join('\n'))], options());
  const late = await pacedRun([memoryInput('in', all)], options(), early);
  expect(late.events).toEqual(expected);
  expect((await pacedRun([memoryInput('in', all)], options())).events).toEqual(expected);
});
