import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupOfScanned, NO_GROUP } from '../../src/kernel/key-group.ts';
import { LineState } from '../../src/kernel/line-table.ts';
import { loadKernel } from '../../src/kernel/load.ts';
import { parsePath } from '../../src/kernel/path.ts';
import { RecordWord } from '../../src/kernel/records.ts';
import { PathScanner } from '../../src/kernel/scan.ts';
import { makePlan, type Plan } from '../../src/worker/plan.ts';
import { scanChunk } from '../../src/worker/scan-chunk.ts';
import { someEvent, someSpelling, write } from '../kernel/documents.ts';
import { ENGINES, type EngineName, type Laid, LANES, lay, placeOf, slotOf } from './slots.ts';

/** The lanes of a chunk's lines, as the scan of one lane settles them for all. */

const LANE_OF_GROUP = Uint8Array.from({ length: 256 }, (_, group) => (group * 7 + 1) % LANES);

function planWith(key: string): Plan {
  const reading = undefined;
  return makePlan({
    key,
    where: undefined,
    select: undefined,
    hasHandler: true,
    reading,
    lineBytesMax: 1000,
  });
}

interface Circumstances {
  /** Records that there is room for. */
  readonly records?: number;
  /** What the lanes have to do already. */
  readonly loads?: readonly number[];
}

function scanned(
  engine: EngineName,
  lines: readonly (string | Buffer)[],
  key: string,
  { records = 10_000, loads = [0, 0, 0] }: Circumstances = {},
) {
  const place = placeOf(engine);
  const plan = planWith(key);
  const slot = slotOf(place, { recordsBytes: records * plan.recordWords * 4 });
  const laid = lay(slot, lines, 11);
  const kernel = loadKernel(place.wasm, 1, plan.program, LANES);
  const scanner = new PathScanner(parsePath(key));
  const environment = { kernel, slots: [slot], scanner };
  const { from, to } = laid.range;
  const result = scanChunk(environment, {
    slot: 0,
    from,
    to,
    laneOfGroup: LANE_OF_GROUP,
    loads: Uint32Array.from(loads),
  });
  return { result, slot, laid, plan };
}

/** The lane that a line's key means; undefined where it has none, so that any may have it. */
function laneOf(
  slot: ReturnType<typeof slotOf>,
  { starts }: Laid,
  line: number,
  key: string,
): number | undefined {
  const scanner = new PathScanner(parsePath(key));
  scanner.scanLine(slot.bytes, starts[line]!);
  const group = groupOfScanned(scanner, slot.bytes);
  return group === NO_GROUP ? undefined : LANE_OF_GROUP[group];
}

const someLine = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(someEvent, someSpelling).map(([event, spelling]) => write(event, spelling)),
  },
  fc.constantFrom(
    '',
    '  ',
    'oops',
    '{"a":"x"}',
    '{"a":"x",',
    `{"a":"${'y'.repeat(1000)}"}`,
    '{"\\u0061":"z"}',
  ),
  fc.constant(Buffer.from('{"a":"\xff"}', 'latin1')),
);
const someLines = fc.array(someLine, { maxLength: 40, size: 'max' });

describe.each(ENGINES)('scanChunk, by the %s engine', engine => {
  test('gives every line that is not blank to a lane, by its key, and tells how much each lane has', () => {
    fc.assert(
      fc.property(someLines, fc.constantFrom('a', 'b.c', 'id', 'a.0'), (lines, key) => {
        const { result, slot, laid } = scanned(engine, lines, key);
        const { table } = slot;
        expect(result.lines).toBe(lines.length);
        const laneBytes = Array.from({ length: LANES }, () => 0);
        for (const line of lines.keys()) {
          const [start, end] = [laid.starts[line]!, laid.ends[line]!];
          expect([table.starts[line], table.ends[line]]).toEqual([start, end]);
          if (table.states[line] === LineState.blank) continue;
          const lane = table.lanes[line]!;
          expect(lane).toBeLessThan(LANES);
          laneBytes[lane]! += end - start;
          const isJson = [LineState.valid, LineState.rare].includes(table.states[line] as 0 | 3);
          const own = laneOf(slot, laid, line, key);
          if (isJson && own !== undefined) expect(lane).toBe(own);
        }
        expect(result.laneBytes).toEqual(laneBytes);
      }),
      { numRuns: 500 },
    );
  });

  test('leaves records of the first lines in the slot, and finds the lines for which there is no room', () => {
    const lines = Array.from({ length: 50 }, (_, at) => (at % 5 === 4 ? '' : `{"a":${at}}`));
    for (const room of [1, 7, 39, 40, 41]) {
      const { result, slot, plan } = scanned(engine, lines, 'a', { records: room });
      expect(result).toMatchObject({ lines: 50, records: Math.min(room, 40) });
      const known = [...lines.keys()].filter(line => lines[line] !== '').slice(0, room);
      const found = known.map((_, record) => slot.records[record * plan.recordWords + RecordWord.line]);
      expect(found).toEqual(known);
      // No line before has a record elsewhere.
      expect(result.recordsTo).toBeGreaterThan(known.at(-1)!);
      const next = [...lines.keys()].find(line => line > known.at(-1)! && lines[line] !== '') ?? 50;
      expect(result.recordsTo).toBeLessThanOrEqual(next);
    }
  });

  test('shares out lines without a key, so that all lanes have as much of them', () => {
    const { result } = scanned(
      engine,
      Array.from({ length: 60 }, () => '{"b":1}'),
      'a',
    );
    expect(result.laneBytes).toEqual([140, 140, 140]);
  });

  test.each([
    ['that it has read', '{"b":1}'],
    ['whose names have escapes', '{"\\u0062":1}'],
    ['that are nested too deep for it', `{"b":${'['.repeat(1001)}${']'.repeat(1001)}}`],
    ['that are no JSON', '{"b":1'],
  ])('gives lines without a key %s to the lane that has the least to do', (_, line) => {
    const { length } = line;
    const give = (lines: number, loads: readonly number[]): readonly number[] =>
      scanned(
        engine,
        Array.from({ length: lines }, () => line),
        'a',
        { loads },
      ).result.laneBytes.map(bytes => bytes / length);
    expect(give(1, [0, 0, 0])).toEqual([1, 0, 0]);
    expect(give(1, [1, 0, 0])).toEqual([0, 1, 0]);
    expect(give(3, [0, 0, 0])).toEqual([1, 1, 1]);
    // What a lane has already counts as much as what it gets.
    expect(give(3, [2 * length, 0, length])).toEqual([0, 2, 1]);
    // A lane at rest gets nothing.
    expect(give(4, [0, 0, 2 ** 31])).toEqual([2, 2, 0]);
  });

  test('gives lines with a key to the lane of the key, whatever it has to do', () => {
    const lines = ['{"a":1}', '{"a":"\\n"}'];
    const before = scanned(engine, lines, 'a').result.laneBytes;
    expect(scanned(engine, lines, 'a', { loads: [2 ** 30, 7, 2 ** 31] }).result.laneBytes).toEqual(before);
  });

  test.each([
    ['ascii', ['{"a":"x"}', 'oops']],
    ['utf8', ['{"a":"x"}', '{"b":"é"}']],
    ['bytes', ['{"a":"é"}', Buffer.from('{"a":"\xff"}', 'latin1')]],
  ] as const)('tells that the chunk is %s, and which lines are no text', (text, lines) => {
    const { result, slot } = scanned(engine, lines, 'a');
    expect(result.text).toBe(text);
    expect(slot.table.states[1] === LineState.notText).toBe(text === 'bytes');
    expect(slot.table.states[0]).toBe(LineState.valid);
  });

  test('finds in a chunk without lines, or with blank ones only, nothing for any lane', () => {
    for (const lines of [[], ['', ' ', '\t\r']]) {
      const { result } = scanned(engine, lines, 'a');
      expect(result).toMatchObject({ lines: lines.length, records: 0, laneBytes: [0, 0, 0], text: 'ascii' });
    }
  });

  test('forgets the chunk before, also what its lanes were', () => {
    scanned(engine, ['{"\\u0061":1}', '{"a":2}', '{"a":3}'], 'a');
    const { result, slot } = scanned(engine, ['{"a":2}'], 'a');
    const lane = slot.table.lanes[0]!;
    expect(result.laneBytes).toEqual(Array.from({ length: LANES }, (_, at) => (at === lane ? 7 : 0)));
  });
});
