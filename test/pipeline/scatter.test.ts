import { describe, expect, test } from 'vitest';
import type { Slot } from '../../src/pipeline/chunk-pool.ts';
import type { LaneSet } from '../../src/pipeline/lane-set.ts';
import { createScatter, type ReadChunk } from '../../src/pipeline/scatter.ts';
import type { OpenSource } from '../../src/pipeline/source-book.ts';
import type { Batch, BatchResult, ScanResult, ScanTask } from '../../src/worker/protocol.ts';

/** A lane that does nothing until it is told to: what was asked of it, and how to answer. */
class FakeLane {
  readonly batches: Batch[] = [];
  readonly scans: ScanTask[] = [];
  readonly answers: { resolve: (result: ScanResult) => void; reject: (error: unknown) => void }[] = [];
  readonly #trace: string[];
  readonly #number: number;
  readonly #laneOfGroup: Uint8Array;
  /** The lanes of all groups when a scan was asked for. */
  settled: number[] = [];

  constructor(number: number, trace: string[], laneOfGroup: SharedArrayBuffer) {
    this.#number = number;
    this.#trace = trace;
    this.#laneOfGroup = new Uint8Array(laneOfGroup);
  }

  async run(batch: Batch): Promise<readonly BatchResult[]> {
    this.batches.push(batch);
    this.#trace.push(`lane ${this.#number}, slot ${batch.slot}`);
    return [resultOf(this.#number)];
  }

  scan(task: ScanTask): Promise<ScanResult> {
    this.scans.push(task);
    this.settled = [...this.#laneOfGroup];
    return new Promise((resolve, reject) => this.answers.push({ resolve, reject }));
  }
}

/** A result that can be told from those of other lanes. */
function resultOf(lane: number, linesTo = 3): BatchResult {
  return {
    linesTo,
    dead: [],
    overflow: [],
    emitted: [],
    state: undefined,
    ways: { inPart: lane, whole: 0 },
    busyMs: 0,
  };
}

function scanOf(laneBytes: readonly number[], lines = 3): ScanResult {
  return { lines, text: 'utf8', records: 2, recordsTo: 1, laneBytes, busyMs: 1 };
}

const CHUNK = '{"k":"a"}\n{"k":"b"}\n';

const SOURCE = { spec: { name: 'in.ndjson' } } as unknown as OpenSource;

function readOf(index: number, text = CHUNK): ReadChunk {
  const bytes = Buffer.from(`xx${text}`);
  const slot = { index, bytes } as unknown as Slot;
  const to = bytes.length;
  const end = { endOffset: 100 + to, unfinished: false, refused: undefined };
  return { kind: 'chunk', chunk: { slot, from: 2, to, base: 100, ...end }, source: SOURCE };
}

/** Three lanes, of which lane 1 is the freest. */
function stage(key: string | undefined) {
  const trace: string[] = [];
  const laneOfGroup = new SharedArrayBuffer(256);
  const lanes = [0, 1, 2].map(number => new FakeLane(number, trace, laneOfGroup));
  const set = { lanes, freest: () => lanes[1]! } as unknown as LaneSet;
  return { lanes, trace, scatter: createScatter(key, set, laneOfGroup) };
}

const settle = () => new Promise(setImmediate);

describe('a scatter without a key', () => {
  test('gives the chunk whole to the freest lane, which finds its lines', async () => {
    const { lanes, scatter } = stage(undefined);
    const { kind, results, source } = scatter.dispatch(readOf(4));
    const lines = { kind: 'range', from: 2, to: 2 + CHUNK.length, line: 0 };
    expect(lanes.map(({ batches }) => batches)).toEqual([
      [],
      [{ slot: 4, source: 'in.ndjson', base: 100, lines }],
      [],
    ]);
    expect([kind, await results]).toEqual(['dispatched', [resultOf(1)]]);
    expect(source).toBe(SOURCE);
  });
});

describe('a scatter with a key', () => {
  test('lets the freest lane find the lines, and gives every lane those that it has', async () => {
    const { lanes, scatter } = stage('k');
    const { results } = scatter.dispatch(readOf(4));
    expect(lanes.map(({ scans }) => scans)).toEqual([[], [{ slot: 4, from: 2, to: 2 + CHUNK.length }], []]);
    // By then it is settled which lane has which group: that of the first key lane 0.
    expect(new Set(lanes[1]!.settled)).toEqual(new Set([0, 1, 2]));
    lanes[1]!.answers[0]!.resolve(scanOf([5, 0, 9]));
    const all = await results;
    const lines = { kind: 'listed', from: 0, to: 3, text: 'utf8', records: 2, recordsTo: 1 };
    const batch = { slot: 4, source: 'in.ndjson', base: 100 };
    expect(lanes.map(({ batches }) => batches)).toEqual([
      [{ ...batch, lines: { ...lines, lane: 0 } }],
      [],
      [{ ...batch, lines: { ...lines, lane: 2 } }],
    ]);
    expect(all.filter(({ ways }) => ways.inPart > 0)).toEqual([resultOf(2)]);
  });

  test('knows all lines of a chunk, also where no lane has any', async () => {
    const { lanes, scatter } = stage('k');
    const { results } = scatter.dispatch(readOf(4, '\n\n\n\n'));
    lanes[1]!.answers[0]!.resolve(scanOf([0, 0, 0], 4));
    expect(await results).toEqual([resultOf(0, 4)]);
    expect(lanes.flatMap(({ batches }) => batches)).toEqual([]);
  });

  test('gives lanes their lines in the order of the chunks, whichever is scanned first', async () => {
    const { lanes, scatter, trace } = stage('k');
    const first = scatter.dispatch(readOf(1));
    const second = scatter.dispatch(readOf(2));
    const third = scatter.dispatch(readOf(3));
    const [one, two, three] = lanes[1]!.answers;
    three!.resolve(scanOf([1, 0, 0]));
    two!.resolve(scanOf([0, 1, 1]));
    await settle();
    expect(trace).toEqual([]);
    one!.resolve(scanOf([1, 1, 0]));
    await Promise.all([first.results, second.results, third.results]);
    expect(trace).toEqual([
      'lane 0, slot 1',
      'lane 1, slot 1',
      'lane 1, slot 2',
      'lane 2, slot 2',
      'lane 0, slot 3',
    ]);
  });

  test('fails the chunk whose lines cannot be found, and no other', async () => {
    const { lanes, scatter, trace } = stage('k');
    const first = scatter.dispatch(readOf(1));
    const second = scatter.dispatch(readOf(2));
    lanes[1]!.answers[0]!.reject(new Error('the lane is gone'));
    lanes[1]!.answers[1]!.resolve(scanOf([1, 0, 0]));
    // Nobody is looking yet, which must not end the process.
    await settle();
    await expect(first.results).rejects.toThrow('the lane is gone');
    expect(await second.results).toHaveLength(2);
    expect(trace).toEqual(['lane 0, slot 2']);
  });
});
