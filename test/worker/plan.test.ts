import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineState, Outcome } from '../../src/kernel/line-table.ts';
import { loadKernel } from '../../src/kernel/load.ts';
import { Exit, SpellingCheck } from '../../src/kernel/program.ts';
import { recordBytes } from '../../src/kernel/records.ts';
import { readHandler } from '../../src/query/handler-reader.ts';
import { parseSelect } from '../../src/query/select.ts';
import { parseWhere } from '../../src/query/where.ts';
import { closerProgram, type FieldPart, makePlan, type Plan } from '../../src/worker/plan.ts';
import { someEvent, write } from '../kernel/documents.ts';
import { handlerOf } from './handler-sources.ts';
import { ENGINES, type EngineName, LANES, lay, placeOf, slotOf } from './slots.ts';

interface Asked {
  readonly key?: string;
  readonly where?: string | undefined;
  readonly select?: string;
  /** The handler's text. */
  readonly handler?: string | undefined;
}

function planOf({ key, where, select, handler }: Asked): Plan {
  return makePlan({
    key,
    where: where === undefined ? undefined : parseWhere(where),
    select: select === undefined ? undefined : parseSelect(select),
    hasHandler: handler !== undefined,
    reading: handler === undefined ? undefined : readHandler(`export default ${handler}`, 'file:///millrace'),
    lineBytesMax: 1_000_000,
  });
}

function namesOf({ program }: Plan): string[] {
  return program.fields.map(({ segments }) => segments.map(({ name }) => name).join('.'));
}

/** The names that lead to each part, and those that the program has for its field. */
function pathsOf(plan: Plan, parts: readonly FieldPart[], above = ''): (readonly [string, string])[] {
  return parts.flatMap(({ name, field, parts: inner }) => {
    const path = above === '' ? name : `${above}.${name}`;
    return [[path, namesOf(plan)[field]!] as const, ...pathsOf(plan, inner, path)];
  });
}

function linesOnly(asked: Asked): boolean | undefined {
  return planOf(asked).program.linesOnly;
}

describe('a plan', () => {
  test('asks for each value once, whoever wants it, and tells each where it is', () => {
    const plan = planOf({
      key: 'a.b',
      where: 'a.b > 1 && c',
      select: 'x,c,/a/b',
      handler: 'event => { event.c = event.a.b + event.d.e.f; event.y = 1; return event }',
    });
    expect(namesOf(plan).toSorted()).toEqual(['a', 'a.b', 'c', 'd', 'd.e', 'd.e.f', 'x', 'y']);
    expect(namesOf(plan)[plan.program.key]).toBe('a.b');
    expect(plan.selectFields.map(field => namesOf(plan)[field])).toEqual(['x', 'c', 'a.b']);
    expect(plan.writes.map(({ name, field }) => [name, namesOf(plan)[field]])).toEqual([
      ['c', 'c'],
      ['y', 'y'],
    ]);
    const paths = pathsOf(plan, plan.parts!);
    expect(paths.map(([path]) => path)).toEqual(['a', 'a.b', 'd', 'd.e', 'd.e.f']);
    for (const [path, found] of paths) expect(found).toBe(path);
    expect(plan.recordWords * 4).toBe(recordBytes(8));
  });

  test('names parts as they are, also where a path would mean something else by them', () => {
    const plan = planOf({ handler: 'event => event["a.b"]["c/d"]["e~1"] + event[""].x + event["~0"]' });
    const paths = plan.program.fields.map(({ segments }) => segments.map(({ name }) => name));
    expect(paths).toEqual([['a.b'], ['a.b', 'c/d'], ['a.b', 'c/d', 'e~1'], [''], ['', 'x'], ['~0']]);
  });

  test('has all of a member that may be set or deleted, so that it can be left as it was', () => {
    const { parts } = planOf({
      handler:
        'event => { if (event.a.b) delete event.a; if (event.c.d) event.c = 1; return event.e.f ? event : 0 }',
    });
    expect(parts!.map(({ name, whole }) => [name, whole])).toEqual([
      ['a', true],
      ['c', true],
      ['e', false],
    ]);
  });

  test.each([
    ['event => event.a > 1', undefined, true, true],
    ['event => event.a > 1', 'a', true, false],
    [undefined, undefined, true, true],
    [undefined, 'a', true, false],
    ['event => ({ b: event.a })', undefined, false, false],
    ['event => Object.keys(event)', 'a', false, false],
  ])('of %s and --select %s: decided %s, by a verdict only %s', (handler, select, decided, verdictOnly) => {
    const plan = planOf({ handler, where: 'c', ...(select === undefined ? {} : { select }) });
    expect([plan.decided, plan.program.verdictOnly]).toEqual([decided, verdictOnly]);
  });

  test('looks at the spelling of lines only for a handler that returns its event changed', () => {
    expect(planOf({ handler: 'event => event.a > 1' }).program.spelling).toBe(SpellingCheck.none);
    expect(planOf({ handler: 'event => Object.keys(event)' }).program.spelling).toBe(SpellingCheck.none);
    const changing = planOf({ handler: 'event => { event.a = 1; return event }' });
    expect(changing.program.spelling).toBe(SpellingCheck.names);
  });

  test('looks closer at the spelling where what the handler returns makes it worth its while', () => {
    const { none, names, all, numbers } = SpellingCheck;
    const closer = (
      asked: Asked,
      returnsEvents: boolean,
      returnsOthers: boolean,
    ): SpellingCheck | undefined =>
      closerProgram(planOf(asked).program, { returnsEvents, returnsOthers })?.spelling;
    const picking = { handler: 'event => ({ a: event.a })' };
    const changing = { handler: 'event => { event.a = 1; return event }' };
    const listing = { handler: 'event => Object.keys(event)' };
    expect([picking, changing].map(asked => planOf(asked).program.spelling)).toEqual([none, names]);
    expect([picking, changing, listing].map(asked => closer(asked, false, false))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([picking, changing, listing].map(asked => closer(asked, false, true))).toEqual([
      numbers,
      all,
      numbers,
    ]);
    expect([picking, changing, listing].map(asked => closer(asked, true, false))).toEqual([all, all, all]);
    expect(closer({ ...listing, key: 'id' }, false, true)).toBe(numbers);
    const { program } = planOf(listing);
    expect(closerProgram(program, { returnsEvents: true, returnsOthers: false })?.linesOnly).toBe(false);
    expect(closerProgram(program, { returnsEvents: false, returnsOthers: true })?.linesOnly).toBe(false);
    const looking = { ...planOf(picking).program, spelling: numbers };
    expect(closerProgram(looking, { returnsEvents: false, returnsOthers: true })).toBeUndefined();
    expect(closerProgram(looking, { returnsEvents: true, returnsOthers: true })?.spelling).toBe(all);
    const closest = { ...looking, spelling: all };
    expect(closerProgram(closest, { returnsEvents: true, returnsOthers: true })).toBeUndefined();
  });

  test('asks for nothing but lines where all of them are parsed anyway', () => {
    const handler = 'event => Object.keys(event)';
    expect(linesOnly({ handler })).toBe(true);
    expect([linesOnly({ handler, key: 'a' }), linesOnly({ handler, where: 'a' })]).toEqual([false, false]);
    expect([linesOnly({ handler, select: 'a' }), linesOnly({})]).toEqual([false, false]);
    // This one is known to look at nothing.
    expect(linesOnly({ handler: '() => true' })).toBe(false);
  });

  test('knows no parts of what could not be read', () => {
    expect(planOf({ handler: 'event => Object.keys(event)' }).parts).toBeUndefined();
    expect(planOf({ where: 'a' }).parts).toBeUndefined();
    expect(planOf({ handler: '() => true' }).parts).toEqual([]);
  });

  test('joins --where and the verdict of a handler, the former first', () => {
    const { program } = planOf({ where: 'a > 1', handler: 'event => event.b === 2' });
    const { tests } = program.predicate!;
    expect(tests[0]).toMatchObject({ number: 1, onTrue: expect.any(Number) as number, onFalse: Exit.drop });
    // All jumps go forward, to a test that is there.
    for (const [at, { onTrue, onFalse }] of tests.entries()) {
      for (const to of [onTrue, onFalse]) expect(to < 0 || (to > at && to < tests.length)).toBe(true);
    }
    expect(tests.some(({ onTrue }) => onTrue === Exit.pass)).toBe(true);
    expect(planOf({}).program.predicate).toBeUndefined();
  });
});

const WHERES = ['a > 1', 'a == b', 'id || c', '!(a && b)', 'a != null && (b || c)', 'a.b === "a"', 'a in b'];
const VERDICTS = [
  'event => event.a > 1',
  'event => event.b === "a" || event.c > 1',
  'event => !!event.id && !event.b',
  'event => event.c == null || event.a.b === "a"',
  '({ a, c }) => a === 1 ? !!c : !c',
];

function stateOf(engine: EngineName, plan: Plan, line: string): readonly [state: number, outcome: number] {
  const place = placeOf(engine);
  const slot = slotOf(place);
  const { range } = lay(slot, [line]);
  const kernel = loadKernel(place.wasm, 1, plan.program, LANES);
  kernel.scan({ ...slot, ...kernel.ownRecords }, range.from, range.to, 0, 10);
  return [slot.table.states[0]!, slot.table.outcomes[0]!];
}

describe.each(ENGINES)('--where and a verdict together, by the %s engine', engine => {
  test('decide as one after the other would, or leave the line over', () => {
    const plans = new Map<string, Plan>();
    const decided = { [LineState.valid]: 0, [LineState.dropped]: 0 };
    fc.assert(
      fc.property(
        someEvent,
        fc.option(fc.constantFrom(...WHERES), { nil: undefined }),
        fc.option(fc.constantFrom(...VERDICTS), { nil: undefined }),
        (event, where, handler) => {
          const line = write(event, [0]);
          const asked = `${where} ${handler}`;
          const plan = plans.get(asked) ?? planOf({ where, handler });
          plans.set(asked, plan);
          expect(plan.decided).toBe(true);
          const [state, outcome] = stateOf(engine, plan, line);
          if (state !== LineState.valid && state !== LineState.dropped) {
            expect([LineState.unsure, LineState.rare]).toContain(state);
            expect(outcome).toBe(Outcome.pending);
            return;
          }
          decided[state]++;
          expect(outcome).toBe(state === LineState.valid ? Outcome.passed : Outcome.dropped);
          const value: unknown = JSON.parse(line);
          const passesWhere = where === undefined || parseWhere(where).test(value);
          // A handler is not asked about what --where drops.
          const passes =
            passesWhere &&
            (handler === undefined ||
              handlerOf(`export default ${handler}`)(value, undefined as never) === true);
          expect(passes).toBe(state === LineState.valid);
        },
      ),
      { numRuns: 2000 },
    );
    expect(Math.min(...Object.values(decided))).toBeGreaterThan(10);
  });
});
