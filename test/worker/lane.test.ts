import { afterEach, expect, test, vi } from 'vitest';
import { KeyedState } from '../../src/base/keyed-state.ts';
import { Lane } from '../../src/worker/lane.ts';
import { LaneThread } from '../../src/worker/lane-thread.ts';
import { permitsMemory } from '../../src/worker/permits.ts';
import type { Batch, LaneSetup, TaskResult } from '../../src/worker/protocol.ts';
import { resultOf, settle } from '../pipeline/fake-lanes.ts';

/** What a lane is given while the thread that has died is not ended yet. */

/** A thread that answers when it is told to, and takes its time to end. */
class FakeThread {
  readonly traits = { timeoutMs: 0, concurrent: false };
  readonly asked: {
    readonly resolve: (result: TaskResult) => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  /** Ends that were asked for. */
  ends = 0;
  letGo!: () => void;
  readonly #ended = new Promise<void>(resolve => {
    this.letGo = resolve;
  });

  run(): Promise<TaskResult> {
    if (this.ends > 0) return Promise.reject(new Error('The task has been aborted'));
    return new Promise((resolve, reject) => this.asked.push({ resolve, reject }));
  }

  splitState(): Promise<unknown> {
    if (this.ends > 0) return Promise.reject(new Error('The task has been aborted'));
    return Promise.resolve({ moved: new Map(), kept: { bytes: new Uint8Array(0), task: 0 } });
  }

  /** As with a pool: whoever asks again is not told when it is. */
  end(): Promise<void> {
    return this.ends++ === 0 ? this.#ended : Promise.resolve();
  }

  async close(): Promise<void> {
    this.ends++;
  }
}

const BATCH: Batch = {
  slot: 0,
  source: 'in.ndjson',
  base: 0,
  lines: { kind: 'range', from: 0, to: 8, line: 0 },
};
const SCAN = { slot: 0, from: 0, to: 8, laneOfGroup: new Uint8Array(256), loads: new Uint32Array(1) };

afterEach(() => {
  vi.restoreAllMocks();
});

function laneWithThreads() {
  const threads: FakeThread[] = [];
  vi.spyOn(LaneThread, 'start').mockImplementation(async () => {
    const thread = new FakeThread();
    threads.push(thread);
    return thread as unknown as LaneThread;
  });
  const setup = { slots: [], permits: permitsMemory(1), instance: 1 } as unknown as LaneSetup;
  const lane = new Lane({ setup, onRoom: () => undefined, handlerName: 'mill.mjs', heapMiBMax: 1 });
  return { lane, threads };
}

test('a batch that comes while a thread that died is being ended is given to the one after it', async () => {
  const { lane, threads } = laneWithThreads();
  const first = lane.run(BATCH);
  await settle();
  threads[0]!.asked[0]!.reject(new Error('out of memory'));
  await settle();
  const second = lane.run(BATCH);
  await settle();
  expect([threads.length, threads[0]!.ends]).toEqual([1, 1]);
  threads[0]!.letGo();
  await settle();
  expect([threads.length, threads[0]!.ends, threads[1]!.asked.length]).toEqual([2, 1, 2]);
  for (const [number, { resolve }] of threads[1]!.asked.entries()) resolve(resultOf(number));
  expect(await Promise.all([first, second])).toEqual([[resultOf(0)], [resultOf(1)]]);
  await lane.close();
  expect(threads.map(({ ends }) => ends)).toEqual([1, 1]);
});

test('state that is asked for while a thread that died is being ended comes from the one after it', async () => {
  const { lane, threads } = laneWithThreads();
  const state = new KeyedState();
  state.set('a', '1');
  await lane.addState(state.toBytes());
  const scan = lane.scan(SCAN);
  scan.catch(() => undefined);
  await settle();
  threads[0]!.asked[0]!.reject(new Error('out of memory'));
  await settle();
  const given = lane.giveState(SCAN.laneOfGroup);
  await settle();
  threads[0]!.letGo();
  expect(await given).toEqual(new Map());
  expect([threads.length, threads[0]!.ends, threads[1]!.asked.length]).toEqual([2, 1, 1]);
  await lane.close();
  expect(threads.map(({ ends }) => ends)).toEqual([1, 1]);
});
