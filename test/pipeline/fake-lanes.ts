import { KeyedState } from '../../src/base/keyed-state.ts';
import type { Slot } from '../../src/pipeline/chunk-pool.ts';
import type { LaneSet } from '../../src/pipeline/lane-set.ts';
import { createScatter, type ReadChunk } from '../../src/pipeline/scatter.ts';
import type { OpenSource } from '../../src/pipeline/source-book.ts';
import type { Batch, BatchResult, ScanResult, ScanTask } from '../../src/worker/protocol.ts';

/** Lanes that do nothing until they are told to, and chunks to scatter over them. */

/** A lane that does nothing until it is told to: what was asked of it, and how to answer. */
export class FakeLane {
  started = true;
  /** Whether what it is given to handle is done at once. */
  isQuick = true;
  readonly batches: Batch[] = [];
  readonly scans: ScanTask[] = [];
  readonly answers: { resolve: (result: ScanResult) => void; reject: (error: unknown) => void }[] = [];
  /** How to give what was asked to be given away. */
  readonly gives: ((states: ReadonlyMap<number, Uint8Array>) => void)[] = [];
  readonly #trace: string[];
  readonly #number: number;

  constructor(number: number, trace: string[]) {
    this.#number = number;
    this.#trace = trace;
  }

  async run(batch: Batch): Promise<readonly BatchResult[]> {
    this.batches.push(batch);
    this.#trace.push(`lane ${this.#number}, slot ${batch.slot}`);
    if (!this.isQuick) await new Promise(() => undefined);
    return [resultOf(this.#number)];
  }

  scan(task: ScanTask): Promise<ScanResult> {
    this.scans.push(task);
    return new Promise((resolve, reject) => this.answers.push({ resolve, reject }));
  }

  giveState(): Promise<ReadonlyMap<number, Uint8Array>> {
    this.#trace.push(`lane ${this.#number} gives`);
    return new Promise(resolve => this.gives.push(resolve));
  }

  async addState(state: Uint8Array): Promise<void> {
    this.#trace.push(`lane ${this.#number} gets ${Buffer.from(state).toString()}`);
  }

  hold(arrived: Promise<unknown>): void {
    this.#trace.push(`lane ${this.#number} is held`);
    void arrived.then(() => this.#trace.push(`lane ${this.#number} goes on`));
  }
}

/** A result that can be told from those of other lanes. */
export function resultOf(lane: number, linesTo = 3): BatchResult {
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

export function scanOf(laneBytes: readonly number[], lines = 3): ScanResult {
  return { lines, text: 'utf8', records: 2, recordsTo: 1, laneBytes, keys: ['a'], groups: [7], busyMs: 1 };
}

export const CHUNK = '{"k":"a"}\n{"k":"b"}\n';

export const SOURCE = { spec: { name: 'in.ndjson' } } as unknown as OpenSource;

export function readOf(index: number, text = CHUNK): ReadChunk {
  const bytes = Buffer.from(`xx${text}`);
  const slot = { index, bytes } as unknown as Slot;
  const to = bytes.length;
  const end = { endOffset: 100 + to, unfinished: false, refused: undefined };
  return { kind: 'chunk', chunk: { slot, from: 2, to, base: 100, ...end }, source: SOURCE };
}

/** Three lanes, of which lane 1 is the freest. */
export function stage(key: string | undefined, state?: KeyedState) {
  const trace: string[] = [];
  const lanes = [0, 1, 2].map(number => new FakeLane(number, trace));
  const setState = (given: KeyedState): void => {
    trace.push(`the lanes get ${[...given.entries()].map(([name, value]) => `${name}=${value}`).join()}`);
  };
  const set = { lanes, active: 3, freest: () => lanes[1]!, setState } as unknown as LaneSet;
  return { lanes, set, trace, scatter: createScatter(key, set, state) };
}

export const settle = () => new Promise(setImmediate);
