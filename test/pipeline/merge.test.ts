import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Handler } from '../../src/index.ts';
import { Outcome } from '../../src/kernel/line-table.ts';
import type { Chunk } from '../../src/pipeline/chunk.ts';
import type { OnError } from '../../src/pipeline/run-options.ts';
import type { BatchResult, LineRange, ListedLines } from '../../src/worker/protocol.ts';
import { runBatch } from '../../src/worker/run-batch.ts';
import { ScannedLines } from '../../src/worker/scanned-lines.ts';
import type { SlotView } from '../../src/worker/slot-view.ts';
import { environmentOf } from '../worker/batch-runs.ts';
import { LANES, lay, type Laid, placeOf, type Room, slotOf } from '../worker/slots.ts';
import { resultOf } from './fake-lanes.ts';
import { BASE, LINE_BYTES_MAX, LINES_BEFORE, mergeOf } from './merges.ts';

/** What becomes of a chunk when its lines are handled by several lanes, whose batches may have been taken apart. */

/** Lines, with what they give: events, or nothing, or a dead letter with this reason. */
const LINES: readonly (readonly [line: string, fate: readonly string[] | string])[] = [
  ['', []],
  [' \t', []],
  ['{"pass":1}', ['{"pass":1}']],
  ['{ "pass": "é" }\r', ['{ "pass": "é" }\r']],
  ['{"drop":1}', []],
  ['{"give":[1]}', ['1']],
  ['{"give":[1,"€",{"a":[]}]}', ['1', '"€"', '{"a":[]}']],
  ['{"give":[]}', []],
  ['{"long":1}', [`"${'x'.repeat(500)}"`]],
  ['{"throw":1}', 'handler-threw'],
  ['oops', 'invalid-json'],
];

const handler: Handler = event => {
  if (event.throw) throw new Error('thrown');
  if (event.long) return 'x'.repeat(500);
  return event.pass ? true : event.give;
};

const place = placeOf('wasm');

interface Scene {
  readonly slot: SlotView;
  readonly laid: Laid;
  readonly chunk: Chunk;
  readonly run: (lines: LineRange | ListedLines) => Promise<BatchResult>;
  /** Finds the lines, and handles none. */
  readonly find: () => void;
}

function sceneOf(lines: readonly string[], onError: OnError, room: Room = {}): Scene {
  const slot = slotOf(place, room);
  const laid = lay(slot, lines, 7);
  const { from, to } = laid.range;
  const chunk = {
    slot: { ...slot, index: 0 },
    from,
    to,
    base: BASE,
    endOffset: BASE + to,
    unfinished: false,
    refused: undefined,
  };
  const environment = environmentOf(place, slot, 0, { handler, lineBytesMax: LINE_BYTES_MAX, onError });
  const task = { slot: 0, source: 'in.ndjson', base: BASE, number: 1, attempt: 1 };
  const { kernel, plan } = environment;
  return {
    slot,
    laid,
    chunk,
    run: batch => runBatch(environment, { ...task, lines: batch }),
    find: () => {
      const scanned = new ScannedLines(kernel, plan.recordWords, slot, laid.range);
      while (scanned.next(true)) continue;
    },
  };
}

/** The results of the lanes, each of them in one piece or in two, as after the death of a thread. */
async function byLanes(
  { slot, laid, run, find }: Scene,
  laneOf: readonly number[],
  cuts: readonly number[],
): Promise<BatchResult[]> {
  const count = laid.starts.length;
  find();
  slot.table.lanes.set(Array.from({ length: count }, (_, line) => laneOf[line % laneOf.length]!));
  const results: BatchResult[] = [resultOf(0, count)];
  for (let lane = 0; lane < LANES; lane++) {
    const list = { kind: 'listed', lane, text: 'bytes', records: 0, recordsTo: 0 } as const;
    const cut = Math.min(cuts[lane]!, count);
    if (cut > 0) results.push(await run({ ...list, from: 0, to: cut }));
    if (cut < count) results.push(await run({ ...list, from: cut, to: count }));
  }
  return results;
}

/** The chunk's lines as one lane has them, in one piece or in two. */
async function byOneLane({ laid, run }: Scene, cut: number, isStopping: boolean): Promise<BatchResult[]> {
  const line = cut % laid.starts.length;
  const middle = laid.starts[line]!;
  const results: BatchResult[] = [];
  if (line > 0) results.push(await run({ ...laid.range, to: middle }));
  if (isStopping && results.some(({ dead }) => dead.length > 0)) return results;
  results.push(await run({ ...laid.range, from: middle, line }));
  return results;
}

/** Merges, and holds what that did to what the lines, taken one after the other, give. */
function expectMerged(lines: typeof LINES, onError: OnError, scene: Scene, results: BatchResult[]): void {
  const { chunk, laid } = scene;
  const { merge, output, account } = mergeOf(onError, chunk);
  merge.lines(results);
  const firstDead = lines.findIndex(([, fate]) => typeof fate === 'string');
  const stops = onError === 'stop' && firstDead >= 0;
  const taken = stops ? lines.slice(0, firstDead) : lines;
  const events = taken.flatMap(([, fate]) => (typeof fate === 'string' ? [] : fate));
  const dead = taken.flatMap(([line, fate], at) =>
    typeof fate === 'string' ? [{ line, reason: fate, at }] : [],
  );
  const blank = taken.filter(([line]) => line.trim() === '').length;
  const kept = taken.filter(([, fate]) => typeof fate !== 'string' && fate.length > 0).length;

  expect(output.text).toBe(events.map(event => `${event}\n`).join(''));
  const letters = onError === 'skip' ? [] : dead;
  expect(output.letters.map(letter => JSON.parse(letter) as unknown)).toEqual(
    letters.map(({ line, reason, at }) =>
      expect.objectContaining({
        source: 'in.ndjson',
        line: LINES_BEFORE + at + 1,
        offset: BASE + laid.starts[at]!,
        reason,
        event: line,
      }),
    ),
  );
  expect(merge.written).toBe(events.length);
  expect(account).toMatchObject({
    read: taken.length - blank,
    blank,
    kept,
    dropped: taken.length - blank - kept - dead.length,
    dead: dead.length,
    written: events.length,
    bytesWritten: Buffer.byteLength(output.text),
  });
  account.check();
  const { at, failed } = merge.outcome();
  const offset = stops ? BASE + laid.starts[firstDead]! : chunk.endOffset;
  expect(at).toEqual({ offset, line: LINES_BEFORE + taken.length, unfinished: false });
  if (!stops) expect(failed).toBeUndefined();
  else {
    expect(failed).toMatchObject({ code: 'MILLRACE_EVENT_FAILED' });
    expect(failed!.message).toContain(`"in.ndjson" line ${LINES_BEFORE + firstDead + 1} (offset ${offset})`);
  }
}

const someLines = fc.array(fc.constantFrom(...LINES), { minLength: 1, maxLength: 14 });
const someLanes = fc.array(fc.nat(LANES - 1), { minLength: 1, maxLength: 14 });
const someCuts = fc.array(fc.nat(14), { minLength: LANES, maxLength: LANES });
const someOnError = fc.constantFrom<OnError>('dead-letter', 'skip', 'stop');
const someRoom = fc.constantFrom<Room>({}, { editsBytes: 16 }, { editsBytes: 300 });

describe('ChunkMerge', () => {
  test('puts what several lanes made of a chunk into the order of its lines, and accounts for every line', async () => {
    await fc.assert(
      fc.asyncProperty(
        someLines,
        someLanes,
        someCuts,
        someOnError,
        someRoom,
        async (lines, laneOf, cuts, onError, room) => {
          const scene = sceneOf(
            lines.map(([line]) => line),
            onError,
            room,
          );
          expectMerged(lines, onError, scene, await byLanes(scene, laneOf, cuts));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('takes over what one lane made of a whole chunk, and accounts for every line', async () => {
    await fc.assert(
      fc.asyncProperty(someLines, fc.nat(14), someOnError, someRoom, async (lines, cut, onError, room) => {
        const scene = sceneOf(
          lines.map(([line]) => line),
          onError,
          room,
        );
        expectMerged(lines, onError, scene, await byOneLane(scene, cut, onError === 'stop'));
      }),
      { numRuns: 300 },
    );
  });

  test('puts out neighbouring outputs in one piece', async () => {
    const lines = [
      '{"pass":1}',
      '{"pass":2}',
      '{"give":[1]}',
      'oops',
      '{"give":[2,3]}',
      '{"drop":1}',
      '',
      '{"give":[4]}',
    ];
    const scene = sceneOf(lines, 'skip');
    const { merge, output } = mergeOf('skip', scene.chunk);
    merge.lines([await scene.run(scene.laid.range)]);
    expect(output.pieces).toEqual(['{"pass":1}\n{"pass":2}\n1\n2\n3\n4\n']);
  });

  test('puts out an output that is longer than what is merged at once', async () => {
    const long = 'y'.repeat(1_200_000);
    const environment = (scene: Scene) =>
      environmentOf(place, scene.slot, 0, { handler: event => (event === 2 ? long : true) });
    for (const room of [{}, { editsBytes: 1000 }]) {
      const scene = sceneOf(['1', '2', '3'], 'skip', room);
      const task = {
        slot: 0,
        source: 'in.ndjson',
        base: BASE,
        number: 1,
        attempt: 1,
        lines: scene.laid.range,
      };
      const result = await runBatch(environment(scene), task);
      expect(result.overflow.length).toBe(room.editsBytes === undefined ? 0 : 1);
      const { merge, output, account } = mergeOf('skip', scene.chunk);
      merge.lines([result]);
      expect(output.text === `1\n"${long}"\n3\n`).toBe(true);
      expect(account).toMatchObject({ read: 3, kept: 3, written: 3, bytesWritten: 1_200_007 });
      expect(merge.written).toBe(3);
    }
  });

  test('counts the lines that no lane has to look at', () => {
    const scene = sceneOf(['', ' ', ''], 'skip');
    const { table } = scene.slot;
    for (const line of [0, 1, 2]) [table.states[line], table.outcomes[line]] = [1, Outcome.dropped];
    const { merge, account } = mergeOf('skip', scene.chunk);
    merge.lines([resultOf(0, 3)]);
    expect(account).toMatchObject({ read: 0, blank: 3 });
    expect(merge.outcome().at.line).toBe(LINES_BEFORE + 3);
  });

  test('takes nothing on trust: each line must have been handled, and each dead one be told', async () => {
    const scene = sceneOf(['{"pass":1}', '{"throw":1}', '{"pass":1}'], 'skip');
    const result = await scene.run(scene.laid.range);
    const merging = (results: BatchResult[]) => () => mergeOf('skip', scene.chunk).merge.lines(results);
    expect(merging([{ ...result, dead: [] }])).toThrow('1 lines of a chunk are dead, and 0 told so');
    scene.slot.table.outcomes[2] = Outcome.pending;
    expect(merging([result])).toThrow('1 lines of a chunk were not handled');
  });
});
