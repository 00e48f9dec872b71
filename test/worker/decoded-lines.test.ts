import { isUtf8 } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineState } from '../../src/kernel/line-table.ts';
import { loadKernel } from '../../src/kernel/load.ts';
import { readHandler } from '../../src/query/handler-reader.ts';
import { parseSelect } from '../../src/query/select.ts';
import { parseWhere } from '../../src/query/where.ts';
import { DecodedLines } from '../../src/worker/decoded-lines.ts';
import { makePlan, type Plan } from '../../src/worker/plan.ts';
import { type LineRange, type ListedLines, Progress } from '../../src/worker/protocol.ts';
import { someEvent, someSpelling, write } from '../kernel/documents.ts';
import { ENGINES, type EngineName, LANES, lay, placeOf, slotOf } from './slots.ts';

const LINE_BYTES_MAX = 50_000;

const ODD_LINES: readonly (string | Buffer)[] = [
  '',
  ' \t',
  'oops',
  '{"a":1,}',
  Buffer.from('{"a":"\xff"}', 'latin1'),
  Buffer.from(`"\xff${'x'.repeat(LINE_BYTES_MAX)}"`, 'latin1'),
  `"${'€'.repeat(LINE_BYTES_MAX / 3)}"`,
  `{"a":"${'y'.repeat(40_000)}","b":{"c":"é"}}`,
  `{"b":{"c":"${'z'.repeat(12)}","x":1},"a":"${'z'.repeat(13)}"}`,
  '{"\\u0061":2,"b":{"c":1}}',
  '{"a":1e400,"b":{"\\u0063":9223372036854775807}}',
  '{"a":"-","b":[{"c":1}]}',
  '[{"a":1}]',
  '7',
];
const someLine = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(someEvent, someSpelling).map(([event, spelling]) => write(event, spelling)),
  },
  { weight: 2, arbitrary: fc.constantFrom(...ODD_LINES) },
);
const someLines = fc
  .array(someLine, { maxLength: 50, size: 'max' })
  .filter(lines => lines.reduce((sum, line) => sum + Buffer.from(line).length, 0) < 400_000);

/** Looks at `a`, at `b.c`, and at nothing else. */
const READING = readHandler('export default event => [event.a, event.b?.c]', 'file:///millrace')!;
/** What makes records so large that few of them are at hand at once. */
const WIDE = Array.from({ length: 250 }, (_, at) => `f${at}`).join(',');

interface PlanSetting {
  readonly where?: string | undefined;
  readonly select?: string | undefined;
  readonly isRead?: boolean;
  readonly hasHandler?: boolean;
}

function planOf({ where, select, isRead = true, hasHandler = true }: PlanSetting): Plan {
  return makePlan({
    key: undefined,
    where: where === undefined ? undefined : parseWhere(where),
    select: select === undefined ? undefined : parseSelect(select),
    hasHandler,
    reading: isRead ? READING : undefined,
    lineBytesMax: LINE_BYTES_MAX,
  });
}

function decoded(
  engine: EngineName,
  lines: readonly (string | Buffer)[],
  plan: Plan,
  { inPart = true, listed = false } = {},
) {
  const place = placeOf(engine);
  const slot = slotOf(place);
  const { range } = lay(slot, lines, 7);
  const kernel = loadKernel(place.wasm, 1, plan.program, LANES);
  const progress = new Int32Array(Progress.fields);
  const options = { plan, kernel, progress, lineBytesMax: LINE_BYTES_MAX, inPart };
  const over = (batch: LineRange | ListedLines) => new DecodedLines(slot, batch, options);
  let all = over(range);
  if (listed) {
    while (all.next()) continue;
    const list = { kind: 'listed', lane: 0, from: 0, to: lines.length, text: 'bytes' } as const;
    all = over({ ...list, records: 0, recordsTo: 0 });
  }
  return { decoded: all, progress, slot };
}

/** What a line must be decoded to, as far as that does not depend on the kernel. */
function expectedOf(line: string | Buffer, where: string | undefined): unknown {
  const bytes = Buffer.from(line);
  if (bytes.length > LINE_BYTES_MAX) return 'line-too-long';
  if (!isUtf8(bytes)) return 'invalid-utf8';
  try {
    const event: unknown = JSON.parse(bytes.toString());
    return where !== undefined && !parseWhere(where).test(event) ? 'drop' : { event };
  } catch {
    return 'invalid-json';
  }
}

/** The parts of an event that the handler looks at. */
function partsOf(event: Record<string, unknown>): object {
  const parts: Record<string, unknown> = {};
  if (Object.hasOwn(event, 'a')) parts['a'] = event['a'];
  const { b } = event;
  const isObject = typeof b === 'object' && b !== null && !Array.isArray(b);
  if (isObject) parts['b'] = Object.hasOwn(b, 'c') ? { c: (b as { c: unknown }).c } : {};
  else if (Object.hasOwn(event, 'b')) parts['b'] = b;
  return parts;
}

describe.each(ENGINES)('DecodedLines, by the %s engine', engine => {
  const someWhere = fc.constantFrom(undefined, 'a != null', 'b.c == a', 'this["0"] || a > 1');

  test('gives for each line its event, whole or in part, or what stands in the way', () => {
    fc.assert(
      fc.property(
        someLines,
        someWhere,
        fc.constantFrom(undefined, WIDE),
        fc.record({ inPart: fc.boolean(), listed: fc.boolean(), isRead: fc.boolean() }),
        (lines, where, select, { isRead, ...way }) => {
          const { decoded: all, slot } = decoded(engine, lines, planOf({ where, select, isRead }), way);
          let before = -1;
          const seen = new Map<number, unknown>();
          let [inPart, whole] = [0, 0];
          while (all.next()) {
            const { line, treatment, event } = all;
            expect(line).toBeGreaterThan(before);
            before = line;
            if (typeof treatment === 'object') {
              seen.set(line, (JSON.parse(`{${treatment.members}}`) as { reason: unknown }).reason);
              continue;
            }
            if (treatment === 'drop') continue;
            const text = Buffer.from(lines[line]!).toString();
            expect(all.text).toBe(text);
            const parsed: unknown = JSON.parse(text);
            const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
            const canBePart = isObject && isRead && slot.table.states[line] === LineState.valid;
            expect(treatment).toBe(way.inPart && canBePart ? 'part' : 'whole');
            if (treatment === 'part') {
              inPart++;
              expect(event).toStrictEqual(partsOf(parsed as Record<string, unknown>));
              expect(all.record).toBeGreaterThanOrEqual(0);
              seen.set(line, { event: parsed });
            } else {
              whole++;
              seen.set(line, { event });
            }
          }
          for (const [line, bytes] of lines.entries()) {
            const expected = expectedOf(bytes, where);
            const isBlank = Buffer.from(bytes).toString().trim() === '';
            if (isBlank || expected === 'drop') expect(seen.has(line)).toBe(false);
            else expect(seen.get(line)).toStrictEqual(expected);
          }
          expect([all.inPart, all.whole, all.to, all.next()]).toEqual([inPart, whole, lines.length, false]);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('passes on without a look what needs none', () => {
    const { decoded: all } = decoded(
      engine,
      ['{"a":1}', '{"a":"x"}', '{"a":0}', 'oops'],
      planOf({ where: 'a > 0 || a === "x"', select: 'a', hasHandler: false, isRead: false }),
    );
    const treatments: unknown[] = [];
    while (all.next())
      treatments.push([all.line, typeof all.treatment === 'object' ? 'dead' : all.treatment]);
    // What the kernel cannot decide is parsed.
    expect(treatments).toEqual([
      [0, 'pass'],
      [1, 'whole'],
      [3, 'dead'],
    ]);
    expect([all.inPart, all.whole]).toEqual([0, 1]);
  });

  test.each([true, false])('says where it is before it decodes a line, if in part: %s', inPart => {
    const lines = Array.from({ length: 50 }, (_, at) => `{"a":${at}}`);
    const { decoded: all, progress } = decoded(engine, lines, planOf({}), { inPart });
    all.next();
    // Some lines are decoded before the first is handled; the thread may die at each of them.
    expect([progress[Progress.busy], progress[Progress.line], progress[Progress.count]]).toEqual([1, 31, 32]);
    for (let next = 1; next < 32; next++) all.next();
    expect(progress[Progress.line]).toBe(31);
    all.next();
    expect([progress[Progress.line], progress[Progress.count]]).toEqual([49, 50]);
  });

  test('decodes few lines ahead where they are long', () => {
    const lines = Array.from({ length: 9 }, (_, at) => `{"a":${at},"x":"${'x'.repeat(40_000)}"}`);
    const { decoded: all, progress } = decoded(engine, lines, planOf({}));
    all.next();
    expect([all.event, progress[Progress.line]]).toEqual([{ a: 0 }, 1]);
  });

  test('keeps no event alive that was given out', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { decoded: all } = decoded(engine, ['{"a":[1]}', '{"a":[2]}'], planOf({ isRead: false }));
    all.next();
    const first = new WeakRef(all.event as object);
    all.next();
    await new Promise(setImmediate);
    gc();
    expect(first.deref()).toBeUndefined();
    expect(all.event).toEqual({ a: [2] });
  });
});
