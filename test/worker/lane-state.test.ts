import { expect, test } from 'vitest';
import { changeOf, KeyedState } from '../../src/base/keyed-state.ts';
import { groupOfKey, KEY_GROUPS } from '../../src/kernel/key-group.ts';
import { LaneState } from '../../src/worker/lane-state.ts';
import type { LaneThread } from '../../src/worker/lane-thread.ts';
import { splitByLane } from '../../src/worker/split-state.ts';

interface Setting {
  readonly hasThread?: boolean;
  readonly isConcurrent?: boolean;
}

/** Lane 0 with a thread that does what it is asked in order, and answers later. */
class Scene {
  readonly inThread = new KeyedState();
  generation = 1;
  readonly hasThread: boolean;
  tasks = 0;
  readonly state: LaneState;

  constructor({ hasThread = true, isConcurrent = false }: Setting = {}) {
    this.hasThread = hasThread;
    const thread = {
      addState: async (all: readonly Uint8Array[]) => {
        for (const changes of all) this.inThread.add(changes);
      },
      splitState: async (table: Uint8Array | undefined) => {
        const split = splitByLane(this.inThread, table, 0);
        await new Promise(setImmediate);
        return split;
      },
    } as unknown as LaneThread;
    this.state = new LaneState(0, {
      current: () =>
        this.hasThread ? { thread: Promise.resolve(thread), generation: this.generation } : undefined,
      isConcurrent: () => isConcurrent,
      tasks: () => this.tasks,
      number: () => ++this.tasks,
      gone: () => Promise.reject(new Error('not expected')),
    });
  }

  /** A batch of the lane has set a key. */
  set(key: string, value: number): void {
    const changes = Buffer.from(changeOf(key, String(value)));
    this.inThread.add(changes);
    this.state.add(changes, ++this.tasks);
  }

  /** What a new thread would begin with. */
  get known(): Record<string, string> {
    return entriesOf(this.state.all());
  }
}

function entriesOf(changes: readonly Uint8Array[]): Record<string, string> {
  const state = new KeyedState();
  for (const bytes of changes) state.add(bytes);
  return Object.fromEntries(state.entries());
}

/** All keys are lane 0's but these, which are lane 1's. */
function tableWithout(...keys: readonly string[]): Uint8Array {
  const table = new Uint8Array(KEY_GROUPS);
  for (const key of keys) table[groupOfKey(key)] = 1;
  return table;
}

const SETTINGS: readonly [string, Setting][] = [
  ['its thread', {}],
  ['its thread at several batches', { isConcurrent: true }],
  ['no thread', { hasThread: false }],
];

for (const [name, setting] of SETTINGS) {
  test(`LaneState with ${name} gives away the keys of other lanes, and knows the rest`, async () => {
    const scene = new Scene(setting);
    scene.set('mine', 1);
    scene.set('theirs', 2);
    const moved = await scene.state.split(tableWithout('theirs'));
    expect(entriesOf([moved.get(1)!])).toEqual({ theirs: '2' });
    expect(scene.known).toEqual({ mine: '1' });
    if (scene.hasThread) expect(Object.fromEntries(scene.inThread.entries())).toEqual({ mine: '1' });
  });

  test(`LaneState with ${name} knows what arrives while it gives away`, async () => {
    for (const isFirst of [true, false]) {
      const scene = new Scene(setting);
      scene.set('mine', 1);
      scene.set('theirs', 2);
      const arriving = Buffer.from(changeOf('new', '3'));
      const arrive = (): Promise<void> => scene.state.addFromOutside(arriving);
      const early = isFirst ? arrive() : undefined;
      const splitting = scene.state.split(tableWithout('theirs'));
      await Promise.all([early ?? arrive(), splitting]);
      expect(scene.known).toEqual({ mine: '1', new: '3' });
      if (scene.hasThread) expect(scene.inThread.get('new')).toBe('3');
    }
  });
}

test('LaneState keeps the changes of batches that come while the thread is asked', async () => {
  const scene = new Scene();
  scene.set('mine', 1);
  const splitting = scene.state.split(tableWithout('theirs'));
  // The thread was asked before this one was done.
  await Promise.resolve();
  await Promise.resolve();
  scene.set('mine', 2);
  await splitting;
  expect(scene.known).toEqual({ mine: '2' });
});
